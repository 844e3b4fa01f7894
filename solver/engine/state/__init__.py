"""Where one more pod of a class may go, given the pods placed so far: every rule as it holds at that moment.

The sequential reading of the rules that ``constraints`` states for the final state. A placement grown by
``open_to`` and ``put`` is admissible in the order it was grown. One rule, one file; this one has those that
are a line.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.state.attach import Attached
from solver.engine.state.attraction import Attracted
from solver.engine.state.claims import Claimed
from solver.engine.state.separation import Separated
from solver.engine.state.spread import Spread
from solver.engine.state.volumes import StaticVolumes

__all__ = ["State"]


class Rule(Protocol):
    def concerns(self, index: int) -> bool:
        """Could the rule ever close a node to the class?"""

    def allows(self, index: int, at: IntArray) -> BoolArray:
        """[K], nodes that one more pod of the class may go to."""


class State:
    """Mutable: counts [C, N] of pods placed, and whatever the rules need to know about them.

    Questions are about some nodes: ``at`` [K], their indices; so is the answer.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.counts = np.zeros(problem.limit.shape, dtype=problem.limit.dtype)
        self.free = problem.free.copy()
        self.placed = np.zeros(len(problem.classes), dtype=np.int64)
        self.spread = Spread(problem)
        self.volumes = StaticVolumes(problem)
        self._separated = Separated(problem, self.counts)
        self.attached = Attached(problem, self.counts)
        attracted = Attracted(problem, self.counts)
        self._claimed = Claimed(problem, self.counts, self.placed)
        rules: tuple[Rule, ...] = (self._separated, self.attached, self._claimed, attracted)
        self._rules = [[rule for rule in rules if rule.concerns(i)] for i in range(len(problem.classes))]
        self._asked = [np.flatnonzero(row) for row in problem.request]
        self._before = {later: earlier for earlier, later in problem.chains}
        self._foes: dict[int, list[int]] = defaultdict(list)
        for one, other in problem.conflicts:
            self._foes[one].append(other)
            self._foes[other].append(one)

    def open_to(self, index: int, at: IntArray) -> BoolArray:
        """Nodes that one more pod of the class passes every rule on."""
        return self.spread.allows(index, at) & self.fits(index, at)

    def fits(self, index: int, at: IntArray) -> BoolArray:
        """Nodes that one more pod of the class passes every rule on but topology spread."""
        before = self._before.get(index)
        if before is not None and self.placed[before] < self._problem.classes[before].count:
            return np.zeros(len(at), dtype=np.bool_)
        mask = self._has_room(index, at)
        for rule in self._rules[index]:
            mask &= rule.allows(index, at)
        if self.needs_volumes(index):
            mask &= self.volumes_left(index, at)
        return mask

    def lacks_only_room(self, index: int, at: IntArray) -> BoolArray:
        """Nodes where neither attach limits nor anti-affinity keep out one more pod of the class."""
        return self.attached.allows(index, at) & self._separated.allows(index, at)

    def _has_room(self, index: int, at: IntArray) -> BoolArray:
        """Nodes with the resources for one more pod, the eligible ones, and nobody there it cannot stand."""
        mask: BoolArray = self.counts[index, at] < self._problem.limit[index, at]
        for resource in self._asked[index]:
            mask &= self.free[at, resource] >= self._problem.request[index, resource]
        for foe in self._foes[index]:
            if foe != index:
                mask &= self.counts[foe, at] == 0
        return mask

    def needs_volumes(self, index: int) -> bool:
        """Does the class take static volumes?"""
        return bool(self._claimed.wanted(index))

    def volumes_left(self, index: int, at: IntArray) -> BoolArray:
        """Nodes that have the static volumes one more pod of the class takes."""
        return self.volumes.allow(at, self._claimed.wanted(index))

    def put(self, index: int, node: int) -> None:
        """Place one pod."""
        self.volumes.take(node, self._claimed.wanted(index))
        self._move(index, node, 1)

    def remove(self, index: int, node: int) -> None:
        """Take one pod away that was put there; of those that share a claim, the last that came."""
        self._move(index, node, -1)
        self.volumes.give_back(node, self._claimed.wanted(index))

    def _move(self, index: int, node: int, step: int) -> None:
        self.counts[index, node] += step
        self.placed[index] += step
        self.free[node] -= step * self._problem.request[index]
        self.spread.count(index, node, step)
        self._separated.count(index, node, step)
        self.attached.count(index, node, step)
