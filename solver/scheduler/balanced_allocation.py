"""NodeResourcesBalancedAllocation: prefer nodes whose resources would be used in equal shares (R17)."""

from __future__ import annotations

import numpy as np

from solver.model.pod import Pod
from solver.scheduler.columns import IntArray
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.resource_strategy import capacity, real_use
from solver.scheduler.state import ClusterState

_PAIR = 2


class BalancedAllocation:
    name = "NodeResourcesBalancedAllocation"

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | None:
        """Skipped for pods that request none of the resources."""
        resources = state.profile_of(pod).balanced_resources
        if not any(pod.requests.get(resource) for resource in resources):
            return None
        rooms = [capacity(resource, pod, state, nodes) for resource in resources]
        shares = np.zeros((len(resources), len(nodes)))
        for row, resource, room in zip(shares, resources, rooms, strict=True):
            used = real_use(resource, pod, state, nodes)
            row[:] = np.minimum(1.0, used / np.where(room == 0, 1, room))
        stated = np.array([room != 0 for room in rooms], dtype=np.bool_)
        return ((1 - _deviation(shares, stated)) * MAX_NODE_SCORE).astype(np.int64)


def _deviation(shares: np.ndarray, stated: np.ndarray) -> np.ndarray:
    """[N], over the resources that each node states: half the difference of two, the population standard
    deviation of more, summed up in the order of the resources as kube-scheduler does."""
    counts = stated.sum(axis=0)
    divisor = np.maximum(counts, 1)
    mean = np.where(stated, shares, 0.0).sum(axis=0) / divisor
    spread = np.where(stated, (shares - mean) ** 2, 0.0).sum(axis=0) / divisor
    found: np.ndarray = np.where(counts > _PAIR, np.sqrt(spread), 0.0)
    pairs = counts == _PAIR
    if pairs.any():
        first = stated.argmax(axis=0)
        last = len(stated) - 1 - stated[::-1].argmax(axis=0)
        at = np.arange(shares.shape[1])
        found = np.where(pairs, abs((shares[first, at] - shares[last, at]) / 2), found)
    return found
