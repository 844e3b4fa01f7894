"""Tight clusters that are known to fit: a hidden placement first, room around it afterwards.

Every workload spreads over zones with maxSkew 1 and keeps its replicas on different nodes. A fifth of them
each has static local volumes, zonal volumes bound already, none at all; two fifths have zonal claims that
wait for their pods.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, by_zone, homes, hosts

_REPLICAS = (3, 3, 3, 5, 5, 6, 7, 7, 9)
_CPU_MILLIS = (500, 1000, 1500, 2000, 3000, 3000, 4000)
_MEMORY_MIB = (1024, 2048, 4096, 6144, 8192, 12288)
_FULL_CPU_MILLIS, _FULL_MEMORY_MIB = 8000, 32768
"""Hidden pods fill a node up to here, while there are others."""


class Storage(StrEnum):
    NONE = "none"
    LOCAL = "local"
    BOUND = "bound"
    DELAYED = "delayed"


_STORAGE = (Storage.LOCAL, Storage.BOUND, Storage.DELAYED, Storage.DELAYED, Storage.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Workload:
    name: str
    cpu_millis: int
    memory_mib: int
    storage: Storage
    homes: list[Host]


def planted(*, nodes: int, zones: int, workloads: int, slack: float, seed: int) -> Instance:
    """``workloads`` of three to nine replicas each on ``nodes`` with ``slack`` of room to spare."""
    rng = random.Random(seed)
    every = hosts(nodes=nodes, zones=zones)
    made = [_workload(rng, f"w{number:04}", every) for number in range(workloads)]
    items = objects.base()
    for host in every:
        items += [host.node(slack), *host.local_volumes()]
    hidden: dict[str, str] = {}
    for workload in made:
        items += _pods(workload)
        hidden |= {objects.key_of(f"{workload.name}-{i}"): h.name for i, h in enumerate(workload.homes)}
    return Instance(objects=items, hidden=hidden)


def _workload(rng: random.Random, name: str, every: list[Host]) -> _Workload:
    replicas, cpu, memory = rng.choice(_REPLICAS), rng.choice(_CPU_MILLIS), rng.choice(_MEMORY_MIB)

    def fits(host: Host) -> bool:
        return host.used["cpu"] + cpu <= _FULL_CPU_MILLIS and host.used["memory"] + memory <= _FULL_MEMORY_MIB

    workload = _Workload(
        name=name,
        cpu_millis=cpu,
        memory_mib=memory,
        storage=rng.choice(_STORAGE),
        homes=homes(rng, by_zone(every), replicas, fits),
    )
    for host in workload.homes:
        host.take(cpu_millis=cpu, memory_mib=memory)
        host.disks += workload.storage is Storage.LOCAL
    return workload


def _pods(workload: _Workload) -> Iterator[Raw]:
    labels = {"app": workload.name}
    spec = objects.pod_spec(
        cpu_millis=workload.cpu_millis,
        memory_mib=workload.memory_mib,
        topologySpreadConstraints=[objects.spread(labels)],
        affinity=objects.apart(labels),
    )
    for number, home in enumerate(workload.homes):
        name = f"{workload.name}-{number}"
        claims = [] if workload.storage is Storage.NONE else [f"data-{name}"]
        for claim in claims:
            yield from stored(workload.storage, claim, home.zone)
        yield objects.pod(name=name, labels=labels, spec=spec, claims=claims)


def stored(storage: Storage, claim: str, zone: str) -> list[Raw]:
    """The claim, and its volume where it is bound. Local volumes belong to their hosts."""
    match storage:
        case Storage.NONE:
            return []
        case Storage.LOCAL:
            return [objects.claim(name=claim, storage_class=objects.LOCAL, size=objects.LOCAL_SIZE)]
        case Storage.DELAYED:
            return [objects.claim(name=claim, storage_class=objects.ZONAL, size=objects.ZONAL_SIZE)]
        case Storage.BOUND:
            volume = f"pv-{claim}"
            return [
                objects.zonal_volume(name=volume, zone=zone, claim=claim),
                objects.claim(
                    name=claim, storage_class=objects.ZONAL, size=objects.ZONAL_SIZE, volume=volume
                ),
            ]
