"""Where a claim lets its pods go (V18-V35, V40-V42): one view per claim, masks over nodes.

What a single claim decides by itself is in its mask. What claims decide together (static volumes running
out, attach limits, sharing) is left to ``volumes``.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from solver.compile.domains import Domains
from solver.compile.problem import BoolArray
from solver.compile.storage import Storage
from solver.model.csi_translation import (
    BETA_REGION,
    BETA_ZONE,
    csi_affinity,
    is_migrated,
    is_untranslatable,
)
from solver.model.names import REGION, ZONE, ClaimKey
from solver.model.pod import ClaimUse, Pod
from solver.model.quantity import whole
from solver.model.requirement import NodeSelector, Operator, Requirement
from solver.model.snapshot import Snapshot
from solver.model.storage import NO_PROVISIONER, Claim, StorageClass, Volume

_ZONE_LABELS = ((ZONE, None), (REGION, None), (BETA_ZONE, ZONE), (BETA_REGION, REGION))
"""V42: the label, and the label tried instead where a node lacks it."""

_Wanted = tuple[tuple[str, str | None, tuple[str, ...]], ...]
"""(label, label instead, accepted values)"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClaimAccess:
    """How one claim restricts its pods. ``nodes`` is the mask with static matching taken as possible."""

    claim: Claim | None
    nodes: BoolArray
    """[N], nodes on which the claim is, or may become, usable."""
    provisionable: BoolArray
    """[N], nodes on which V34-V35 let a new volume be made; all False unless the claim is delayed."""
    candidates: tuple[Volume, ...] = ()
    """Static volumes a delayed claim may take where it is not provisionable (V29-V32)."""
    likeness: Hashable = None
    """Equal for claims with equal masks and candidates, and cheap to compare."""


class Access:
    """Claim views, each made once; ``forget`` those that a change makes stale."""

    def __init__(self, fixed: Snapshot, storage: Storage, domains: Domains) -> None:
        self._fixed = fixed
        self._storage = storage
        self._domains = domains
        self._views: dict[tuple[ClaimKey, bool], ClaimAccess] = {}
        self._open: dict[Hashable, ClaimAccess] = {}
        self._numbers: dict[Hashable, int] = {}
        self._reach: dict[NodeSelector | None, BoolArray] = {}
        self._zonal: dict[_Wanted, BoolArray] = {}
        self._migrated_nodes: dict[str, BoolArray] = {}
        self._provision: dict[tuple[str, int], BoolArray] = {}
        self._everywhere = np.ones(len(fixed.nodes), dtype=np.bool_)
        self._nowhere = ~self._everywhere

    def forget_claim(self, key: ClaimKey) -> None:
        for ephemeral in (False, True):
            self._views.pop((key, ephemeral), None)

    def forget_volumes(self) -> None:
        """A volume came, went or changed: any claim may look at it."""
        self._views.clear()
        self._open.clear()

    def forget_capacities(self) -> None:
        """Free capacity came, went or changed: any claim may look for it."""
        self._provision.clear()
        self._views.clear()
        self._open.clear()

    def of(self, pod: Pod, use: ClaimUse) -> ClaimAccess:
        question = (use.claim, use.ephemeral)
        if question not in self._views:
            view = self._view(use)
            if view.likeness is None:
                masks = np.packbits([view.nodes, view.provisionable]).tobytes()
                view = replace(view, likeness=self._numbers.setdefault(masks, len(self._numbers)))
            self._views[question] = view
        view = self._views[question]
        if use.ephemeral and view.claim is not None and not owns(pod, view.claim):
            return self._closed(view.claim)  # V2
        return view

    def reach(self, affinity: NodeSelector | None) -> BoolArray:
        """[N], nodes a volume's affinity admits (V23, V24)."""
        if affinity is None:
            return self._everywhere
        if affinity not in self._reach:
            self._reach[affinity] = self._domains.reached(affinity)
        return self._reach[affinity]

    def _closed(self, claim: Claim | None) -> ClaimAccess:
        return ClaimAccess(claim=claim, nodes=self._nowhere, provisionable=self._nowhere)

    def _view(self, use: ClaimUse) -> ClaimAccess:
        claim = self._storage.claims.get(use.claim)
        if claim is None or claim.phase == "Lost" or claim.deleting:  # V7, V18
            return self._closed(claim)
        if claim.is_bound:
            return self._bound(claim, zonal=not use.ephemeral)
        storage_class = self._fixed.class_by_name.get(claim.storage_class)
        if claim.volume_name is not None or storage_class is None or not storage_class.waits:  # V21
            return self._closed(claim)
        return self._delayed(claim, storage_class)

    def _bound(self, claim: Claim, *, zonal: bool) -> ClaimAccess:
        volume = self._storage.volume_of(claim)
        if volume is None:  # V26, V40
            return self._closed(claim)
        wanted = _wanted_labels(volume) if zonal else ()
        nodes = self._reached(volume)
        if wanted:
            nodes = nodes & self._zone_labels(wanted)
        return ClaimAccess(claim=claim, nodes=nodes, provisionable=self._nowhere)

    def _reached(self, volume: Volume) -> BoolArray:
        """[N], nodes the volume itself can be used on; V25 for one of an in-tree plugin."""
        nodes = self.reach(volume.node_affinity)
        if not volume.plugin:
            return nodes
        return np.where(self._migrated(volume.plugin), self._translated(volume), nodes)

    def _translated(self, volume: Volume) -> BoolArray:
        """[N], nodes an in-tree volume is reached from through its CSI driver; none when its name is
        malformed, which kube-scheduler fails on."""
        return self._nowhere if is_untranslatable(volume) else self.reach(csi_affinity(volume))

    def _migrated(self, plugin: str) -> BoolArray:
        if plugin not in self._migrated_nodes:
            known = self._fixed.csi_node_by_name
            self._migrated_nodes[plugin] = np.array(
                [is_migrated(plugin, known.get(n.name)) for n in self._fixed.nodes], dtype=np.bool_
            )
        return self._migrated_nodes[plugin]

    def _zone_labels(self, wanted: _Wanted) -> BoolArray:
        """[N], V41-V42: nodes with none of the labels pass."""
        if wanted not in self._zonal:
            labelled = self._nowhere.copy()
            for key, _ in _ZONE_LABELS:
                labelled |= self._domains.of(key) >= 0
            allowed = self._everywhere.copy()
            for key, instead, values in wanted:
                here = self._domains.where([Requirement(key=key, operator=Operator.IN, values=values)])
                if instead:
                    other = self._domains.where(
                        [Requirement(key=instead, operator=Operator.IN, values=values)]
                    )
                    here = np.where(self._domains.of(key) >= 0, here, other)
                allowed &= here
            self._zonal[wanted] = allowed | ~labelled
        return self._zonal[wanted]

    def _delayed(self, claim: Claim, storage_class: StorageClass) -> ClaimAccess:
        provisionable = self._provisionable(claim, storage_class)
        if claim.selected_node is not None:  # V27
            here = self._domains.named(claim.selected_node) & provisionable
            return ClaimAccess(claim=claim, nodes=here, provisionable=provisionable)
        reserved = self._reserved_for(claim)
        if reserved is not None:  # V31
            nodes = provisionable | self.reach(reserved.node_affinity)
            return ClaimAccess(claim=claim, nodes=nodes, provisionable=nodes)
        return self._matching(claim, provisionable)

    def _matching(self, claim: Claim, provisionable: BoolArray) -> ClaimAccess:
        """V29-V32 for a claim that no volume is set aside for; claims that ask alike share one answer."""
        asked = (
            claim.storage_class,
            claim.request_milli,
            claim.access_modes,
            claim.volume_mode,
            claim.attributes_class,
            claim.selector,
        )
        if asked not in self._open:
            candidates = tuple(v for v in self._storage.free(claim.storage_class) if suits(v, claim))
            nodes = provisionable.copy()
            for affinity in dict.fromkeys(v.node_affinity for v in candidates):
                nodes |= self.reach(affinity)
            self._open[asked] = ClaimAccess(
                claim=claim,
                nodes=nodes,
                provisionable=provisionable,
                candidates=candidates,
                likeness=asked,
            )
        return replace(self._open[asked], claim=claim)

    def _reserved_for(self, claim: Claim) -> Volume | None:
        """V31: the first volume set aside for this claim hides all others."""
        for volume in self._storage.reserved(claim):
            assert volume.claim_ref is not None
            mine = volume.storage_class == claim.storage_class and volume.claim_ref.names(claim)
            if mine and fits_size(volume, claim) and not volume.deleting:
                return volume
        return None

    def _provisionable(self, claim: Claim, storage_class: StorageClass) -> BoolArray:
        """[N], V34 and V35."""
        question = (storage_class.name, claim.request_milli)
        if question not in self._provision:
            if storage_class.provisioner in ("", NO_PROVISIONER):
                self._provision[question] = self._nowhere
            else:
                self._provision[question] = self._allowed(storage_class) & self._roomy(claim, storage_class)
        return self._provision[question]

    def _allowed(self, storage_class: StorageClass) -> BoolArray:
        """[N], V34: allowedTopologies; terms are ORed, a term without expressions matches nothing."""
        if not storage_class.allowed_topologies:
            return self._everywhere
        mask = self._nowhere.copy()
        for term in storage_class.allowed_topologies:
            if term.requirements:
                mask |= self._domains.where(
                    Requirement(key=key, operator=Operator.IN, values=values)
                    for key, values in term.requirements
                )
        return mask

    def _roomy(self, claim: Claim, storage_class: StorageClass) -> BoolArray:
        """[N], V35."""
        driver = self._fixed.csi_driver_by_name.get(storage_class.provisioner)
        if driver is None or not driver.storage_capacity or claim.request_milli == 0:
            return self._everywhere
        mask = self._nowhere.copy()
        for capacity in self._storage.capacities.values():
            if capacity.storage_class != storage_class.name or capacity.node_topology is None:
                continue
            room = capacity.maximum_volume_milli
            if room is None:
                room = capacity.capacity_milli
            if room is not None and whole(room) >= whole(claim.request_milli):
                mask |= self._domains.labelled(capacity.node_topology)
        return mask


def owns(pod: Pod, claim: Claim) -> bool:
    """V2."""
    return claim.owner is not None and claim.owner.uid == pod.uid


def _wanted_labels(volume: Volume) -> _Wanted:
    """V41: what the zone and region labels of a volume ask of nodes."""
    wanted: list[tuple[str, str | None, tuple[str, ...]]] = []
    for key, instead in _ZONE_LABELS:
        if key in volume.labels:
            values = {part.strip() for part in volume.labels[key].split("__")}
            if "" not in values:
                wanted.append((key, instead, tuple(sorted(values))))
    return tuple(wanted)


def fits_size(volume: Volume, claim: Claim) -> bool:
    """V30 apart from claimRef and deletion."""
    return (
        volume.capacity_milli >= claim.request_milli
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
    )


def suits(volume: Volume, claim: Claim) -> bool:
    """V30 and V32 for a free volume, apart from the node."""
    return (
        fits_size(volume, claim)
        and (claim.selector is None or claim.selector.matches(volume.labels))
        and set(claim.access_modes) <= set(volume.access_modes)
    )
