"""In-tree volumes seen through the CSI driver that replaced their plugin (V16, V25).

Only what scheduling needs: the driver and the node affinity; handles are translated where volumes are read.
Source: csi-translation-lib ``plugins`` at v0.34.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from frozendict import frozendict

from solver.model.names import REGION, ZONE
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.storage import IN_TREE_DRIVERS, CSINode, Volume

BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
BETA_REGION = "failure-domain.beta.kubernetes.io/region"
PORTWORX = "kubernetes.io/portworx-volume"

_EBS = "kubernetes.io/aws-ebs"
_GCE = "kubernetes.io/gce-pd"
_ZONE_KEYS = frozendict(
    {
        _EBS: "topology.ebs.csi.aws.com/zone",
        _GCE: "topology.gke.io/zone",
        "kubernetes.io/cinder": "topology.cinder.csi.openstack.org/zone",
    }
)
"""The driver's own topology key; Azure Disk and Portworx keep the affinity as it is (V25)."""

REPLACED = frozenset(IN_TREE_DRIVERS) | {"kubernetes.io/azure-file", "kubernetes.io/vsphere-volume"}
"""Every in-tree plugin with a successor. Azure File and vSphere are never counted nor translated (V16)."""


def counting_driver(plugin: str, csi_node: CSINode | None) -> str | None:
    """V16: the driver an in-tree plugin's volumes count under on this node, or None if they do not count."""
    if csi_node is None or (plugin == PORTWORX and plugin not in csi_node.migrated_plugins):
        return None
    return IN_TREE_DRIVERS.get(plugin)


def is_migrated(plugin: str, csi_node: CSINode | None) -> bool:
    """V25: the node's CSINode says that the plugin's volumes are handled by its driver."""
    return plugin in IN_TREE_DRIVERS and csi_node is not None and plugin in csi_node.migrated_plugins


def is_untranslatable(volume: Volume) -> bool:
    """The in-tree name is malformed; reading the volume left its handle empty. Only these two are parsed."""
    return not volume.handle and volume.plugin in (_EBS, _GCE)


def csi_affinity(volume: Volume) -> NodeSelector | None:
    """V25: an in-tree volume's node affinity with the driver's topology key in place of the zone label."""
    zone_key = _ZONE_KEYS.get(volume.plugin)
    if zone_key is None:
        return volume.node_affinity
    terms = volume.node_affinity.terms if volume.node_affinity else ()
    old_zone, old_region = _zone_and_region_keys(terms, volume.labels)
    if _values(terms, old_zone):
        terms = _rename(terms, old_zone, zone_key)
    elif old_zone in volume.labels:
        terms = _require(terms, zone_key, volume.labels[old_zone])
    if old_region == BETA_REGION and _values(terms, BETA_REGION):
        terms = _rename(terms, BETA_REGION, REGION)
    if volume.node_affinity is None and not terms:
        return None
    return NodeSelector(terms=terms)


def _zone_and_region_keys(terms: Iterable[NodeSelectorTerm], labels: Mapping[str, str]) -> tuple[str, str]:
    """Which generation of labels the volume uses: its affinity decides before its labels, GA before beta."""
    in_terms = {requirement.key for term in terms for requirement in term.expressions}
    for keys in (in_terms, labels.keys()):
        if ZONE in keys:
            return ZONE, REGION
        if BETA_ZONE in keys:
            return BETA_ZONE, BETA_REGION
    return ZONE, REGION


def _values(terms: Iterable[NodeSelectorTerm], key: str) -> set[str]:
    return {value for term in terms for r in term.expressions if r.key == key for value in r.values}


def _rename(terms: tuple[NodeSelectorTerm, ...], old: str, new: str) -> tuple[NodeSelectorTerm, ...]:
    return tuple(
        replace(term, expressions=tuple(replace(r, key=new) if r.key == old else r for r in term.expressions))
        for term in terms
    )


def _require(terms: tuple[NodeSelectorTerm, ...], key: str, label: str) -> tuple[NodeSelectorTerm, ...]:
    """Every term also asks for one of the zones the label lists; a label without any changes nothing."""
    zones = sorted({zone.strip() for zone in label.split("__")} - {""})
    if not zones:
        return terms
    wanted = Requirement(key=key, operator=Operator.IN, values=tuple(zones))
    return tuple(
        replace(term, expressions=(*term.expressions, wanted)) for term in terms or (NodeSelectorTerm(),)
    )
