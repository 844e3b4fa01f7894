"""A first placement without search: whole workloads, hardest first, best fit.

Always there, in next to no time, and admissible in the order it was made. It is the floor under every other
answer and where every search starts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

import numpy as np

from solver.compile.problem import IntArray, Problem, SpreadRule
from solver.engine.budget import Budget
from solver.engine.neighbourhood import movable, spreading_together
from solver.engine.shares import Shares
from solver.engine.state import State

_COVETED = 0.5
"""What a node's free static volumes cost a pod that does not need them, as a fraction of a mean node."""


def construct(problem: Problem, budget: Budget, *, small_first: bool = False) -> State:
    """What found no node is left out. ``small_first`` leaves out fewer where there is not room for all."""
    if not problem.limit.any():
        return State(problem)
    return _Constructing(problem, small_first=small_first).run(budget)


def worth(problem: Problem, placed: IntArray) -> tuple[int, ...]:
    """Pods placed at each priority, the highest first, of ``placed`` [C]: the larger is the better."""
    levels: dict[int, int] = defaultdict(int)
    for pod_class, pods in zip(problem.classes, placed.tolist(), strict=True):
        levels[pod_class.priority] += pods
    return tuple(levels[priority] for priority in sorted(levels, reverse=True))


class _Constructing:
    def __init__(self, problem: Problem, *, small_first: bool) -> None:
        self._problem = problem
        self._state = State(problem)
        self._shares = Shares(problem)
        self._small_first = small_first

    def run(self, budget: Budget) -> State:
        workloads, loose = self._hardest_first(), self._loose()
        self._state.spread.deferred = frozenset(
            number for number in loose if self._is_settled(self._problem.spreads[number])
        )
        self._place_all(workloads, budget)
        while sum(self._thin_out(number) for number in loose):  # pods of one rule may be another's minimum
            pass
        self._state.spread.deferred = frozenset()
        before = -1
        while int(self._state.placed.sum()) > before:  # a minimum that rose opens domains to others
            before = int(self._state.placed.sum())
            self._place_all(workloads, budget)
        return self._state

    def _place_all(self, workloads: list[list[int]], budget: Budget) -> None:
        for workload in workloads:
            if budget.spent:
                return
            self._place(workload)

    def _loose(self) -> list[int]:
        """Spread rules whose pods may be taken away again."""
        may_move = movable(self._problem)
        return [
            number
            for number, rule in enumerate(self._problem.spreads)
            if may_move[list(rule.constrained)].all()
        ]

    def _is_settled(self, rule: SpreadRule) -> bool:
        """Each class has one domain: if all its pods are placed, the order does not matter (J4)."""
        domains = (rule.domain_of[np.flatnonzero(self._problem.limit[i])] for i in rule.constrained)
        return all(bool((mine == mine[:1]).all()) for mine in domains)

    def _thin_out(self, number: int) -> int:
        """Take pods away until the rule holds; how many."""
        before = int(self._state.placed.sum())
        while pods := self._too_many(number):
            self._state.remove(*min(pods, key=lambda pod: (self._problem.classes[pod[0]].priority, pod)))
        return before - int(self._state.placed.sum())

    def _too_many(self, number: int) -> list[tuple[int, int]]:
        """(class, node) of the rule's pods in domains that break it."""
        rule = self._problem.spreads[number]
        there = np.isin(rule.domain_of, self._state.spread.overfull(number))
        return [
            (i, int(node)) for i in rule.constrained for node in np.flatnonzero(self._state.counts[i] * there)
        ]

    def _place(self, workload: list[int]) -> None:
        """One pod of each class in turn: the minimum of a spread rule rises by all of them."""
        ranked = {index: self._ranked(index) for index in workload if self._left(index)}
        while ranked:
            ranked = {
                index: rest for index, nodes in ranked.items() if (rest := self._place_one(index, nodes)).size
            }

    def _place_one(self, index: int, ranked: IntArray) -> IntArray:
        """Into the emptiest spread domain, there the best of the ranked nodes.

        Returns the nodes to look at for the next pod of the class; none when it is done or stuck.
        """
        state = self._state
        while self._left(index):
            allowed = np.flatnonzero(state.spread.allows(index, ranked))
            if not allowed.size:
                break
            position = allowed[np.argmin(state.spread.crowd(index, ranked[allowed]))]
            node = ranked[position : position + 1]
            if state.fits(index, node).all():
                state.put(index, int(node[0]))
                return ranked
            ranked = np.delete(ranked, position)
        return ranked[:0]

    def _left(self, index: int) -> bool:
        return bool(self._state.placed[index] < self._problem.classes[index].count)

    def _ranked(self, index: int) -> IntArray:
        """Nodes that one more pod fits on now, the best fit first, then by name."""
        nodes = np.flatnonzero(self._problem.limit[index])
        nodes = nodes[self._state.fits(index, nodes)]
        left = self._shares.room(self._state, nodes) - self._shares.request[index]
        score = left.max(axis=1, initial=0.0)  # little room left in the resource with the most of it
        if not self._state.needs_volumes(index):
            score += _COVETED * self._state.volumes.some_at(nodes)
        return np.asarray(nodes[np.argsort(score, kind="stable")])

    def _hardest_first(self) -> list[list[int]]:
        """Classes that share a spread rule and a priority make one workload; it is as hard as the hardest of
        its classes."""
        home = {i: number for number, part in enumerate(spreading_together(self._problem)) for i in part}
        workloads: dict[Hashable, list[int]] = defaultdict(list)
        for index in sorted(home, key=self._hardness()):
            workloads[home[index], self._problem.classes[index].priority].append(index)
        return list(workloads.values())

    def _hardness(self) -> Callable[[int], tuple[int, bool, int, bool, float, int]]:
        """Priority first, then supporters before those they attract and predecessors before their followers
        (W14); then classes kept to less than half of the nodes; then by the largest share of a node."""
        problem = self._problem
        depth = np.zeros(len(problem.classes), dtype=np.int64)
        for earlier, later in problem.chains:
            depth[later] = depth[earlier] + 1
        attracted = {rule.owner for rule in problem.attractions if rule.supporters and not rule.itself}
        wide = np.count_nonzero(problem.limit, axis=1) > len(problem.nodes) / 2
        share = self._shares.request.max(axis=1, initial=0.0) * (1 if self._small_first else -1)

        def key(i: int) -> tuple[int, bool, int, bool, float, int]:
            free = bool(wide[i]) and not self._state.needs_volumes(i)
            return -problem.classes[i].priority, i in attracted, int(depth[i]), free, float(share[i]), i

        return key
