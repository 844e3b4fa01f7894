"""A large cluster with nothing on it and a few workloads to place: room is plenty, rules are not.

Every workload spreads over zones with maxSkew 1 and keeps its replicas on different nodes; no volumes.
"""

from __future__ import annotations

from benchmarks import objects
from benchmarks.case import Instance
from benchmarks.generators.hosts import hosts
from benchmarks.generators.workload import Workload, instance, labels_of

_CPU_MILLIS, _MEMORY_MIB = 500, 1024


def empty(*, nodes: int, zones: int, workloads: int, replicas: int, seed: int) -> Instance:
    """All workloads are alike, so the ``seed`` only says on which node the hidden placement begins.

    Raises ValueError when a workload has more replicas than there are nodes.
    """
    every = hosts(nodes=nodes, zones=zones)
    if replicas > nodes:
        raise ValueError(f"{replicas} replicas on different nodes do not fit {nodes} nodes")
    made = []
    for number in range(workloads):
        first = seed + number * replicas  # neighbours in the list of nodes stand in different zones
        labels = labels_of(f"w{number:04}")
        spec = objects.pod_spec(
            cpu_millis=_CPU_MILLIS,
            memory_mib=_MEMORY_MIB,
            topologySpreadConstraints=[objects.spread(labels)],
            affinity=objects.apart(labels),
        )
        homes = [every[(first + turn) % nodes] for turn in range(replicas)]
        made.append(Workload(name=f"w{number:04}", spec=spec, homes=homes))
    room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    return instance((objects.node(name=h.name, labels=h.all_labels, allocatable=room) for h in every), made)
