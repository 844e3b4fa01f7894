"""Claims that several pods use (V8, V36, V44), and the static volumes a class wants."""

from __future__ import annotations

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.state.users import by_user


class Claimed:
    """``counts`` [C, N] and ``placed`` [C] are the state's own, read when asked."""

    def __init__(self, problem: Problem, counts: IntArray, placed: IntArray) -> None:
        self._counts = counts
        self._placed = placed
        self._shared = by_user(problem.shared_claims)
        self._own: list[dict[int, int]] = [{} for _ in problem.classes]
        for number, kind in enumerate(problem.claim_kinds):
            for index in np.flatnonzero(kind.per_pod):
                self._own[index][number] = int(kind.per_pod[index])

    def concerns(self, index: int) -> bool:
        return index in self._shared

    def allows(self, index: int, at: IntArray) -> BoolArray:
        """[K]"""
        mask = np.ones(len(at), dtype=np.bool_)
        for claim in self._shared[index]:
            users = list(claim.users)
            if claim.one_pod and self._placed[users].any():
                mask[:] = False
            elif claim.one_node and self._placed[users].any():
                mask &= self._counts[users][:, at].any(axis=0)
        return mask

    def wanted(self, index: int) -> dict[int, int]:
        """Claim kind to the static volumes one more pod of the class needs; a shared claim takes its volume
        with its first user."""
        found = self._own[index]
        for claim in self._shared.get(index, ()):
            if claim.claim_kind is not None and not self._placed[list(claim.users)].any():
                found = {**found, claim.claim_kind: found.get(claim.claim_kind, 0) + 1}
        return found
