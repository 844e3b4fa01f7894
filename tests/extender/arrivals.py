"""A day at the scheduler: pods come up one by one, kube-scheduler's filters and then the extender are asked.

One of the nodes left is picked. Pods that find none come again as long as anything moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler import ClusterState, check

Pick = Callable[[Sequence[NodeName]], NodeName]
Ask = Callable[[Pod, Sequence[NodeName]], Sequence[NodeName]]
"""The nodes the extender keeps of those that passed the filters."""


def everything(_pod: Pod, nodes: Sequence[NodeName]) -> Sequence[NodeName]:
    """No extender."""
    return nodes


def arrive(snapshot: Snapshot, pods: Sequence[Pod], ask: Ask, pick: Pick) -> Placement:
    """Where the pods end up, in the order they were placed."""
    state = ClusterState.of(snapshot)
    waiting = list(pods)
    seated: list[Assignment] = []
    moved = True
    while moved:
        moved = False
        for pod in tuple(waiting):
            passing = [node.name for node in snapshot.nodes if check(pod, node.name, state) is None]
            kept = ask(pod, passing) if passing else ()  # not asked about no node at all
            assert set(kept) <= set(passing)
            if kept:
                node = pick(kept)
                state.add(pod, node)
                seated.append(Assignment(pod=pod.key, node=node))
                waiting.remove(pod)
                moved = True
    return Placement(assignments=tuple(seated))


def stranded(snapshot: Snapshot, plan: Placement, pods: Sequence[Pod], ask: Ask, pick: Pick) -> set[PodKey]:
    """Pods of the plan that end up nowhere."""
    return plan.node_of.keys() - arrive(snapshot, pods, ask, pick).node_of.keys()
