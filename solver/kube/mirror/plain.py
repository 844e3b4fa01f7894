"""Kinds whose objects are read one by one, each for itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from solver.kube.budgets import budget
from solver.kube.inventory import Loaded
from solver.kube.mirror.change import Change, Shift
from solver.kube.mirror.table import Table
from solver.kube.storage import attachment, csi_driver, csi_node, storage_capacity, storage_class, volume
from solver.kube.stored import (
    WORKLOADS,
    stored_controller,
    stored_resource_claim,
    stored_service,
    stored_workload,
)
from solver.model.event import Gone, Put


@dataclass(frozen=True, slots=True)
class Reading:
    model: Callable[[Loaded], Any]
    shift: Shift | None
    """None: followers are told by event."""


READINGS: Mapping[str, Reading] = {
    "PersistentVolume": Reading(lambda v: volume(v.name, v.stored), None),
    "VolumeAttachment": Reading(lambda a: attachment(a.name, a.stored), None),
    "StorageClass": Reading(lambda c: storage_class(c.name, c.stored), Shift.RULES),
    "CSINode": Reading(lambda n: csi_node(n.name, n.stored), Shift.RULES),
    "CSIDriver": Reading(lambda d: csi_driver(d.name, d.stored), Shift.RULES),
    "CSIStorageCapacity": Reading(lambda c: storage_capacity(c.stored), None),
    "ResourceClaim": Reading(stored_resource_claim, Shift.RULES),
    "PodDisruptionBudget": Reading(lambda b: budget(b.namespace, b.name, b.stored), Shift.SCORES),
    "Service": Reading(stored_service, Shift.SCORES),
    "ReplicaSet": Reading(stored_controller, Shift.SCORES),
    "ReplicationController": Reading(stored_controller, Shift.SCORES),
    "StatefulSet": Reading(stored_controller, Shift.SCORES),
}


WORKLOAD_READINGS: Mapping[str, Reading] = {
    kind: Reading(stored_workload, Shift.SCORES) for kind in WORKLOADS
}
"""What these kinds are read as besides."""


class PlainKind:
    """The models of one kind."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._models: Table[Any] = Table()

    def values(self) -> tuple[Any, ...]:
        return self._models.values()

    def without(self, labels: Collection[str]) -> Iterator[Any]:
        """The others."""
        named = zip(self._models, self._models.values(), strict=True)
        return (model for label, model in named if label not in labels)

    def change(self, label: str, loaded: Loaded | None) -> list[Change]:
        before: Any = self._models.get(label)
        now = self._reading.model(loaded) if loaded is not None else None
        if now == before:
            return []
        self._models.set(label, now)
        if self._reading.shift is not None:
            return [self._reading.shift]
        return [Put(now)] if now is not None else [Gone(before)]
