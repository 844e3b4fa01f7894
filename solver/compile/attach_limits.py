"""Attach limits (V10-V17): how many volumes each node takes besides those it has.

A volume that a single asked pod brings is counted with its class; one that several bring, or that a running
pod uses, counts once a node (V12).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solver.compile.brought import Attached, Brought, Identity
from solver.compile.problem import UNLIMITED, BoolArray, IntArray, PodClass, SharedVolume, VolumeLimit
from solver.compile.storage import Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachRules:
    limits: tuple[VolumeLimit, ...]
    shared: tuple[SharedVolume, ...]
    closed: tuple[tuple[int, BoolArray], ...]
    """Class and [N], nodes that take no further volume at all (V13)."""
    approximations: tuple[str, ...]


def attach_rules(
    classes: tuple[PodClass, ...], brought: Brought, attached: Attached, storage: Storage
) -> AttachRules:
    return _Compiler(classes, brought, attached, storage).rules()


class _Compiler:
    def __init__(
        self, classes: tuple[PodClass, ...], brought: Brought, attached: Attached, storage: Storage
    ) -> None:
        self._classes = classes
        self._brought = brought
        self._attached = attached
        self._storage = storage
        self._users: dict[Identity, list[int]] = defaultdict(list)
        for index, c in enumerate(classes):
            for identity in brought.shared(c.sample):
                self._users[identity].append(index)
        self._approximations: set[str] = set()

    def rules(self) -> AttachRules:
        drivers = self._limited_drivers()
        shared = [
            self._shared(drivers.index(identity.driver), identity)
            for identity in sorted(self._users)
            if identity.driver in drivers
        ]
        return AttachRules(
            limits=tuple(self._limit(driver) for driver in drivers),
            shared=tuple(volume for volume in shared if volume.added.any()),
            closed=self._closed_by_foreign_claims(),
            approximations=tuple(sorted(self._approximations)),
        )

    def _limited_drivers(self) -> list[str]:
        """Drivers with a limit somewhere that some asked pod brings volumes of."""
        brought = self._brought.all_of(c.sample for c in self._classes)
        return sorted({i.driver for i in brought} & self._attached.limited_drivers)

    def _shared(self, limit: int, identity: Identity) -> SharedVolume:
        added = self._attached.counting_nodes(identity.plugin).astype(np.int64)
        added[list(self._attached.nodes_with(identity))] = 0
        return SharedVolume(users=tuple(self._users[identity]), limit=limit, added=added)

    def _limit(self, driver: str) -> VolumeLimit:
        orphans = self._orphans(driver)
        free = self._attached.limits(driver) - self._attached.used(driver)
        for node, handles in orphans.items():
            free[node] -= len(handles)
        free[self._attached.limits(driver) == UNLIMITED] = UNLIMITED
        added = np.array([dict(self._brought.own(c.sample)).get(driver, 0) for c in self._classes])
        self._note_double_count(driver, added, free, orphans)
        return VolumeLimit(driver=driver, added=added.astype(np.int64), free=free)

    def _orphans(self, driver: str) -> Mapping[int, set[str]]:
        """By node, handles of attachments that no pod there accounts for (V14)."""
        found: dict[int, set[str]] = defaultdict(set)
        for attachment in self._storage.attachments_of(driver):
            node = self._attached.node_index.get(attachment.node_name)
            volume = self._storage.volumes.get(attachment.volume_name) if attachment.volume_name else None
            if node is None or volume is None or not volume.driver:
                continue
            if not self._attached.is_used_on(node, driver, volume.handle):
                found[node].add(volume.handle)
        return found

    def _note_double_count(
        self, driver: str, added: IntArray, free: IntArray, orphans: Mapping[int, set[str]]
    ) -> None:
        """V14 charges a volume that is attached already twice, but only until its pod is placed."""
        asked = self._brought.all_of(p for c in self._classes for p in c.members)
        handles = {i.handle for i in asked if i.driver == driver}
        counts = np.array([c.count for c in self._classes], dtype=np.int64)
        most = int(counts @ added) + sum(1 for i in self._users if i.driver == driver)
        if any(free[node] < most and handles & attached for node, attached in orphans.items()):
            self._approximations.add("attachment of a volume that is asked about stays counted (V14)")

    def _closed_by_foreign_claims(self) -> tuple[tuple[int, BoolArray], ...]:
        """V13: kube-scheduler cannot count where a pod uses an ephemeral claim that is not its own."""
        foreign = self._attached.uncountable_nodes()
        if not foreign.any():
            return ()
        return tuple(
            (index, foreign & self._attached.counting_nodes(identity.plugin))
            for index, c in enumerate(self._classes)
            for identity in self._brought.of(c.sample)
        )
