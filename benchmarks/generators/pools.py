"""Heterogeneous pools: general, memory-heavy, compute, arm and accelerator nodes, and workloads for each.

Pools differ in size, labels, taints and extended resources. Half of the workloads name their pool; the
others take any pool without a taint, and compete there. Planted: capacities are cut to a hidden placement.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, by_zone, homes, hosts
from benchmarks.generators.workload import Storage, Workload, instance, labels_of, settle

POOL = "example.com/pool"
GPU = "nvidia.com/gpu"
_ZONES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    name: str
    share: float
    """Of the nodes."""
    cpu_millis: int
    memory_mib: int
    """Hidden pods fill its nodes up to these two, while there are others."""
    tainted: bool = False
    gpus: int = 0


_POOLS = (
    _Pool(name="general", share=0.4, cpu_millis=16_000, memory_mib=65_536),
    _Pool(name="memory", share=0.2, cpu_millis=16_000, memory_mib=262_144),
    _Pool(name="compute", share=0.2, cpu_millis=64_000, memory_mib=131_072),
    _Pool(name="arm", share=0.1, cpu_millis=32_000, memory_mib=65_536, tainted=True),
    _Pool(name="gpu", share=0.1, cpu_millis=32_000, memory_mib=131_072, tainted=True, gpus=8),
)
_BY_NAME = {pool.name: pool for pool in _POOLS}
_OPEN = tuple(pool for pool in _POOLS if not pool.tainted)
_REPLICAS = (2, 3, 3, 5, 6, 8, 12)
_CPU_SHARES = (0.03, 0.06, 0.12, 0.25)
_MEMORY_SHARES = (0.03, 0.06, 0.12, 0.2)
_STORAGE: tuple[tuple[Storage, ...], ...] = ((), (), (Storage.DELAYED,), (Storage.BOUND,))


def pools(*, nodes: int, workloads: int, slack: float, seed: int) -> Instance:
    """Raises ValueError when the smallest pool has no node in some zone."""
    rng = random.Random(seed)
    members = _members(nodes)
    made = [_workload(rng, f"w{number:04}", members) for number in range(workloads)]
    every = [host for pool in _POOLS for host in members[pool.name]]
    return instance((host.node(slack) for host in every), made)


def _members(nodes: int) -> dict[str, list[Host]]:
    every = hosts(nodes=nodes, zones=_ZONES)
    members: dict[str, list[Host]] = {}
    first = 0
    for pool in _POOLS:
        mine = every[first : first + round(pool.share * nodes)]
        first += len(mine)
        if len(mine) < _ZONES:
            raise ValueError(f"{nodes} nodes leave pool {pool.name} without a node in some zone")
        for host in mine:
            host.labels[POOL] = pool.name
            host.taints = (objects.taint(POOL, pool.name),) if pool.tainted else ()
        members[pool.name] = mine
    return members


def _workload(rng: random.Random, name: str, members: dict[str, list[Host]]) -> Workload:
    named = rng.random() < 0.5
    pool = rng.choice(_POOLS if named else _OPEN)
    cpu = round(pool.cpu_millis * rng.choice(_CPU_SHARES))
    memory = round(pool.memory_mib * rng.choice(_MEMORY_SHARES))
    gpus = rng.choice((1, 2, 4)) if pool.gpus and named else 0

    def fits(host: Host) -> bool:
        used, own = host.used, _BY_NAME[host.labels[POOL]]
        return (
            used["cpu"] + cpu <= own.cpu_millis
            and used["memory"] + memory <= own.memory_mib
            and used[GPU] + gpus <= own.gpus
        )

    open_pools = [pool.name] if named else [each.name for each in _OPEN]
    candidates = [host for each in open_pools for host in members[each]]
    workload = Workload(
        name=name,
        spec=_spec(labels_of(name), cpu, memory, gpus, pool if named else None),
        storage=rng.choice(_STORAGE),
        homes=homes(rng, by_zone(candidates), rng.choice(_REPLICAS), fits),
    )
    settle(workload, cpu_millis=cpu, memory_mib=memory)
    for host in workload.homes if gpus else ():
        host.used[GPU] += gpus
    return workload


def _spec(labels: Raw, cpu: int, memory: int, gpus: int, pool: _Pool | None) -> Raw:
    """With a ``pool``, its label is required and its taint tolerated."""
    tolerations: Sequence[Raw] = [objects.tolerates(POOL)] if pool and pool.tainted else []
    return objects.pod_spec(
        cpu_millis=cpu,
        memory_mib=memory,
        more={GPU: str(gpus)} if gpus else None,
        nodeSelector={POOL: pool.name} if pool else None,
        tolerations=tolerations,
        topologySpreadConstraints=[objects.spread(labels, nodeTaintsPolicy="Honor")],
        affinity=objects.apart(labels),
    )
