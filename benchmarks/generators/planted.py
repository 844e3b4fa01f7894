"""Tight clusters that are known to fit: a hidden placement first, room around it afterwards.

Every workload spreads over zones with maxSkew 1 and keeps its replicas on different nodes. A fifth of them
each has static local volumes, zonal volumes bound already, none at all; two fifths have zonal claims that
wait for their pods.
"""

from __future__ import annotations

import random

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, by_zone, homes, hosts
from benchmarks.generators.workload import Storage, Workload, instance, labels_of, settle

_REPLICAS = (3, 3, 3, 5, 5, 6, 7, 7, 9)
_CPU_MILLIS = (500, 1000, 1500, 2000, 3000, 3000, 4000)
_MEMORY_MIB = (1024, 2048, 4096, 6144, 8192, 12288)
_STORAGE: tuple[tuple[Storage, ...], ...] = (
    (),
    (Storage.LOCAL,),
    (Storage.BOUND,),
    (Storage.DELAYED,),
    (Storage.DELAYED,),
)
_FULL_CPU_MILLIS, _FULL_MEMORY_MIB = 8000, 32768
"""Hidden pods fill a node up to here, while there are others."""


def planted(*, nodes: int, zones: int, workloads: int, slack: float, seed: int) -> Instance:
    """``workloads`` of three to nine replicas each on ``nodes`` with ``slack`` of room to spare."""
    rng = random.Random(seed)
    every = hosts(nodes=nodes, zones=zones)
    made = [_workload(rng, f"w{number:04}", every) for number in range(workloads)]
    cluster: list[Raw] = []
    for host in every:
        cluster += [host.node(slack), *host.local_volumes()]
    return instance(cluster, made)


def _workload(rng: random.Random, name: str, every: list[Host]) -> Workload:
    replicas, cpu, memory = rng.choice(_REPLICAS), rng.choice(_CPU_MILLIS), rng.choice(_MEMORY_MIB)
    labels = labels_of(name)
    workload = Workload(
        name=name,
        spec=objects.pod_spec(
            cpu_millis=cpu,
            memory_mib=memory,
            topologySpreadConstraints=[objects.spread(labels)],
            affinity=objects.apart(labels),
        ),
        storage=rng.choice(_STORAGE),
        homes=homes(
            rng,
            by_zone(every),
            replicas,
            lambda host: (
                host.used["cpu"] + cpu <= _FULL_CPU_MILLIS
                and host.used["memory"] + memory <= _FULL_MEMORY_MIB
            ),
        ),
    )
    settle(workload, cpu_millis=cpu, memory_mib=memory)
    return workload
