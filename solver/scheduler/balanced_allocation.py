"""NodeResourcesBalancedAllocation: prefer nodes whose cpu and memory would be used in equal shares (R17)."""

from __future__ import annotations

import numpy as np

from solver.model.pod import Pod
from solver.scheduler.columns import IntArray
from solver.scheduler.node_resources_fit import CPU, MEMORY
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.state import ClusterState
from solver.scheduler.sums import sums


class BalancedAllocation:
    name = "NodeResourcesBalancedAllocation"

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | None:
        """Skipped for pods that request neither cpu nor memory."""
        if not pod.requests.get(CPU) and not pod.requests.get(MEMORY):
            return None
        fractions = []
        stated = np.ones(len(nodes), dtype=np.bool_)
        for resource in (CPU, MEMORY):
            capacity = state.columns.allocatable(resource)[nodes]
            used = sums(state).requested(resource)[nodes] + pod.requests.get(resource, 0)
            fractions.append(np.minimum(1.0, used / np.where(capacity == 0, 1, capacity)))
            stated &= capacity != 0
        deviation = np.where(stated, abs((fractions[0] - fractions[1]) / 2), 0.0)
        return ((1 - deviation) * MAX_NODE_SCORE).astype(np.int64)
