"""Required affinity to asked pods (A5, A6, A9)."""

from __future__ import annotations

import numpy as np

from solver.compile.problem import AttractionRule, BoolArray, IntArray, Problem


class Attracted:
    """``counts`` [C, N] is the state's own, read when asked."""

    def __init__(self, problem: Problem, counts: IntArray) -> None:
        self._rules = {rule.owner: rule for rule in problem.attractions}
        self._counts = counts

    def concerns(self, index: int) -> bool:
        return index in self._rules

    def allows(self, index: int, at: IntArray) -> BoolArray:
        """[K]"""
        rule = self._rules[index]
        friends = [*rule.supporters, *((rule.owner,) if rule.itself else ())]
        there = np.asarray(self._counts[friends].any(axis=0))
        keyed = np.logical_and.reduce([term.domain_of[at] >= 0 for term in rule.terms])
        if self._is_first(rule, there):
            return np.asarray(keyed, dtype=np.bool_)
        for term in rule.terms:
            opened = np.append(term.occupied, False)
            opened[term.domain_of[there & (term.domain_of >= 0)]] = True
            opened[-1] = False
            keyed = keyed & opened[term.domain_of[at]]
        return np.asarray(keyed, dtype=np.bool_)

    @staticmethod
    def _is_first(rule: AttractionRule, there: BoolArray) -> bool:
        """A9."""
        started = rule.started or any((there & (term.domain_of >= 0)).any() for term in rule.terms)
        return rule.itself and not started
