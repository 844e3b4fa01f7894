"""Hard topology spread at the moment of scheduling (T7)."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem, SpreadRule


class Spread:
    def __init__(self, problem: Problem) -> None:
        self._rules = problem.spreads
        self.deferred: frozenset[int] = frozenset()
        """Rules not asked for now; whoever defers them sees to it that they hold in the end."""
        self.counts = [rule.present.copy() for rule in problem.spreads]
        """Per rule [D], pods it counts, those that run already among them."""
        self.constraining: dict[int, list[int]] = defaultdict(list)
        """By class, the numbers of the rules it carries."""
        self._counting: dict[int, list[int]] = defaultdict(list)
        for number, rule in enumerate(problem.spreads):
            for index in rule.constrained:
                self.constraining[index].append(number)
            for index in rule.counted:
                self._counting[index].append(number)

    def allows(self, index: int, at: IntArray) -> BoolArray:
        """[K]"""
        mask = np.ones(len(at), dtype=np.bool_)
        for number in self.constraining[index]:
            rule = self._rules[number]
            if number in self.deferred:
                mask &= rule.domain_of[at] >= 0
                continue
            mask &= np.append(self._open_domains(rule, self.counts[number], index), False)[rule.domain_of[at]]
        return mask

    def overfull(self, number: int) -> IntArray:
        """Domains in which a pod of the rule would break it now."""
        return np.flatnonzero(~self._open_domains(self._rules[number], self.counts[number], -1))

    def crowd(self, index: int, at: IntArray) -> IntArray:
        """[K], how full each node's domains are by the constraints of the class; less is better."""
        total = np.zeros(len(at), dtype=np.int64)
        for number in self.constraining[index]:
            total = total * 1000 + np.append(self.counts[number], 0)[self._rules[number].domain_of[at]]
        return total

    def count(self, index: int, node: int, step: int) -> None:
        for number in self._counting[index]:
            domain = self._rules[number].domain_of[node]
            if domain >= 0:
                self.counts[number][domain] += step

    @staticmethod
    def _open_domains(rule: SpreadRule, counts: IntArray, index: int) -> BoolArray:
        least = 0 if rule.minimum_is_zero else int(counts.min(initial=2**40))
        return counts + (index in rule.counted) - least <= rule.max_skew
