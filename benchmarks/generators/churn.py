"""What could happen next in a steady cluster, as watch events: pods end, others come, workloads arrive."""

from __future__ import annotations

import random
from collections.abc import Iterable

from benchmarks import objects
from benchmarks.case import Raw
from benchmarks.generators.hosts import Host
from benchmarks.generators.steady import CPU_MILLIS, MEMORY_MIB, owned
from benchmarks.generators.workload import Storage, Workload, labels_of

_ARRIVING = 9
"""Replicas of a StatefulSet that arrives."""


def churn(items: Iterable[Raw], *, events: int, arrivals: int, seed: int) -> list[Raw]:
    """Watch events (``type``, ``object``) that could follow on the objects, in an order that could be.

    Running pods without an owner end; their successors come to the nodes they left, under a new name. After
    every ``arrivals`` such events a StatefulSet of nine arrives, with its claims.
    """
    rng = random.Random(seed)
    present = [i for i in items if i["kind"] == "Pod" and "nodeName" in i["spec"]]
    present = [pod for pod in present if "ownerReferences" not in pod["metadata"]]
    rng.shuffle(present)
    left: list[Raw] = []
    made: list[Raw] = []
    number = 0
    while len(made) < events:
        number += 1
        if number % arrivals == 0:
            made += _arrival(rng, f"new{number:06}")
        elif left and (not present or rng.random() < 0.5):
            pod = _successor(left.pop(rng.randrange(len(left))), number)
            present.append(pod)
            made.append({"type": "ADDED", "object": pod})
        else:
            left.append(present.pop(rng.randrange(len(present))))
            made.append({"type": "DELETED", "object": left[-1]})
    return made[:events]


def _successor(pod: Raw, number: int) -> Raw:
    name = f"{pod['metadata']['labels']['app']}-again-{number}"
    return {**pod, "metadata": {**pod["metadata"], "name": name, "uid": f"uid-{name}"}}


def _arrival(rng: random.Random, name: str) -> list[Raw]:
    """Nine replicas with waiting zonal claims."""
    nowhere = [Host(name="", zone="")] * _ARRIVING
    labels = labels_of(name)
    spec = objects.pod_spec(
        cpu_millis=rng.choice(CPU_MILLIS),
        memory_mib=rng.choice(MEMORY_MIB),
        topologySpreadConstraints=[objects.spread(labels)],
        affinity=objects.apart(labels),
    )
    workload = Workload(name=name, spec=spec, homes=nowhere, storage=(Storage.DELAYED,))
    return [{"type": "ADDED", "object": item} for item in owned(workload, running=False)]
