"""VolumeZone: zone and region labels on the volumes themselves (V40-V43)."""

from __future__ import annotations

from typing import NamedTuple

from solver.model.csi_translation import BETA_REGION, BETA_ZONE
from solver.model.names import REGION, ZONE
from solver.model.pod import ClaimUse, Pod
from solver.model.storage import Claim, Volume
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status
from solver.scheduler.volume_restrictions import claim_not_found

NO_ZONE = "node(s) had no available volume zone"
NO_NAME_NO_CLASS = "PersistentVolumeClaim had no pv name and storageClass name"
NO_NAME = "PersistentVolume had no name"

_KEYS = (BETA_ZONE, BETA_REGION, ZONE, REGION)
_GA_KEY = {BETA_ZONE: ZONE, BETA_REGION: REGION}


def volume_not_found(name: str) -> str:
    return f'persistentvolume "{name}" not found'


class _Topology(NamedTuple):
    """One label of a volume: the node must have one of the values under the key."""

    key: str
    values: frozenset[str]


class VolumeZone:
    name = "VolumeZone"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        topologies: list[_Topology] = []
        for use in pod.claims:
            if use.ephemeral:  # V2
                continue
            found = _claim_topologies(use, state)
            if isinstance(found, str):
                return PreFilterResult(
                    status=Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(found,))
                )
            topologies += found
        if not topologies:
            return SKIP
        rejected = Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(NO_ZONE,))

        def is_in_zone(node: NodeState) -> Status | None:
            return None if _matches(topologies, node) else rejected

        return PreFilterResult(filter=is_in_zone, alike=lambda: state.columns.looks(_KEYS))


def _claim_topologies(use: ClaimUse, state: ClusterState) -> list[_Topology] | str:
    """V40: what the claim's volume asks of a node, or why the pod is rejected."""
    claim = state.volumes.claim(use.claim)
    if claim is None:
        return claim_not_found(use.claim)
    if claim.volume_name is None:
        return _unbound_obstacle(claim, state) or []
    volume = state.volumes.volume(claim.volume_name)
    return volume_not_found(claim.volume_name) if volume is None else _volume_topologies(volume)


def _unbound_obstacle(claim: Claim, state: ClusterState) -> str:
    if not claim.storage_class:
        return NO_NAME_NO_CLASS
    storage_class = state.volumes.storage_class(claim.storage_class)
    if storage_class is None:
        return f'storageclass.storage.k8s.io "{claim.storage_class}" not found'
    if storage_class.binding_mode is None:
        return f'VolumeBindingMode not set for StorageClass "{claim.storage_class}"'
    return "" if storage_class.waits else NO_NAME


def _volume_topologies(volume: Volume) -> list[_Topology]:
    """V41; a label with an empty part is ignored."""
    topologies = []
    for key in _KEYS:
        if key in volume.labels:
            values = frozenset(part.strip() for part in volume.labels[key].split("__"))
            if "" not in values:
                topologies.append(_Topology(key, values))
    return topologies


def _matches(topologies: list[_Topology], node: NodeState) -> bool:
    """V42."""
    labels = node.node.labels
    if not any(key in labels for key in _KEYS):
        return True
    for key, values in topologies:
        value = labels.get(key)
        if value is None:
            value = labels.get(_GA_KEY.get(key, key))
        if value not in values:
            return False
    return True
