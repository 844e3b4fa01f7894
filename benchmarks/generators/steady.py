"""A large cluster in daily use: most of its room is taken by running pods, and stateful workloads arrive.

Nodes are alike, their load is not: running pods lie where chance found room. A third of the running
workloads are stateful, with bound volumes in their zones and replicas on different nodes. What waits are
StatefulSets, every one even over zones with maxSkew 1 and on different nodes; a fifth each has local volumes
and no volumes, the others zonal claims that wait.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, by_zone, hosts, shares
from benchmarks.generators.workload import Storage, Workload, labels_of, pods, settle

_NODE_CPU_MILLIS, _NODE_MEMORY_MIB, _NODE_PODS, _ATTACHABLE = 16_000, 65_536, 110, 25
CPU_MILLIS = (250, 500, 1000, 1500, 2400)
MEMORY_MIB = (512, 1024, 4096, 6144, 8192)
_RUNNING_REPLICAS = (10, 20, 50, 120)
_RUNNING_STORAGE: tuple[tuple[Storage, ...], ...] = ((), (), (Storage.BOUND,))
_PENDING_STORAGE: tuple[tuple[Storage, ...], ...] = ((), (Storage.LOCAL,), *((Storage.DELAYED,),) * 3)
_TRIES = 1000


def steady(
    *, nodes: int, zones: int, running: int, workloads: int, replicas: int, utilisation: float, seed: int
) -> Instance:
    """``running`` pods take about the share ``utilisation`` of cpu and memory; ``workloads`` wait."""
    rng = random.Random(seed)
    every = hosts(nodes=nodes, zones=zones)
    zoned = by_zone(every)
    present = list(_running(rng, zoned, running, utilisation))
    waiting = [_arriving(rng, f"w{number:04}", zoned, replicas) for number in range(workloads)]
    items = objects.base()
    room = {"cpu": f"{_NODE_CPU_MILLIS}m", "memory": f"{_NODE_MEMORY_MIB}Mi", "pods": str(_NODE_PODS)}
    for host in every:
        items.append(objects.node(name=host.name, labels=host.all_labels, allocatable=room))
        items.append(objects.csi_node(name=host.name, attachable=_ATTACHABLE))
        items += host.local_volumes()
    for workload in present:
        items += owned(workload, running=True) if workload.storage else pods(workload, running=True)
    hidden: dict[str, str] = {}
    for workload in waiting:
        items += owned(workload, running=False)
        hidden |= {objects.key_of(f"{workload.name}-{i}"): h.name for i, h in enumerate(workload.homes)}
    return Instance(objects=items, hidden=hidden)


def _running(
    rng: random.Random, zoned: Sequence[Sequence[Host]], pods_left: int, utilisation: float
) -> Iterator[Workload]:
    """Requests are scaled by what is still missing, so that all of them together take what they should."""
    nodes = sum(len(zone) for zone in zoned)
    cpu_left = utilisation * nodes * _NODE_CPU_MILLIS
    memory_left = utilisation * nodes * _NODE_MEMORY_MIB
    number = 0
    while pods_left:
        replicas = min(pods_left, rng.choice(_RUNNING_REPLICAS), nodes // 2)
        cpu = _scaled(rng, CPU_MILLIS, cpu_left / pods_left, step=10)
        memory = _scaled(rng, MEMORY_MIB, memory_left / pods_left, step=16)
        storage = rng.choice(_RUNNING_STORAGE)
        yield _workload(rng, f"r{number:05}", zoned, replicas, cpu, memory, storage, spread=False)
        pods_left -= replicas
        cpu_left -= replicas * cpu
        memory_left -= replicas * memory
        number += 1


def _scaled(rng: random.Random, sizes: Sequence[int], mean: float, *, step: int) -> int:
    """One of the sizes, made larger or smaller so that their mean is ``mean``; at least a ``step``."""
    size = rng.choice(sizes) * mean * len(sizes) / sum(sizes)
    return max(step, round(size / step) * step)


def _arriving(rng: random.Random, name: str, zoned: Sequence[Sequence[Host]], replicas: int) -> Workload:
    cpu, memory = rng.choice(CPU_MILLIS), rng.choice(MEMORY_MIB)
    return _workload(rng, name, zoned, replicas, cpu, memory, rng.choice(_PENDING_STORAGE), spread=True)


def _workload(
    rng: random.Random,
    name: str,
    zoned: Sequence[Sequence[Host]],
    replicas: int,
    cpu: int,
    memory: int,
    storage: tuple[Storage, ...],
    *,
    spread: bool,
) -> Workload:
    labels = labels_of(name)
    spec = objects.pod_spec(
        cpu_millis=cpu,
        memory_mib=memory,
        topologySpreadConstraints=[objects.spread(labels)] if spread else [],
        affinity=objects.apart(labels) if spread or storage else {},
    )
    homes = _homes(rng, zoned, replicas, cpu, memory, attaches=len(storage))
    workload = Workload(name=name, spec=spec, homes=homes, storage=storage)
    settle(workload, cpu_millis=cpu, memory_mib=memory)
    return workload


def _homes(
    rng: random.Random,
    zoned: Sequence[Sequence[Host]],
    replicas: int,
    cpu: int,
    memory: int,
    *,
    attaches: int,
) -> list[Host]:
    """Different hosts with room, as many in each zone as in any other, or one more.

    Drawn until one fits: looking at ten thousand hosts for each of a thousand workloads takes too long.
    """
    chosen: dict[str, Host] = {}
    for zone, count in zip(zoned, shares(rng, len(zoned), replicas), strict=True):
        wanted = len(chosen) + count
        for _ in range(_TRIES * count):
            if len(chosen) == wanted:
                break
            host = rng.choice(zone)
            if _has_room(host, cpu, memory, attaches):
                chosen[host.name] = host
        if len(chosen) < wanted:
            raise ValueError("the cluster is too full: no node with room was found")
    return list(chosen.values())


def _has_room(host: Host, cpu: int, memory: int, attaches: int) -> bool:
    used = host.used
    return (
        used["cpu"] + cpu <= _NODE_CPU_MILLIS
        and used["memory"] + memory <= _NODE_MEMORY_MIB
        and used["pods"] < _NODE_PODS
        and host.attached + attaches <= _ATTACHABLE
    )


def owned(workload: Workload, *, running: bool) -> Iterator[Raw]:
    """The StatefulSet and its pods."""
    uid = f"uid-{workload.name}"
    owner = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "name": workload.name,
        "uid": uid,
        "controller": True,
    }
    yield {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": workload.name, "namespace": objects.NAMESPACE, "uid": uid},
        "spec": {
            "replicas": len(workload.homes),
            "serviceName": workload.name,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": workload.labels},
            "template": {"metadata": {"labels": workload.labels}, "spec": workload.spec},
        },
    }
    yield from pods(workload, running=running, owner=owner)
