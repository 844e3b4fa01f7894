"""NodeResourcesBalancedAllocation: prefer nodes whose cpu and memory would be used in equal shares (R17)."""

from __future__ import annotations

from collections.abc import Sequence

from solver.model.pod import Pod
from solver.scheduler.node_resources_fit import CPU, MEMORY
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.state import ClusterState, NodeState


class BalancedAllocation:
    name = "NodeResourcesBalancedAllocation"

    def scores(self, pod: Pod, _state: ClusterState, nodes: Sequence[NodeState]) -> Scores | None:
        """Skipped for pods that request neither cpu nor memory."""
        if not pod.requests.get(CPU) and not pod.requests.get(MEMORY):
            return None
        return [_balance(pod, node) for node in nodes]


def _balance(pod: Pod, node: NodeState) -> int:
    fractions = [
        min(1.0, (node.requested.get(resource, 0) + pod.requests.get(resource, 0)) / capacity)
        for resource in (CPU, MEMORY)
        if (capacity := node.node.allocatable.get(resource, 0))
    ]
    deviation = abs((fractions[0] - fractions[1]) / 2) if len(fractions) == 2 else 0.0
    return int((1 - deviation) * MAX_NODE_SCORE)
