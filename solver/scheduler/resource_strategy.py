"""How full a node would be, as a score: the strategies of NodeResourcesFit (R16, R20, R21).

Which amounts go in is said by the plugins; here is only the arithmetic, over arrays of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from solver.model.pod import Pod
from solver.model.profile import Strategy, StrategyType
from solver.scheduler.columns import IntArray
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.state import ClusterState
from solver.scheduler.sums import sums

CPU = "cpu"
MEMORY = "memory"
_PLAIN = frozenset({CPU, MEMORY, "ephemeral-storage"})
_CUSTOM_SCALE = MAX_NODE_SCORE // 10
"""Shapes state scores from 0 to 10."""


class Filling(NamedTuple):
    """One resource on the nodes asked about, with the pod already on them."""

    weight: int
    used: IntArray
    capacity: IntArray
    """0: the node is not judged by this resource."""


def capacity(resource: str, pod: Pod, state: ClusterState, nodes: IntArray) -> IntArray:
    """R22: a resource of devices or huge pages says nothing about a pod that does not ask for it."""
    if resource not in _PLAIN and not pod.requests.get(resource):
        return np.zeros(len(nodes), dtype=np.int64)
    return state.columns.allocatable(resource)[nodes]


def scored_use(resource: str, pod: Pod, state: ClusterState, nodes: IntArray) -> IntArray:
    """R15: cpu and memory that nobody stated count too."""
    taken = sums(state)
    if resource == CPU:
        return taken.score_cpu_millis()[nodes] + pod.incoming_score_cpu_millis
    if resource == MEMORY:
        return taken.score_memory_bytes()[nodes] + pod.incoming_score_memory_bytes
    return real_use(resource, pod, state, nodes)


def real_use(resource: str, pod: Pod, state: ClusterState, nodes: IntArray) -> IntArray:
    return sums(state).requested(resource)[nodes] + pod.requests.get(resource, 0)


def strategy_scores(strategy: Strategy, fillings: Sequence[Filling], size: int) -> Scores:
    """[size], 0 for a node that none of the resources judges."""
    if strategy.type is StrategyType.RATIO:
        return _ratio(strategy.shape, fillings, size)
    one = _free_share if strategy.type is StrategyType.LEAST else _used_share
    total, weights = _weighted(fillings, size, one)
    mean: Scores = (total // np.maximum(weights, 1)).astype(np.int64)
    return mean


def _free_share(used: IntArray, capacity: IntArray) -> IntArray:
    shares: IntArray = np.maximum(capacity - used, 0) * MAX_NODE_SCORE // np.maximum(capacity, 1)
    return shares


def _used_share(used: IntArray, capacity: IntArray) -> IntArray:
    return np.minimum(used, capacity) * MAX_NODE_SCORE // np.maximum(capacity, 1)


def _ratio(shape: Sequence[tuple[int, int]], fillings: Sequence[Filling], size: int) -> Scores:
    """R21: the shape read at the percentage in use; resources that score 0 are left out of the mean."""
    table = np.array([_read_off(shape, percent) for percent in range(MAX_NODE_SCORE + 1)], dtype=np.int64)

    def one(used: IntArray, capacity: IntArray) -> IntArray:
        percent = used * MAX_NODE_SCORE // np.maximum(capacity, 1)
        return table[np.minimum(percent, MAX_NODE_SCORE).astype(np.int64)]

    total, weights = _weighted(fillings, size, one, without_zeros=True)
    rounded = (2 * total + weights) // np.maximum(2 * weights, 1)
    return rounded.astype(np.int64)


def _read_off(shape: Sequence[tuple[int, int]], percent: int) -> int:
    """Straight lines between the points, in whole numbers that are cut off and not rounded."""
    points = [(at, score * _CUSTOM_SCALE) for at, score in shape]
    for (left, low), (right, high) in zip([points[0], *points], points, strict=False):
        if percent <= right:
            if left == right:
                return high
            rise = (high - low) * (percent - left)
            return low + (abs(rise) // (right - left)) * (1 if rise >= 0 else -1)
    return points[-1][1]


def _weighted(
    fillings: Sequence[Filling],
    size: int,
    one: Callable[[IntArray, IntArray], IntArray],
    *,
    without_zeros: bool = False,
) -> tuple[IntArray, IntArray]:
    """Sum of scores times weights, and of the weights that count."""
    total = weights = np.zeros(size, dtype=np.int64)
    for weight, used, capacity in fillings:
        scores = np.where(capacity != 0, one(used, capacity), 0)
        counts = scores > 0 if without_zeros else capacity != 0
        total = total + weight * scores
        weights = weights + weight * counts
    return total, weights
