"""Attach limits (V10-V17): the volumes pods bring to a node, and how many more it takes.

A volume is its driver and handle, whatever claim or inline source leads to it. One that a single asked pod
brings is counted with its class; one that several bring, or that a running pod uses, counts once a node
(V12).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from solver.compile.counts import RunningPods
from solver.compile.problem import UNLIMITED, BoolArray, IntArray, PodClass, SharedVolume, VolumeLimit
from solver.model.csi_translation import PORTWORX, REPLACED, counting_driver
from solver.model.names import ClaimKey, PodKey
from solver.model.node import Node
from solver.model.pod import ClaimUse, Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import IN_TREE_DRIVERS, Claim, CSINode


class Identity(NamedTuple):
    """V11, V16. ``plugin`` is set for volumes that count only on nodes that list it as migrated."""

    driver: str
    handle: str
    plugin: str = ""

    def counts_on(self, csi: CSINode | None) -> bool:
        if self.plugin:
            return counting_driver(self.plugin, csi) is not None
        return csi is not None


class Brought:
    """Which volumes pods bring along; ``pods`` are the asked ones."""

    def __init__(self, snapshot: Snapshot, pods: Sequence[Pod]) -> None:
        self._snapshot = snapshot
        self._known: dict[PodKey, frozenset[Identity]] = {}
        users = Counter(identity for pod in pods for identity in self.of(pod))
        running = {identity for pod in snapshot.running for identity in self.of(pod)}
        self._together = {i for i, pods in users.items() if pods > 1 or i.plugin or i in running}

    def of(self, pod: Pod) -> frozenset[Identity]:
        if not pod.claims and not pod.inline_volumes:
            return frozenset()
        if pod.key not in self._known:
            found = {self._of_claim(use.claim) for use in pod.claims}
            found |= {_in_tree(inline.plugin, inline.handle) for inline in pod.inline_volumes}
            self._known[pod.key] = frozenset(i for i in found if i is not None)
        return self._known[pod.key]

    def shared(self, pod: Pod) -> frozenset[Identity]:
        """Those of its volumes that count once a node, however many pods bring them."""
        return self.of(pod) & self._together

    def own(self, pod: Pod) -> tuple[tuple[str, int], ...]:
        """(driver, volumes) for the rest, by driver."""
        return tuple(sorted(Counter(i.driver for i in self.of(pod) - self._together).items()))

    def _of_claim(self, key: ClaimKey) -> Identity | None:
        claim = self._snapshot.claim_by_key.get(key)
        if claim is None:
            return None
        volume = self._snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name else None
        if volume is None:
            return self._future(claim)
        if volume.driver:
            return Identity(volume.driver, volume.handle) if volume.handle else None
        return _in_tree(volume.plugin, volume.handle)

    def _future(self, claim: Claim) -> Identity | None:
        """V11: a claim without a volume counts under its class's provisioner."""
        storage_class = self._snapshot.class_by_name.get(claim.storage_class)
        if storage_class is None or not storage_class.provisioner:
            return None
        handle = f"unprovisioned {claim.key}"
        if storage_class.provisioner in REPLACED:
            return _in_tree(storage_class.provisioner, handle)
        return Identity(storage_class.provisioner, handle)


def _in_tree(plugin: str, handle: str) -> Identity | None:
    driver = IN_TREE_DRIVERS.get(plugin)
    if driver is None or not handle:
        return None
    return Identity(driver, handle, plugin if plugin == PORTWORX else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachRules:
    """``blocked`` [C, N] are nodes that take no further volume at all (V13)."""

    limits: tuple[VolumeLimit, ...]
    shared: tuple[SharedVolume, ...]
    blocked: BoolArray
    approximations: tuple[str, ...]


def attach_rules(
    snapshot: Snapshot,
    nodes: tuple[Node, ...],
    classes: tuple[PodClass, ...],
    brought: Brought,
    running: RunningPods,
) -> AttachRules:
    return _Compiler(snapshot, nodes, classes, brought, running).rules()


class _Compiler:
    def __init__(
        self,
        snapshot: Snapshot,
        nodes: tuple[Node, ...],
        classes: tuple[PodClass, ...],
        brought: Brought,
        running: RunningPods,
    ) -> None:
        self._snapshot = snapshot
        self._nodes = nodes
        self._classes = classes
        self._brought = brought
        self._running = running
        self._csi = [snapshot.csi_node_by_name.get(n.name) for n in nodes]
        self._users: dict[Identity, list[int]] = defaultdict(list)
        for index, c in enumerate(classes):
            for identity in brought.shared(c.sample):
                self._users[identity].append(index)
        self._approximations: set[str] = set()

    def rules(self) -> AttachRules:
        drivers = self._limited_drivers()
        present = self._present() if drivers else []
        shared = [
            self._shared(drivers.index(identity.driver), identity, present)
            for identity in sorted(self._users)
            if identity.driver in drivers
        ]
        return AttachRules(
            limits=tuple(self._limit(driver, present) for driver in drivers),
            shared=tuple(volume for volume in shared if volume.added.any()),
            blocked=self._foreign_claims(),
            approximations=tuple(sorted(self._approximations)),
        )

    def _limited_drivers(self) -> list[str]:
        """Drivers with a limit somewhere that some asked pod brings volumes of."""
        limited = {d.name for csi in self._csi if csi for d in csi.drivers if d.limit is not None}
        brought = {i.driver for c in self._classes for i in self._brought.of(c.sample)}
        return sorted(brought & limited)

    def _present(self) -> list[set[tuple[str, str]]]:
        """Per node, (driver, handle) of volumes used by pods there (V12)."""
        found: list[set[tuple[str, str]]] = [set() for _ in self._nodes]
        for node, pod in self._running.on_nodes():
            for identity in self._brought.of(pod):
                if identity.counts_on(self._csi[node]):
                    found[node].add(identity[:2])
        return found

    def _shared(self, limit: int, identity: Identity, present: list[set[tuple[str, str]]]) -> SharedVolume:
        new = [
            identity.counts_on(csi) and identity[:2] not in present[node]
            for node, csi in enumerate(self._csi)
        ]
        return SharedVolume(
            users=tuple(self._users[identity]), limit=limit, added=np.array(new, dtype=np.int64)
        )

    def _limit(self, driver: str, present: list[set[tuple[str, str]]]) -> VolumeLimit:
        orphans = self._orphans(driver, present)
        free = np.full(len(self._nodes), UNLIMITED, dtype=np.int64)
        for node, csi in enumerate(self._csi):
            entry = csi.driver(driver) if csi else None
            if entry is not None and entry.limit is not None:
                used = sum(1 for other, _ in present[node] if other == driver)
                free[node] = entry.limit - used - len(orphans[node])
        added = np.array([dict(self._brought.own(c.sample)).get(driver, 0) for c in self._classes])
        self._note_double_count(driver, added, free, orphans)
        return VolumeLimit(driver=driver, added=added.astype(np.int64), free=free)

    def _orphans(self, driver: str, present: list[set[tuple[str, str]]]) -> list[set[str]]:
        """Per node, handles of attachments that no pod there accounts for (V14)."""
        index = {n.name: i for i, n in enumerate(self._nodes)}
        found: list[set[str]] = [set() for _ in self._nodes]
        for attachment in self._snapshot.attachments:
            if attachment.attacher != driver or attachment.volume_name is None:
                continue
            node = index.get(attachment.node_name)
            volume = self._snapshot.volume_by_name.get(attachment.volume_name)
            if node is None or volume is None or not volume.driver:
                continue
            if (driver, volume.handle) not in present[node]:
                found[node].add(volume.handle)
        return found

    def _note_double_count(
        self, driver: str, added: IntArray, free: IntArray, orphans: Iterable[set[str]]
    ) -> None:
        """V14 charges a volume that is attached already twice, but only until its pod is placed."""
        asked = {i for c in self._classes for p in c.members for i in self._brought.of(p)}
        handles = {i.handle for i in asked if i.driver == driver}
        counts = np.array([c.count for c in self._classes], dtype=np.int64)
        most = int(counts @ added) + sum(1 for i in self._users if i.driver == driver)
        if any(free[node] < most and handles & attached for node, attached in enumerate(orphans)):
            self._approximations.add("attachment of a volume that is asked about stays counted (V14)")

    def _foreign_claims(self) -> BoolArray:
        """V13: kube-scheduler cannot count where a pod uses an ephemeral claim that is not its own."""
        blocked = np.zeros((len(self._classes), len(self._nodes)), dtype=np.bool_)
        for node, pod in self._running.on_nodes():
            csi = self._csi[node]
            limited = csi is not None and any(d.limit is not None for d in csi.drivers)
            if limited and any(self._is_foreign(pod, use) for use in pod.claims):
                for index, c in enumerate(self._classes):
                    blocked[index, node] |= any(i.counts_on(csi) for i in self._brought.of(c.sample))
        return blocked

    def _is_foreign(self, pod: Pod, use: ClaimUse) -> bool:
        claim = self._snapshot.claim_by_key.get(use.claim)
        if not use.ephemeral or claim is None:
            return False
        return claim.owner is None or claim.owner.uid != pod.uid
