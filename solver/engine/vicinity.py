"""Which nodes to pack anew so that a pod left over may find a place.

A pod needs one node: the roomiest of those it may go to come first. What stands there has to go elsewhere, so
the roomiest other nodes join in. Where static volumes decide, room is not enough: a free volume on a node too
small for the pod has to go to a smaller pod, which leaves its own volume behind.
"""

from __future__ import annotations

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.shares import FloatArray, Shares
from solver.engine.state import State

_CHANCE = 0.5
"""How much chance may add to a node's room, in shares of a mean node, so that no attempt is like another."""
_FIRST = 100.0
"""More than any room."""


class Vicinity:
    """Picks among the nodes of ``problem`` by what stands in ``state`` when asked."""

    def __init__(self, problem: Problem, state: State, random: np.random.Generator) -> None:
        self._problem = problem
        self._state = state
        self._random = random
        self._shares = Shares(problem)
        self._needs_volumes = np.array([state.needs_volumes(i) for i in range(len(problem.classes))])

    def pick(self, index: int, domains: int, nodes: int, *, swap: bool) -> IntArray:
        """So many domains, and nodes in each; half of these are some that the class may go to.

        ``swap`` adds nodes from which a smaller pod may go to where a static volume is free.
        """
        open_nodes = np.flatnonzero(self._problem.limit[index])
        domain_of, room = self._domains(index), self._room(index, open_nodes)
        wished = self._problem.limit[index] > 0
        allowed = open_nodes[self._state.spread.allows(index, open_nodes)]
        order = [*self._shuffled(domain_of[allowed]), *self._shuffled(domain_of[open_nodes])]
        vacant = self._vacant(index, open_nodes)
        if vacant.size and swap:
            vacant = self._random.choice(vacant, 1)
            donors = self._donors(int(vacant[0]))
            wished |= donors
            room += 4 * _CHANCE * donors * self._random.random(len(room))
        if vacant.size:
            room[vacant] += _FIRST
            order = _with_vacancy(order, self._shuffled(domain_of[vacant]), set(domain_of[allowed].tolist()))
        chosen = [
            _best(np.flatnonzero(domain_of == domain), room, wished, nodes)
            for domain in list(dict.fromkeys(order))[:domains]
        ]
        return np.unique(np.concatenate(chosen))

    def _room(self, index: int, open_nodes: IntArray) -> FloatArray:
        """[N], in mean nodes, with some chance; more where the class lacks nothing else."""
        room = self._shares.room(self._state, np.arange(len(self._problem.nodes))).sum(axis=1)
        room += _CHANCE * self._random.random(len(room))
        room[open_nodes] += _CHANCE * self._state.lacks_only_room(index, open_nodes)
        return np.asarray(room)

    def _vacant(self, index: int, open_nodes: IntArray) -> IntArray:
        """Nodes with the static volumes the class takes; where there are none, with any."""
        if not self._needs_volumes[index]:
            return open_nodes[:0]
        vacant = open_nodes[self._state.volumes_left(index, open_nodes)]
        if vacant.size:
            return vacant
        return np.flatnonzero(self._state.volumes.some_at(np.arange(len(self._problem.nodes))))

    def _shuffled(self, domains: IntArray) -> list[int]:
        return [int(domain) for domain in self._random.permutation(np.unique(domains))]

    def _domains(self, index: int) -> IntArray:
        """[N], the fewest domains by which the class spreads; else all nodes are in one."""
        rules = [self._problem.spreads[number] for number in self._state.spread.constraining[index]]
        if not rules:
            return np.zeros(len(self._problem.nodes), dtype=np.int64)
        return min(rules, key=lambda rule: len(rule.present)).domain_of

    def _donors(self, vacancy: int) -> BoolArray:
        """[N], nodes with a pod that takes a static volume and would fit on the vacancy as one more."""
        pods = 1 + int(self._state.counts[:, vacancy].sum())
        small = (self._problem.request[:, 1:] * pods <= self._problem.free[vacancy, 1:]).all(axis=1)
        return np.asarray(self._state.counts[small & self._needs_volumes].any(axis=0))


def _with_vacancy(order: list[int], vacant: list[int], allowed: set[int]) -> list[int]:
    """A domain with a vacancy first, best one the spread rules allow; else after one they allow."""
    both = [domain for domain in vacant if domain in allowed]
    return [*both, *order] if both else [*order[:1], *vacant, *order]


def _best(here: IntArray, room: FloatArray, wished: BoolArray, most: int) -> IntArray:
    ranked = here[np.argsort(-room[here], kind="stable")]
    first = ranked[wished[ranked]][: most // 2]
    rest = ranked[~np.isin(ranked, first)][: most - len(first)]
    return np.concatenate([first, rest])
