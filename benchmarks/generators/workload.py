"""Workloads whose replicas have a home already: the pods and claims that tell a planner all but the home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host


class Storage(StrEnum):
    LOCAL = "local"
    """A static volume on the node itself."""
    BOUND = "bound"
    """A volume that exists in the zone of the pod's home."""
    DELAYED = "delayed"
    """A volume that is made in the zone the pod comes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    name: str
    spec: Raw
    homes: Sequence[Host]
    """One for each replica."""
    storage: Sequence[Storage] = ()
    """One claim each, for every replica."""

    @property
    def labels(self) -> Raw:
        return labels_of(self.name)


def labels_of(name: str) -> Raw:
    return {"app": name}


def settle(workload: Workload, *, cpu_millis: int, memory_mib: int) -> None:
    """Write down on the homes what the replicas take."""
    disks = list(workload.storage).count(Storage.LOCAL)
    for host in workload.homes:
        host.take(cpu_millis=cpu_millis, memory_mib=memory_mib)
        host.disks += disks
        host.attached += len(workload.storage) - disks


def instance(cluster: Iterable[Raw], workloads: Sequence[Workload]) -> Instance:
    """The cluster with every workload pending, and their homes as the hidden placement."""
    items = [*objects.base(), *cluster]
    hidden: dict[str, str] = {}
    for workload in workloads:
        items += pods(workload)
        for number, home in enumerate(workload.homes):
            hidden[objects.key_of(f"{workload.name}-{number}")] = home.name
    return Instance(objects=items, hidden=hidden)


def pods(workload: Workload, *, running: bool = False, owner: Raw | None = None) -> Iterator[Raw]:
    """Each replica behind its claims and volumes; on its home if ``running``."""
    labels = workload.labels
    for number, home in enumerate(workload.homes):
        name = f"{workload.name}-{number}"
        claims = [f"data{i}-{name}" for i in range(len(workload.storage))]
        for claim, storage in zip(claims, workload.storage, strict=True):
            yield from _stored(claim, storage, home)
        yield objects.pod(
            name=name,
            labels=labels,
            spec=workload.spec,
            claims=claims,
            node=home.name if running else None,
            owner=owner,
        )


def _stored(claim: str, storage: Storage, home: Host) -> list[Raw]:
    """The claim, and its volume where it is bound. Local volumes belong to their hosts."""
    if storage is Storage.BOUND:
        return objects.bound(claim=claim, zone=home.zone)
    return [
        objects.claim(name=claim, storage_class=objects.LOCAL if storage is Storage.LOCAL else objects.ZONAL)
    ]
