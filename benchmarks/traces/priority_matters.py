"""The shapes of "Priority Matters" (Christensen, Giallorenzo, Mauro 2025, arXiv 2511.08373), and its files.

Equal nodes with nothing but CPU and memory; replica sets of one to four pods, each with a priority; node
capacities cut so that all requests together come to the utilisation asked for. Ranges of requests and of
replicas are those seen in the published runs. A published run says besides where kube-scheduler put each pod.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.workload import labels_of

_CPU_MILLIS = (100, 1000)
_MEMORY_BYTES = (100_000_000, 1_000_000_000)
_MOST_REPLICAS = 4


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Shape:
    nodes: int
    pods_per_node: int
    priorities: int
    utilisation_percent: int


SHAPES = tuple(
    Shape(nodes=nodes, pods_per_node=pods, priorities=priorities, utilisation_percent=percent)
    for nodes, pods, priorities, percent in product((4, 8, 16, 32), (4, 8), (1, 2, 4), (90, 95, 100, 105))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pod:
    name: str
    cpu_millis: int
    memory_bytes: int
    priority: int


def priority_matters(
    *, nodes: int, pods_per_node: int, priorities: int, utilisation_percent: int, spare: int = 0, seed: int
) -> Instance:
    """``spare`` nodes are added after capacities are cut."""
    pods = _drawn(random.Random(seed), nodes * pods_per_node, priorities)
    parts = nodes * utilisation_percent / 100
    cpu = math.ceil(sum(pod.cpu_millis for pod in pods) / parts)
    memory = math.ceil(sum(pod.memory_bytes for pod in pods) / parts)
    return _instance(((f"node-{n:02}", cpu, memory) for n in range(nodes + spare)), pods)


def _drawn(rng: random.Random, count: int, priorities: int) -> list[_Pod]:
    pods: list[_Pod] = []
    number = 0
    while len(pods) < count:
        number += 1
        replicas = min(rng.randint(1, _MOST_REPLICAS), count - len(pods))
        cpu, memory = rng.randint(*_CPU_MILLIS), rng.randint(*_MEMORY_BYTES)
        priority = rng.randint(1, priorities)
        for replica in range(replicas):
            name = f"rs-{number:03}-p{priority}-{replica}"
            pods.append(_Pod(name=name, cpu_millis=cpu, memory_bytes=memory, priority=priority))
    return pods


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published run."""

    instance: Instance
    placed: Mapping[str, str]
    """``namespace/name`` of a pod to the node kube-scheduler chose; the others it left out."""


def published(path: Path) -> Published:
    run = json.loads(path.read_text(encoding="utf-8"))
    pods = [
        _Pod(name=p["name"], cpu_millis=p["cpu_m"], memory_bytes=p["mem_b"], priority=p["priority"])
        for p in run["pods"]
    ]
    nodes = ((n["name"], n["cap_cpu_m"], n["cap_mem_bytes"]) for n in run["nodes"])
    return Published(
        instance=_instance(nodes, pods),
        placed={objects.key_of(p["name"]): p["node"] for p in run["pods"] if p["node"]},
    )


def _instance(nodes: Iterable[tuple[str, int, int]], pods: Sequence[_Pod]) -> Instance:
    """Nodes are (name, millicores, bytes)."""
    rooms = [
        objects.node(
            name=name, labels={}, allocatable={"cpu": f"{cpu}m", "memory": str(memory), "pods": "110"}
        )
        for name, cpu, memory in nodes
    ]
    return Instance(objects=[*objects.base(), *rooms, *(_raw(pod) for pod in pods)])


def _raw(pod: _Pod) -> Raw:
    spec = objects.pod_spec(
        cpu_millis=pod.cpu_millis,
        memory_mib=0,
        more={"memory": str(pod.memory_bytes)},  # the shapes count in bytes
        priority=pod.priority,
    )
    return objects.pod(name=pod.name, labels=labels_of(pod.name.rsplit("-", 1)[0]), spec=spec)
