"""Claims and volumes as VolumeBinding sees them: the snapshot plus what earlier placements assumed (V36).

Also the shelves on which unclaimed volumes wait, so that looking for one does not walk through all of them.
Which volume is chosen is decided in ``volume_binder``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from heapq import merge

from solver.model.names import ClaimKey, NodeName, VolumeName
from solver.model.requirement import NodeSelector, Operator
from solver.model.snapshot import Snapshot
from solver.model.storage import (
    Claim,
    ClaimRef,
    CSIDriver,
    CSINode,
    StorageCapacity,
    StorageClass,
    Volume,
)
from solver.scheduler.columns import BoolArray, Columns

Undo = tuple[Claim | Volume, ...]
"""Objects as they were before a placement assumed something about them."""

_ANYWHERE = ("", "")
"""In place of a label pair."""

_Entry = tuple[int, VolumeName]
"""Capacity, then name: V33's order of preference."""


def _pivot(affinity: NodeSelector | None) -> list[tuple[str, str]] | None:
    """Label pairs of which every node the affinity reaches carries one, or None when it names none."""
    if affinity is None:
        return None
    pairs: list[tuple[str, str]] = []
    for term in affinity.terms:
        pinned = next((r for r in term.expressions if r.operator is Operator.IN), None)
        if pinned is None:
            return None
        pairs.extend((pinned.key, value) for value in pinned.values)
    return pairs


def _tail(shelf: list[_Entry], size_milli: int) -> Iterator[_Entry]:
    start = bisect_left(shelf, (size_milli, ""))
    return (shelf[index] for index in range(start, len(shelf)))


class _Shelf:
    """Volumes of one class that nobody claimed in the snapshot, smallest first, filed by a node label."""

    def __init__(self, volumes: Sequence[Volume]) -> None:
        self._anywhere: list[_Entry] = []
        self._by_label: defaultdict[tuple[str, str], list[_Entry]] = defaultdict(list)
        self._pairs: dict[VolumeName, list[tuple[str, str]]] = {}
        for entry, volume in sorted(((v.capacity_milli, v.name), v) for v in volumes):
            pairs = _pivot(volume.node_affinity)
            for shelf in [self._anywhere] if pairs is None else [self._by_label[p] for p in pairs]:
                shelf.append(entry)
            self._pairs[volume.name] = [_ANYWHERE] if pairs is None else pairs
        self._label_keys = {key for key, _ in self._by_label}
        self._left = Counter(pair for pairs in self._pairs.values() for pair in pairs)
        """Volumes nobody has claimed yet, by where they are filed."""
        affinities = (volume.node_affinity for volume in volumes if volume.node_affinity is not None)
        self.affinity_keys = frozenset(key for affinity in affinities for key in affinity.label_keys)
        """Labels that any of the volumes' affinities looks at."""

    def fork(self) -> _Shelf:
        twin = copy(self)
        twin._left = Counter(self._left)
        return twin

    def at_least(self, size_milli: int, labels: Mapping[str, str]) -> Iterator[VolumeName]:
        """In V33's order, every volume this large that a node with these labels might reach."""
        labelled = (self._by_label.get((key, labels.get(key, "")), []) for key in self._label_keys)
        tails = [_tail(shelf, size_milli) for shelf in (self._anywhere, *labelled) if shelf]
        return (name for _, name in (tails[0] if len(tails) == 1 else merge(*tails)))

    def shift(self, name: VolumeName, delta: int) -> None:
        """A volume is claimed (-1), or no longer (+1)."""
        for pair in self._pairs[name]:
            self._left[pair] += delta

    def near(self, columns: Columns) -> BoolArray:
        """[N], nodes that might reach a volume that nobody has claimed yet."""
        if self._left[_ANYWHERE]:
            return ~columns.none()
        near = columns.none()
        for key in self._label_keys:
            near |= columns.carrying(key, (value for (k, value), n in self._left.items() if n and k == key))
        return near


class VolumeBook:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._claims: dict[ClaimKey, Claim] = dict(snapshot.claim_by_key)
        self._volumes: dict[VolumeName, Volume] = dict(snapshot.volume_by_name)
        self._reserved: dict[tuple[str, str], frozenset[VolumeName]] = {}
        self._capacities: defaultdict[str, list[StorageCapacity]] = defaultdict(list)
        free: defaultdict[str, list[Volume]] = defaultdict(list)
        for volume in snapshot.volumes:
            if volume.claim_ref is not None:
                self._reserve(volume.claim_ref.namespace, volume.claim_ref.name, volume.name)
            else:
                free[volume.storage_class].append(volume)
        for capacity in snapshot.capacities:
            self._capacities[capacity.storage_class].append(capacity)
        self._shelves = {name: _Shelf(volumes) for name, volumes in free.items()}

    def fork(self) -> VolumeBook:
        """The same book, continued separately."""
        twin = copy(self)
        twin._claims = {**self._claims}
        twin._volumes = {**self._volumes}
        twin._reserved = {**self._reserved}
        twin._shelves = {name: shelf.fork() for name, shelf in self._shelves.items()}
        return twin

    def _reserve(self, namespace: str, claim: str, volume: VolumeName) -> None:
        names = self._reserved.get((namespace, claim), frozenset())
        self._reserved[namespace, claim] = names | {volume}

    def claim(self, key: ClaimKey) -> Claim | None:
        return self._claims.get(key)

    def volume(self, name: VolumeName) -> Volume | None:
        return self._volumes.get(name)

    def storage_class(self, name: str) -> StorageClass | None:
        return self._snapshot.class_by_name.get(name)

    def csi_node(self, name: NodeName) -> CSINode | None:
        return self._snapshot.csi_node_by_name.get(name)

    def csi_driver(self, name: str) -> CSIDriver | None:
        return self._snapshot.csi_driver_by_name.get(name)

    def capacities(self, storage_class: str) -> list[StorageCapacity]:
        return self._capacities.get(storage_class, [])

    def provisioning_keys(self, storage_class: str) -> set[str]:
        """Node labels that decide where a volume of the class can be made (V34, V35)."""
        found = self.storage_class(storage_class)
        terms = found.allowed_topologies if found is not None else ()
        topologies = [c.node_topology for c in self.capacities(storage_class) if c.node_topology is not None]
        allowed = {key for term in terms for key, _ in term.requirements}
        return allowed | {r.key for topology in topologies for r in topology.requirements}

    def volume_keys(self, storage_class: str) -> frozenset[str]:
        """Node labels that decide where the class's unclaimed volumes can be reached from (V24)."""
        shelf = self._shelves.get(storage_class)
        return shelf.affinity_keys if shelf is not None else frozenset()

    def near_unclaimed(self, storage_class: str, columns: Columns) -> BoolArray:
        """[N], nodes that might reach a volume of the class that nobody has claimed yet."""
        shelf = self._shelves.get(storage_class)
        return shelf.near(columns) if shelf is not None else columns.none()

    def reserved_for(self, claim: Claim) -> list[Volume]:
        """Volumes of the claim's class whose claimRef agrees with the claim (V30), in name order."""
        names = self._reserved.get((claim.namespace, claim.name))
        volumes = (self._volumes[name] for name in sorted(names)) if names else ()
        return [
            volume
            for volume in volumes
            if volume.storage_class == claim.storage_class
            and volume.claim_ref is not None
            and volume.claim_ref.names(claim)
        ]

    def unclaimed(self, claim: Claim, labels: Mapping[str, str]) -> Iterator[Volume]:
        """Volumes of the claim's class that nobody claims, large enough, in V33's order.

        Those that a node with these labels certainly cannot reach are left out; the rest must be checked.
        """
        shelf = self._shelves.get(claim.storage_class)
        if shelf is None:
            return
        for name in shelf.at_least(claim.request_milli, labels):
            volume = self._volumes[name]
            if volume.claim_ref is None:
                yield volume

    def assume(
        self, static: Iterable[tuple[Claim, Volume]], provisioned: Iterable[Claim], node: NodeName
    ) -> Undo:
        """V36: at once, in memory, chosen volumes refer to their claims, and other claims carry the node."""
        before: list[Claim | Volume] = []
        for claim, volume in static:
            before.append(volume)
            if volume.claim_ref is None:
                self._shelves[volume.storage_class].shift(volume.name, -1)
            reference = ClaimRef(namespace=claim.namespace, name=claim.name, uid=claim.uid)
            self._volumes[volume.name] = replace(volume, claim_ref=reference)
            self._reserve(claim.namespace, claim.name, volume.name)
        for claim in provisioned:
            before.append(claim)
            self._claims[claim.key] = replace(claim, selected_node=node)
        return tuple(before)

    def restore(self, before: Undo) -> None:
        for item in before:
            if isinstance(item, Claim):
                self._claims[item.key] = item
            else:
                self._volumes[item.name] = item
                if item.claim_ref is None:
                    self._shelves[item.storage_class].shift(item.name, +1)
