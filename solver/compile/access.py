"""Where a claim lets its pods go (V18-V35, V40-V42): one view per claim, masks over nodes.

What a single claim decides by itself is in its mask. What claims decide together (static volumes running
out, attach limits, sharing) is left to ``volumes``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from solver.compile.problem import BoolArray
from solver.model.csi_translation import (
    BETA_REGION,
    BETA_ZONE,
    csi_affinity,
    is_migrated,
    is_untranslatable,
)
from solver.model.names import REGION, ZONE, ClaimKey
from solver.model.node import Node
from solver.model.pod import ClaimUse, Pod
from solver.model.quantity import whole
from solver.model.requirement import NodeSelector, Operator
from solver.model.snapshot import Snapshot
from solver.model.storage import NO_PROVISIONER, Claim, StorageClass, Volume

_ZONE_LABELS = ((ZONE, None), (REGION, None), (BETA_ZONE, ZONE), (BETA_REGION, REGION))
"""V42: the label, and the label tried instead where a node lacks it."""


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
    """Claim views of one snapshot, each made once."""

    def __init__(self, snapshot: Snapshot, nodes: tuple[Node, ...]) -> None:
        self._snapshot = snapshot
        self._nodes = nodes
        self._views: dict[ClaimKey, ClaimAccess] = {}
        self._open: dict[Hashable, ClaimAccess] = {}
        self._numbers: dict[Hashable, int] = {}
        self._reach: dict[NodeSelector, BoolArray] = {}
        self._provision: dict[tuple[str, int], BoolArray] = {}
        self._by_label: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, node in enumerate(nodes):
            for label in node.labels.items():
                self._by_label[label].append(index)
        self._free: dict[str, list[Volume]] = defaultdict(list)
        self._reserved: dict[tuple[str, str], list[Volume]] = defaultdict(list)
        for volume in sorted(snapshot.volumes, key=lambda v: v.name):
            if volume.claim_ref is not None:
                self._reserved[volume.claim_ref.namespace, volume.claim_ref.name].append(volume)
            elif volume.phase == "Available" and not volume.deleting:
                self._free[volume.storage_class].append(volume)

    def of(self, pod: Pod, use: ClaimUse) -> ClaimAccess:
        if use.claim not in self._views:
            view = self._view(use)
            if view.likeness is None:
                masks = (view.nodes.tobytes(), view.provisionable.tobytes())
                view = replace(view, likeness=self._numbers.setdefault(masks, len(self._numbers)))
            self._views[use.claim] = view
        view = self._views[use.claim]
        if use.ephemeral and view.claim is not None and not self._owns(pod, view.claim):
            return self._nowhere(view.claim)  # V2
        return view

    def reach(self, affinity: NodeSelector | None) -> BoolArray:
        """[N], nodes a volume's affinity admits (V23, V24)."""
        if affinity is None:
            return self._everywhere()
        if affinity not in self._reach:
            mask = np.zeros(len(self._nodes), dtype=np.bool_)
            for node in self._candidates(affinity):
                mask[node] = affinity.reaches(self._nodes[node].labels)
            self._reach[affinity] = mask
        return self._reach[affinity]

    def _candidates(self, affinity: NodeSelector) -> Iterable[int]:
        """Nodes worth asking: those with a label value that some term names, when every term names some."""
        found: set[int] = set()
        for term in affinity.terms:
            named = next((e for e in term.expressions if e.operator is Operator.IN), None)
            if named is None:
                return range(len(self._nodes))
            found.update(n for value in named.values for n in self._by_label.get((named.key, value), ()))
        return found

    @staticmethod
    def _owns(pod: Pod, claim: Claim) -> bool:
        return claim.owner is not None and claim.owner.uid == pod.uid

    def _everywhere(self) -> BoolArray:
        return np.ones(len(self._nodes), dtype=np.bool_)

    def _nowhere(self, claim: Claim | None) -> ClaimAccess:
        nothing = np.zeros(len(self._nodes), dtype=np.bool_)
        return ClaimAccess(claim=claim, nodes=nothing, provisionable=nothing)

    def _view(self, use: ClaimUse) -> ClaimAccess:
        claim = self._snapshot.claim_by_key.get(use.claim)
        if claim is None or claim.phase == "Lost" or claim.deleting:  # V7, V18
            return self._nowhere(claim)
        if claim.is_bound:
            return self._bound(claim, zonal=not use.ephemeral)
        storage_class = self._snapshot.class_by_name.get(claim.storage_class)
        if claim.volume_name is not None or storage_class is None or not storage_class.waits:  # V21
            return self._nowhere(claim)
        return self._delayed(claim, storage_class)

    def _bound(self, claim: Claim, *, zonal: bool) -> ClaimAccess:
        volume = self._snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name else None
        if volume is None:  # V26, V40
            return self._nowhere(claim)
        nodes = self.reach(volume.node_affinity)
        if volume.plugin:  # V25
            nodes = np.where(self._migrated(volume.plugin), self._translated(volume), nodes)
        if zonal:
            nodes = nodes & self._zone_labels(volume)
        return ClaimAccess(claim=claim, nodes=nodes, provisionable=np.zeros_like(nodes))

    def _translated(self, volume: Volume) -> BoolArray:
        """[N], nodes an in-tree volume is reached from through its CSI driver; none when its name is
        malformed, which kube-scheduler fails on."""
        if is_untranslatable(volume):
            return np.zeros(len(self._nodes), dtype=np.bool_)
        return self.reach(csi_affinity(volume))

    def _migrated(self, plugin: str) -> BoolArray:
        known = self._snapshot.csi_node_by_name
        return np.array([is_migrated(plugin, known.get(n.name)) for n in self._nodes], dtype=np.bool_)

    def _zone_labels(self, volume: Volume) -> BoolArray:
        """[N], V41-V42."""
        wanted: list[tuple[str, str | None, set[str]]] = []
        for key, instead in _ZONE_LABELS:
            values = (
                {part.strip() for part in volume.labels[key].split("__")} if key in volume.labels else set()
            )
            if values and "" not in values:
                wanted.append((key, instead, values))
        if not wanted:
            return self._everywhere()
        return np.array([self._zone_allows(node, wanted) for node in self._nodes], dtype=np.bool_)

    @staticmethod
    def _zone_allows(node: Node, wanted: list[tuple[str, str | None, set[str]]]) -> bool:
        if not any(key in node.labels for key, _ in _ZONE_LABELS):
            return True
        return all(
            node.labels.get(key, node.labels.get(instead) if instead else None) in values
            for key, instead, values in wanted
        )

    def _delayed(self, claim: Claim, storage_class: StorageClass) -> ClaimAccess:
        provisionable = self._provisionable(claim, storage_class)
        if claim.selected_node is not None:  # V27
            here = np.array([n.name == claim.selected_node for n in self._nodes], dtype=np.bool_)
            return ClaimAccess(claim=claim, nodes=here & provisionable, provisionable=provisionable)
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
            candidates = tuple(v for v in self._free[claim.storage_class] if suits(v, claim))
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
        for volume in self._reserved[claim.namespace, claim.name]:
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
                self._provision[question] = np.zeros(len(self._nodes), dtype=np.bool_)
            else:
                self._provision[question] = np.array(
                    [
                        allows(storage_class, node) and self._has_capacity(claim, storage_class, node)
                        for node in self._nodes
                    ],
                    dtype=np.bool_,
                )
        return self._provision[question]

    def _has_capacity(self, claim: Claim, storage_class: StorageClass, node: Node) -> bool:
        """V35."""
        driver = self._snapshot.csi_driver_by_name.get(storage_class.provisioner)
        if driver is None or not driver.storage_capacity or claim.request_milli == 0:
            return True
        for capacity in self._snapshot.capacities:
            if capacity.storage_class != storage_class.name or capacity.node_topology is None:
                continue
            room = capacity.maximum_volume_milli
            if room is None:
                room = capacity.capacity_milli
            enough = room is not None and whole(room) >= whole(claim.request_milli)
            if enough and capacity.node_topology.matches(node.labels):
                return True
        return False


def allows(storage_class: StorageClass, node: Node) -> bool:
    """V34: allowedTopologies; terms are ORed, a term without expressions matches nothing."""
    terms = storage_class.allowed_topologies
    return not terms or any(
        term.requirements and all(node.labels.get(key) in values for key, values in term.requirements)
        for term in terms
    )


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
