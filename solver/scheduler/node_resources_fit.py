"""NodeResourcesFit: does the pod's request fit (R8-R14), and how empty would the node stay (R15, R16).

Effective requests (R2-R7) are computed where pods are read; here they are integers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.model.pod import Pod
from solver.model.profile import Profile
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.plugin import PreFilterResult, Scores
from solver.scheduler.resource_strategy import (
    CPU,
    MEMORY,
    Filling,
    capacity,
    scored_use,
    strategy_scores,
)
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status
from solver.scheduler.sums import sums

TOO_MANY_PODS = "Too many pods"

_REPORTED_FIRST = {CPU: 0, MEMORY: 1, "ephemeral-storage": 2}


def insufficient_reason(resource: str) -> str:
    return f"Insufficient {resource}"


class NodeResourcesFit:
    name = "NodeResourcesFit"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        requests = _filtered_requests(pod, state.profile_of(pod))

        def fits(node: NodeState) -> Status | None:
            allocatable = node.node.allocatable
            reasons: list[str] = []
            code = Code.UNSCHEDULABLE
            if len(node.pods) + 1 > allocatable.get("pods", 0):  # R8
                reasons.append(TOO_MANY_PODS)
            for resource, amount in requests:
                capacity = allocatable.get(resource, 0)  # R12
                if amount > capacity - node.requested.get(resource, 0):  # R10
                    reasons.append(insufficient_reason(resource))
                    if amount > capacity:  # R11
                        code = Code.UNRESOLVABLE
            return Status(plugin=self.name, code=code, reasons=tuple(reasons)) if reasons else None

        def refusals() -> Iterator[tuple[Status, BoolArray]]:
            """Nodes that lack the same are told the same."""
            taken, columns = sums(state), state.columns
            lacks = [taken.pods() + 1 > columns.allocatable("pods")]
            for resource, amount in requests:
                lacks.append(amount > columns.allocatable(resource) - taken.requested(resource))
                lacks.append(amount > columns.allocatable(resource))
            looks = sum(lack.astype(np.int64) << bit for bit, lack in enumerate(lacks))
            for look in np.unique(looks):
                alike = looks == look
                status = fits(state.nodes[alike.argmax()])
                if status is not None:
                    yield status, alike

        return PreFilterResult(filter=fits, refusals=refusals)

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores:
        """R15, R16 by default, or as the profile says."""
        strategy = state.profile_of(pod).strategy
        fillings = [
            Filling(weight, scored_use(name, pod, state, nodes), capacity(name, pod, state, nodes))
            for name, weight in strategy.resources
        ]
        return strategy_scores(strategy, fillings, len(nodes))


def _filtered_requests(pod: Pod, profile: Profile) -> list[tuple[str, int]]:
    """Non-zero requests (R13) in the order they are reported, without those R14 ignores."""
    requests = [
        (resource, amount)
        for resource, amount in pod.requests.items()
        if amount > 0 and not profile.ignores(resource)
    ]
    return sorted(requests, key=lambda item: (_REPORTED_FIRST.get(item[0], 3), item[0]))
