"""Pods left over find a place by packing some nodes anew, a few at a time.

For a pod without a node, some nodes (``vicinity``) are emptied and packed again, together with every pod that
has no node. The number of pods placed never falls. A pod that does not find a place is tried again, with more
nodes from more domains.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget, Limits
from solver.engine.build import build
from solver.engine.construct import worth
from solver.engine.neighbourhood import Neighbourhood, Neighbourhoods
from solver.engine.search import Found, search
from solver.engine.shares import Shares
from solver.engine.state import State
from solver.engine.vicinity import Vicinity
from solver.model.progress import Phase, Progress
from solver.objectives import unplaced
from solver.variables import total


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is packed anew at once."""

    domains: int
    nodes: int
    """In each domain."""
    deterministic: float
    """Work limit of one search."""
    attempts: int
    """For each class with pods left over."""
    swap: bool = False
    """See ``Vicinity.pick``."""


QUICK = (
    Scale(domains=1, nodes=12, deterministic=0.1, attempts=2),
    Scale(domains=1, nodes=20, deterministic=0.1, attempts=2, swap=True),
    Scale(domains=2, nodes=10, deterministic=0.3, attempts=4, swap=True),
    Scale(domains=2, nodes=16, deterministic=0.2, attempts=4, swap=True),
)
"""Most of what can be found is found here, at a few hundredths of a second a time."""
_ROUND = (
    Scale(domains=2, nodes=10, deterministic=0.3, attempts=8, swap=True),
    Scale(domains=1, nodes=16, deterministic=0.3, attempts=4, swap=True),
    Scale(domains=3, nodes=8, deterministic=0.3, attempts=4, swap=True),
    Scale(domains=2, nodes=16, deterministic=0.5, attempts=2, swap=True),
    Scale(domains=3, nodes=16, deterministic=0.5, attempts=1, swap=True),
)
PATIENT = (*_ROUND * 8, Scale(domains=3, nodes=24, deterministic=1.0, attempts=6, swap=True))
"""Equally good packings come and go from round to round, so that the same scales find something new."""
_LARGEST_SUM = 2**21
"""Of the sizes of all pods; beside the weights of priorities it stays below 2**62."""


class Repair:
    """Places more pods in ``state``."""

    def __init__(self, problem: Problem, state: State, seed: int) -> None:
        self._problem = problem
        self._state = state
        self._seed = seed
        self._size = _sizes(problem)
        self._neighbourhoods = Neighbourhoods(problem, state)
        self._vicinity = Vicinity(problem, state, np.random.default_rng(seed))
        self._order = self._by_priority()

    @property
    def counts(self) -> IntArray:
        """[C, N], the placement as it is now."""
        return self._state.counts

    def run(self, scales: Iterable[Scale], budget: Budget, work: float = math.inf) -> None:
        """Until every pod that may be moved has a node, every scale was tried, the deterministic ``work`` is
        done, or time is up."""
        left = work
        for scale in scales:
            for index in self._left_over():
                for attempt in range(scale.attempts):
                    if not self._waiting(index):
                        break
                    if left <= 0 or budget.spent:
                        return
                    nodes = self._vicinity.pick(index, scale.domains, scale.nodes, swap=scale.swap)
                    here = self._neighbourhoods.open(nodes, index)
                    left -= self._pack(here, budget, scale.deterministic, larger_first=attempt % 2 == 0)
                    budget.watch(Progress(phase=Phase.SEARCH, placed=int(self._state.placed.sum())))

    def _by_priority(self) -> list[int]:
        """Classes that may find a place, the most important first."""
        classes = self._problem.classes
        may_find_place = self._neighbourhoods.movable & self._problem.limit.any(axis=1)
        return sorted(np.flatnonzero(may_find_place).tolist(), key=lambda i: (-classes[i].priority, i))

    def _left_over(self) -> Iterator[int]:
        """Classes by priority, those that wait when their turn comes."""
        return (index for index in self._order if self._waiting(index))

    def _waiting(self, index: int) -> bool:
        return bool(self._state.placed[index] < self._problem.classes[index].count)

    def _pack(
        self, here: Neighbourhood, budget: Budget, deterministic: float, *, larger_first: bool
    ) -> float:
        """Returns the work done.

        ``larger_first``: of equally many pods, rather the larger ones; what is left over then fits in more
        places. Without it anything as good will do, which keeps the placement moving.
        """
        size = self._size[here.classes] * larger_first
        self._seed += 1
        limits = budget.limits(deterministic, self._seed)
        found = _most_pods(here, size, limits)
        counts = here.counts if found.counts is None else found.counts
        better = _rank(here, size, counts) >= _rank(here, size, here.counts)
        self._neighbourhoods.close(here, counts if better else here.counts)
        return found.work


def _sizes(problem: Problem) -> IntArray:
    """[C], the largest share of a mean node, in steps of a twentieth; of very many pods none counts for more
    than their sum allows."""
    share = Shares(problem).request.max(axis=1, initial=0.0)
    return np.asarray(np.minimum(20 * share, min(100, _LARGEST_SUM // problem.pods_asked)), dtype=np.int64)


def _most_pods(here: Neighbourhood, size: IntArray, limits: Limits) -> Found:
    """[c, n], as many pods as possible by priority, then as much size as possible."""
    built = build(here.problem)
    counts = np.array([c.count for c in here.problem.classes], dtype=np.int64)
    outweigh = 1 + int(size @ counts)
    rewards = unplaced.reward(here.problem, built.variables)
    built.model.maximize(
        total(
            (outweigh * weight + int(own), placed)
            for (weight, placed), own in zip(rewards, size, strict=True)
        )
    )
    built.variables.hint(here.counts)
    return search(built.model, built.variables, here.problem, limits)


def _rank(here: Neighbourhood, size: IntArray, counts: IntArray) -> tuple[tuple[int, ...], int]:
    placed = counts.sum(axis=1)
    return worth(here.problem, placed), int(size @ placed)
