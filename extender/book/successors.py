"""Pods that come back: whoever leaves a StatefulSet's ordinal, another pod of the same name follows.

Between the two the room is empty for a moment, and kube-scheduler may see that before we do.
"""

from __future__ import annotations

from collections.abc import Iterable

from extender.book.ledger import has_room
from solver.model.names import NodeName
from solver.model.pod import Pod
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


def _returns(pod: Pod) -> bool:
    return pod.workload is not None and pod.workload.kind == "StatefulSet"
