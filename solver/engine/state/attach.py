"""Attach limits (V10-V15)."""

from __future__ import annotations

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.state.users import by_user


class Attached:
    """``counts`` [C, N] is the state's own, read when asked."""

    def __init__(self, problem: Problem, counts: IntArray) -> None:
        self._limits = problem.volume_limits
        self._shared = by_user(problem.shared_volumes)
        self._counts = counts
        self.left = [np.maximum(limit.free, 0) for limit in problem.volume_limits]
        """Per limit [N]."""
        self._bringing = [np.flatnonzero([v.added[i] for v in self._limits]) for i in range(len(counts))]

    def concerns(self, index: int) -> bool:
        return bool(self._bringing[index].size) or index in self._shared

    def allows(self, index: int, at: IntArray) -> BoolArray:
        """[K]"""
        mask = np.ones(len(at), dtype=np.bool_)
        for number, new in self._new(index, at).items():
            mask &= (new == 0) | (self.left[number][at] >= new)
        return mask

    def count(self, index: int, node: int, step: int) -> None:
        """After ``counts`` has changed."""
        for number in self._bringing[index]:
            self.left[number][node] -= step * self._limits[number].added[index]
        for volume in self._shared.get(index, ()):
            users = int(self._counts[list(volume.users), node].sum())
            if (users, step) in ((1, 1), (0, -1)):  # the first to come, the last to go (V12)
                self.left[volume.limit][node] -= step * volume.added[node]

    def _new(self, index: int, at: IntArray) -> dict[int, IntArray]:
        """Limit to [K], the volumes one more pod of the class would add (V12)."""
        found: dict[int, IntArray] = {
            int(n): np.full(len(at), self._limits[n].added[index], dtype=np.int64)
            for n in self._bringing[index]
        }
        for volume in self._shared.get(index, ()):
            used = self._counts[list(volume.users)][:, at].any(axis=0)
            found[volume.limit] = found.get(volume.limit, 0) + np.where(used, 0, volume.added[at])
        return found
