"""Many claims per pod: up to six each, local, bound and waiting ones mixed, against attach limits.

Workloads spread over zones with maxSkew 1 and keep replicas on different nodes. Planted: disks and attach
limits are just what the hidden placement uses, capacities have some slack.
"""

from __future__ import annotations

import random

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.hosts import Host, by_zone, homes, hosts
from benchmarks.generators.workload import Storage, Workload, instance, labels_of, settle

_ZONES = 3
_REPLICAS = (1, 3, 3, 5, 6)
_CPU_MILLIS = (500, 1000, 2000)
_MEMORY_MIB = (1024, 4096, 8192)
_MOST_CLAIMS = 6
_KINDS = (Storage.LOCAL, Storage.BOUND, Storage.DELAYED, Storage.DELAYED)
_FULL_CPU_MILLIS, _FULL_ATTACHED = 8000, 12
"""Hidden pods fill a node up to here, while there are others."""


def claims(*, nodes: int, workloads: int, slack: float, seed: int) -> Instance:
    """``workloads`` of one to six replicas with up to six claims a pod."""
    rng = random.Random(seed)
    every = hosts(nodes=nodes, zones=_ZONES)
    made = [_workload(rng, f"w{number:04}", every) for number in range(workloads)]
    cluster: list[Raw] = []
    for host in every:
        attachable = objects.csi_node(name=host.name, attachable=max(1, host.attached))
        cluster += [host.node(slack), attachable, *host.local_volumes()]
    return instance(cluster, made)


def _workload(rng: random.Random, name: str, every: list[Host]) -> Workload:
    cpu, memory = rng.choice(_CPU_MILLIS), rng.choice(_MEMORY_MIB)
    storage = rng.choices(_KINDS, k=rng.randint(1, _MOST_CLAIMS))
    network = len(storage) - storage.count(Storage.LOCAL)
    labels = labels_of(name)
    workload = Workload(
        name=name,
        spec=objects.pod_spec(
            cpu_millis=cpu,
            memory_mib=memory,
            topologySpreadConstraints=[objects.spread(labels)],
            affinity=objects.apart(labels),
        ),
        storage=storage,
        homes=homes(
            rng,
            by_zone(every),
            rng.choice(_REPLICAS),
            lambda host: (
                host.used["cpu"] + cpu <= _FULL_CPU_MILLIS and host.attached + network <= _FULL_ATTACHED
            ),
        ),
    )
    settle(workload, cpu_millis=cpu, memory_mib=memory)
    return workload
