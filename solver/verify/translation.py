"""V16, V25: in-tree volumes as the CSI volumes kube-scheduler treats them as. The tables are C7's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.storage import IN_TREE_DRIVERS, CSINode, Volume

PORTWORX = "kubernetes.io/portworx-volume"
_ZONE_KEY_OF_PLUGIN = {
    "kubernetes.io/aws-ebs": "topology.ebs.csi.aws.com/zone",
    "kubernetes.io/gce-pd": "topology.gke.io/zone",
    "kubernetes.io/cinder": "topology.cinder.csi.openstack.org/zone",
}
_ZONE_KEYS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_BETA_REGION = "failure-domain.beta.kubernetes.io/region"
_REGION = "topology.kubernetes.io/region"


def driver_of(plugin: str, csi_node: CSINode) -> str | None:
    """V16: the CSI driver an in-tree plugin's volumes are counted under on this node."""
    if plugin == PORTWORX and plugin not in csi_node.migrated_plugins:
        return None
    return IN_TREE_DRIVERS.get(plugin)


def translated_affinity(volume: Volume, csi_node: CSINode | None) -> NodeSelector | None:
    """V25: the affinity the node is held against."""
    zone_key = _ZONE_KEY_OF_PLUGIN.get(volume.plugin)
    if zone_key is None or csi_node is None or volume.plugin not in csi_node.migrated_plugins:
        return volume.node_affinity
    terms = volume.node_affinity.terms if volume.node_affinity is not None else ()
    renamed = tuple(_renamed(term, zone_key) for term in terms)
    zones = _labelled_zones(volume.labels)
    if zones and not any(e.key in _ZONE_KEYS for term in terms for e in term.expressions):
        zone = Requirement(key=zone_key, operator=Operator.IN, values=zones)
        renamed = tuple(
            replace(term, expressions=(*term.expressions, zone)) for term in renamed or (NodeSelectorTerm(),)
        )
    return NodeSelector(terms=renamed) if renamed or volume.node_affinity is not None else None


def _renamed(term: NodeSelectorTerm, zone_key: str) -> NodeSelectorTerm:
    names = dict.fromkeys(_ZONE_KEYS, zone_key) | {_BETA_REGION: _REGION}
    return replace(term, expressions=tuple(replace(e, key=names.get(e.key, e.key)) for e in term.expressions))


def _labelled_zones(labels: Mapping[str, str]) -> tuple[str, ...]:
    """A volume's zone label; several zones are joined by ``__``."""
    joined = next((labels[key] for key in _ZONE_KEYS if key in labels), "")
    return tuple(zone.strip() for zone in joined.split("__") if zone.strip())
