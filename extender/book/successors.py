"""Pods that come back: whoever leaves a StatefulSet's ordinal, another pod of the same name follows.

Between the two the room is empty for a moment, and kube-scheduler may see that before we do.
"""

from __future__ import annotations

from collections.abc import Iterable

from extender.book.ledger import has_room
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.scheduler.state import ClusterState


def awaited(pod: Pod, names: Iterable[NodeName], state: ClusterState) -> set[NodeName]:
    """Of these nodes those with room for the pod only where a replica runs, whoever else goes."""
    return {name for name in names if state.has_node(name) and _is_awaited(pod, name, state)}


def _is_awaited(pod: Pod, name: NodeName, state: ClusterState) -> bool:
    without_others, empty = state.fork(), state.fork()
    for other in list(state.node(name).pods.values()):
        empty.remove(other.key)
        if not _returns(other):
            without_others.remove(other.key)
    return has_room(pod, empty)(name) and not has_room(pod, without_others)(name)


def returning(snapshot: Snapshot) -> set[PodKey]:
    """Replicas without a node that had one before, as far as can be seen: a claim of their own is bound, or a
    replica of a higher ordinal runs (W14)."""
    highest: dict[WorkloadKey, int] = {}
    for pod in snapshot.running:
        if pod.workload is not None and _returns(pod):
            highest[pod.workload] = max(pod.ordinal or 0, highest.get(pod.workload, 0))
    return {
        pod.key
        for pod in snapshot.pending
        if pod.workload is not None
        and _returns(pod)
        and ((pod.ordinal or 0) < highest.get(pod.workload, 0) or _has_volume(pod, snapshot))
    }


def _has_volume(pod: Pod, snapshot: Snapshot) -> bool:
    claims = (snapshot.claim_by_key.get(use.claim) for use in pod.claims)
    return any(c is not None and c.is_bound and c.name.endswith(f"-{pod.name}") for c in claims)


def _returns(pod: Pod) -> bool:
    return pod.workload is not None and pod.workload.kind == "StatefulSet"
