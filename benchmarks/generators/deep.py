"""Deep topologies: zones of racks of hosts, and workloads that spread over two of these levels at once.

Every workload is even over zones (maxSkew 1); beyond that a third each is even over racks as well, has a
rack per replica, or a host per replica. Racks are few hosts, so one level decides about the other. Planted:
capacities are cut to a hidden placement.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, by_rack, hosts, pick, shares
from benchmarks.generators.workload import Storage, Workload, instance, labels_of, settle
from benchmarks.objects import RACK

_REPLICAS = (3, 4, 6, 6, 9, 12)
_CPU_MILLIS = (500, 1000, 2000, 3000)
_MEMORY_MIB = (1024, 2048, 4096, 8192)
_STORAGE: tuple[tuple[Storage, ...], ...] = ((), (Storage.DELAYED,), (Storage.BOUND,), (Storage.LOCAL,))
_FULL_CPU_MILLIS, _FULL_MEMORY_MIB = 16_000, 65_536
"""Hidden pods fill a node up to here, while there are others."""


def deep(*, zones: int, racks: int, hosts_per_rack: int, workloads: int, slack: float, seed: int) -> Instance:
    """``racks`` in each zone. No workload has more replicas than there are racks."""
    rng = random.Random(seed)
    every = hosts(nodes=zones * racks * hosts_per_rack, zones=zones, racks=racks)
    tree = _tree(every)
    made = [_workload(rng, f"w{number:04}", tree) for number in range(workloads)]
    cluster: list[Raw] = []
    for host in every:
        cluster += [host.node(slack), *host.local_volumes()]
    return instance(cluster, made)


def _tree(every: Sequence[Host]) -> list[list[list[Host]]]:
    """Zones of racks of hosts."""
    zones: dict[str, list[list[Host]]] = {}
    for rack in by_rack(every):
        zones.setdefault(rack[0].zone, []).append(rack)
    return list(zones.values())


def _workload(rng: random.Random, name: str, tree: list[list[list[Host]]]) -> Workload:
    cpu, memory = rng.choice(_CPU_MILLIS), rng.choice(_MEMORY_MIB)
    replicas = min(rng.choice(_REPLICAS), sum(len(racks) for racks in tree))

    def fits(host: Host) -> bool:
        return host.used["cpu"] + cpu <= _FULL_CPU_MILLIS and host.used["memory"] + memory <= _FULL_MEMORY_MIB

    labels = labels_of(name)
    spreads, affinity = rng.choice(
        (
            ([objects.spread(labels), objects.spread(labels, key=RACK)], {}),
            ([objects.spread(labels)], objects.apart(labels, key=RACK)),
            ([objects.spread(labels)], objects.apart(labels)),
        )
    )
    workload = Workload(
        name=name,
        spec=objects.pod_spec(
            cpu_millis=cpu, memory_mib=memory, topologySpreadConstraints=spreads, affinity=affinity
        ),
        storage=rng.choice(_STORAGE),
        homes=_homes(rng, tree, replicas, fits),
    )
    settle(workload, cpu_millis=cpu, memory_mib=memory)
    return workload


def _homes(
    rng: random.Random, tree: list[list[list[Host]]], replicas: int, fits: Callable[[Host], bool]
) -> list[Host]:
    """A rack of its own for each replica, evenly over the zones: right for all three kinds of workload."""
    chosen: list[Host] = []
    for racks, count in zip(tree, shares(rng, len(tree), replicas), strict=True):
        for rack in rng.sample(racks, count):
            chosen += pick(rng, rack, 1, fits)
    return chosen
