"""Needs and room as shares of a mean node, over everything a cluster may run out of.

That is every resource but the pod count, and every attach limit with little to spare: what is plentiful would
only blur the picture of what is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.compile.problem import UNLIMITED, IntArray, Problem
from solver.engine.state import State

FloatArray = NDArray[np.float64]

_SCARCE = 0.9
"""The part of an attach limit, over all nodes, that has to be asked for."""


class Shares:
    """K kinds of things; there must be a node."""

    def __init__(self, problem: Problem) -> None:
        pods = np.array([c.count for c in problem.classes], dtype=np.int64)
        self._scarce = [
            number
            for number, limit in enumerate(problem.volume_limits)
            if int(pods @ limit.added) > _SCARCE * int(_limited(limit.free).sum())
        ]
        attached = [problem.volume_limits[number] for number in self._scarce]
        free = np.column_stack([problem.free[:, 1:], *(_limited(limit.free) for limit in attached)])
        self._unit = np.maximum(free.mean(axis=0), 1)
        request = np.column_stack([problem.request[:, 1:], *(limit.added for limit in attached)])
        self.request: FloatArray = np.asarray(request / self._unit)
        """[C, K]"""

    def room(self, state: State, nodes: IntArray) -> FloatArray:
        """[len(nodes), K]"""
        attached = [_limited(state.attached.left[number][nodes]) for number in self._scarce]
        return np.asarray(np.column_stack([state.free[nodes, 1:], *attached]) / self._unit)


def _limited(free: IntArray) -> IntArray:
    """Where there is no limit there is nothing to run out of, and no more than nothing to gain."""
    return np.asarray(np.where(free > UNLIMITED // 2, 0, free))
