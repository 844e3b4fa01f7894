"""Would a workload keep its quorum if a whole domain were lost? For the opt-in metric of A16.

A StatefulSet's replicas are counted as they run now; a majority of those it should have has to be left. What
a failure does to data is not judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from solver.model.names import NodeName
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot

STATEFUL_SET = "StatefulSet"


def quorum_kept(snapshot: Snapshot, topology_keys: Iterable[str]) -> dict[tuple[str, str], bool]:
    """By workload and domain: is a majority left when every node of the domain is gone?"""
    wanted: Counter[WorkloadKey] = Counter()
    running: dict[WorkloadKey, list[NodeName]] = defaultdict(list)
    for pod in snapshot.pods:
        if pod.workload is None or pod.workload.kind != STATEFUL_SET or pod.is_terminal:
            continue
        wanted[pod.workload] += 1
        if pod.node_name and pod.node_name in snapshot.node_by_name and not pod.terminating:
            running[pod.workload].append(pod.node_name)
    return {
        (str(workload), domain): len(homes) - lost > wanted[workload] // 2
        for key in topology_keys
        for workload, homes in running.items()
        for domain, lost in _by_domain(snapshot, key, homes).items()
    }


def _by_domain(snapshot: Snapshot, key: str, homes: Iterable[NodeName]) -> Counter[str]:
    nodes = snapshot.node_by_name
    labels = (nodes[name].labels.get(key) for name in homes)
    return Counter(domain for domain in labels if domain is not None)
