"""Where a run of the default scheduler went wrong: what closed the nodes a stranded pod could have had."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from solver.model.names import NodeName
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.planning.compare.answer import Attempt, Closing, NodeAnswer, Shortfall, WentWrong
from solver.scheduler.framework import PodVerdict, explain, verdict
from solver.scheduler.node_resources_fit import TOO_MANY_PODS, insufficient_reason
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Status


def went_wrong(
    snapshot: Snapshot, attempt: Attempt, spent: Callable[[], bool] = lambda: False
) -> WentWrong | None:
    """Of the first stranded pod that exists (W14); None when none is stranded, and once time is ``spent``."""
    stranded = set(attempt.stranded)
    pods = [snapshot.pod_by_key[key] for key in attempt.stranded]
    pod = next((pod for pod in pods if pod.created_after not in stranded), None)
    if pod is None:
        return None
    state = ClusterState.of(snapshot)
    at_first = feasible = verdict(pod, state, scored=False).feasible
    closings: list[Closing] = []
    for step, assignment in enumerate(attempt.placed, start=1):
        if spent():
            return None
        state.add(snapshot.pod_by_key[assignment.pod], assignment.node)
        still = verdict(pod, state, scored=False).feasible
        closed = tuple(name for name in feasible if name not in set(still))
        if closed:
            closings.append(
                Closing(step=step, pod=assignment.pod, node=assignment.node, closed=closed, left=len(still))
            )
        feasible = still
    final = verdict(pod, state, scored=False)
    return WentWrong(
        pod=pod,
        open_at_first=at_first,
        closings=tuple(closings),
        answers=_answers(pod, final, state),
        refusal=explain(final),
    )


def _answers(pod: Pod, final: PodVerdict, state: ClusterState) -> tuple[NodeAnswer, ...]:
    """By name."""
    return tuple(_answer(pod, name, final.failed[name], state) for name in sorted(final.failed))


def _answer(pod: Pod, name: NodeName, status: Status, state: ClusterState) -> NodeAnswer:
    return NodeAnswer(
        node=name,
        plugin=status.plugin,
        reasons=status.reasons,
        short_of=tuple(_shortfalls(pod, name, status.reasons, state)),
    )


def _shortfalls(pod: Pod, name: NodeName, reasons: Sequence[str], state: ClusterState) -> list[Shortfall]:
    node = state.node(name)
    allocatable = node.node.allocatable
    found = [
        Shortfall(
            resource=resource,
            free=allocatable.get(resource, 0) - node.requested.get(resource, 0),
            wanted=amount,
        )
        for resource, amount in pod.requests.items()
        if insufficient_reason(resource) in reasons
    ]
    if TOO_MANY_PODS in reasons:
        free = allocatable.get("pods", 0) - len(node.pods)
        found.append(Shortfall(resource="pods", free=free, wanted=1))
    return found
