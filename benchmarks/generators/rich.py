"""Planted clusters in which many rules meet: zone, rack and host, taints, attach limits, capacity objects.

The hidden placement comes from chance and kube-scheduler's own filters on a roomy cluster: whatever they
accept, one pod after another, is allowed. Then every capacity is cut to it. A quarter of the workloads
tolerate the tainted nodes, half have hard zone spreading, others spread over racks or stay apart from
themselves or from a neighbour; pods have none, one or two claims.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, hosts
from benchmarks.objects import LOCAL, RACK, ZONAL
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.names import HOSTNAME, NodeName
from solver.scheduler.framework import check
from solver.scheduler.state import ClusterState

_ZONES, _RACKS, _DISKS = 3, 3, 4
_PARTLY_ZONAL = "zonal-ab"
_REPLICAS = (1, 2, 2, 3, 3, 3, 4, 5, 5, 6, 6, 9)
_CPU_MILLIS = (500, 500, 1000, 2000, 3000, 6000)
_MEMORY_MIB = (1024, 2048, 8192, 16384)
_CLAIMS: tuple[tuple[str, ...], ...] = (
    *((),) * 3,
    *((ZONAL,),) * 3,
    (ZONAL, ZONAL),
    (LOCAL,),
    (_PARTLY_ZONAL,),
)
_BOUND_SHARE = 0.25
"""Of the workloads with one zonal claim per pod: their volumes exist already."""
_ATTEMPTS = 50


@dataclass(slots=True, kw_only=True)
class _Pod:
    name: str
    labels: Raw
    spec: Raw
    cpu_millis: int
    memory_mib: int
    claims: dict[str, str]
    """Claim name to storage class."""
    bound: bool
    host: Host | None = None


def rich(*, nodes: int, workloads: int, slack: float, seed: int) -> Instance:
    """Raises RuntimeError when chance finds no hidden placement: a little less work per node helps."""
    for attempt in range(_ATTEMPTS):
        rng = random.Random(f"{seed}/{attempt}")
        every = _hosts(rng, nodes)
        pods = [pod for number in range(workloads) for pod in _workload(rng, number)]
        order = _placed(rng, every, pods)
        if order is not None:
            return Instance(objects=_cut(rng, every, pods, slack), hidden=order)
    raise RuntimeError(f"no hidden placement in {_ATTEMPTS} attempts")


def _hosts(rng: random.Random, nodes: int) -> list[Host]:
    every = hosts(nodes=nodes, zones=_ZONES, racks=_RACKS)
    for index, host in enumerate(every):
        host.labels["disk"] = rng.choice(("ssd", "hdd"))
        host.taints = (objects.taint("dedicated", "db"),) if index % 7 == 3 else ()
    return every


def _workload(rng: random.Random, number: int) -> Iterator[_Pod]:
    name = f"w{number:04}"
    replicas, cpu, memory = rng.choice(_REPLICAS), rng.choice(_CPU_MILLIS), rng.choice(_MEMORY_MIB)
    labels = {"app": name}
    classes = rng.choice(_CLAIMS)
    spec = objects.pod_spec(
        cpu_millis=cpu,
        memory_mib=memory,
        topologySpreadConstraints=_spreads(rng, labels, replicas, everywhere=_PARTLY_ZONAL not in classes),
        affinity=_affinity(rng, labels, replicas, number),
        tolerations=[objects.tolerates("dedicated")] if rng.random() < 0.25 else [],
    )
    bound = classes == (ZONAL,) and rng.random() < _BOUND_SHARE
    for ordinal in range(replicas):
        pod = f"{name}-{ordinal}"
        claims = {f"data{i}-{pod}": storage_class for i, storage_class in enumerate(classes)}
        yield _Pod(
            name=pod, labels=labels, spec=spec, cpu_millis=cpu, memory_mib=memory, claims=claims, bound=bound
        )


def _spreads(rng: random.Random, labels: Raw, replicas: int, *, everywhere: bool) -> list[Raw]:
    """Hard ones only for pods whose volumes reach ``everywhere``: the others could not be even."""
    made: list[Raw] = []
    kind = rng.random()
    if everywhere and kind < 0.5:
        made.append(objects.spread(labels, max_skew=rng.choice((1, 1, 2))))
        if replicas >= _ZONES and rng.random() < 0.15:
            made[0]["minDomains"] = _ZONES
    elif everywhere and kind < 0.75:
        made.append(objects.spread(labels, key=RACK))
    if rng.random() < 0.2:
        made.append(objects.spread(labels, key=HOSTNAME, whenUnsatisfiable="ScheduleAnyway"))
    return made


def _affinity(rng: random.Random, labels: Raw, replicas: int, number: int) -> Raw:
    made: Raw = {}
    kind = rng.random()
    if kind < 0.35:
        made |= objects.apart(labels)
    elif kind < 0.5 and replicas < _ZONES * _RACKS:
        made |= objects.apart(labels, key=RACK)
    elif kind < 0.8 and number:
        made |= objects.apart({"app": f"w{number - 1:04}"})
    kind = rng.random()
    if kind < 0.12:
        made |= objects.on_nodes_with("disk", "ssd")
    elif kind < 0.3:
        made |= objects.prefers_nodes_with("disk", "ssd", weight=50)
    return made


def _placed(rng: random.Random, every: list[Host], pods: list[_Pod]) -> dict[str, str] | None:
    """Every pod on a node that kube-scheduler accepts, drawn by chance; None where it accepts none."""
    host_by_name = {NodeName(host.name): host for host in every}
    items = [*_storage(), *(item for host in every for item in _roomy(host))]
    items += [item for pod in pods for item in _pending(pod)]
    text = b"".join(Instance(objects=items).lines())
    snapshot = read_snapshot([Document("roomy cluster", text)])
    state = ClusterState.of(snapshot)
    order: dict[str, str] = {}
    for pod, stored in zip(pods, snapshot.pending, strict=True):
        anywhere = rng.sample(list(host_by_name), len(host_by_name))
        node = next((name for name in anywhere if check(stored, name, state) is None), None)
        if node is None:
            return None
        state.add(stored, node)
        order[stored.key] = node
        pod.host = host_by_name[node]
        _take(pod, pod.host)
    return order


def _take(pod: _Pod, host: Host) -> None:
    host.take(cpu_millis=pod.cpu_millis, memory_mib=pod.memory_mib)
    disks = list(pod.claims.values()).count(LOCAL)
    host.disks += disks
    host.attached += len(pod.claims) - disks


def _cut(rng: random.Random, every: list[Host], pods: list[_Pod], slack: float) -> list[Raw]:
    """The cluster with just the room that the hidden placement needs, and slack."""
    items = _storage()
    for host in every:
        surplus = rng.choice((0, 1, 1, 2))
        items.append(host.node(slack, pods=max(1, host.used["pods"] + surplus)))
        items.append(objects.csi_node(name=host.name, attachable=max(1, host.attached)))
        items += host.local_volumes()
    for pod in pods:
        items += _pending(pod)
    return items


def _storage() -> list[Raw]:
    """Classes, driver, and what each zone could still provision."""
    partly = [f"zone-{number:02}" for number in range(2)]
    items = objects.base(storage_capacity=True)
    items.append(objects.storage_class(name=_PARTLY_ZONAL, provisioner=objects.DRIVER, zones=partly))
    for storage_class in (ZONAL, _PARTLY_ZONAL):
        for number in range(_ZONES):
            items.append(objects.capacity(storage_class=storage_class, zone=f"zone-{number:02}"))
    return items


def _roomy(host: Host) -> list[Raw]:
    room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    node = objects.node(name=host.name, labels=host.all_labels, allocatable=room, taints=host.taints)
    disks = [objects.local_volume(name=f"disk-{host.name}-{i}", node=host.name) for i in range(_DISKS)]
    return [node, objects.csi_node(name=host.name, attachable=50), *disks]


def _pending(pod: _Pod) -> Iterator[Raw]:
    """The pod and its claims; bound ones only once the hidden placement has said where."""
    for name, storage_class in pod.claims.items():
        if pod.bound and pod.host is not None:
            yield from objects.bound(claim=name, zone=pod.host.zone)
        else:
            yield objects.claim(name=name, storage_class=storage_class)
    yield objects.pod(name=pod.name, labels=pod.labels, spec=pod.spec, claims=list(pod.claims))
