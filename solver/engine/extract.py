"""Class counts to assignments: which member of a class gets which of its places.

Members are alike to every hard rule, so the choice is free; it is made so that StatefulSet prefixes stay
even over zones and so that pods taken in input order fill the emptiest domain first.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from solver.compile.problem import BalanceGroup, IntArray, Problem, SpreadRule
from solver.model.placement import Assignment


def assignments(problem: Problem, counts: IntArray) -> tuple[Assignment, ...]:
    """One assignment for each placed pod. When a class is placed in part, its first members are."""
    seats = {i: _seats(row) for i, row in enumerate(counts)}
    deal = _Dealer(problem, seats)
    order = sorted(
        ((pod, i) for i, c in enumerate(problem.classes) for pod in c.members[: len(seats[i])]),
        key=lambda pair: (pair[0].workload is None, str(pair[0].workload), pair[0].ordinal or 0),
    )
    return tuple(Assignment(pod=pod.key, node=problem.nodes[deal.next(index)]) for pod, index in order)


def _seats(row: IntArray) -> list[int]:
    return [int(node) for node in np.flatnonzero(row) for _ in range(int(row[node]))]


class _Dealer:
    """Hands out the places of a class, the one in the emptiest domain first."""

    def __init__(self, problem: Problem, seats: dict[int, list[int]]) -> None:
        self._seats = seats
        self._guides: dict[int, list[tuple[IntArray, Counter[int]]]] = {i: [] for i in seats}
        rules: tuple[BalanceGroup | SpreadRule, ...] = (*problem.balances, *problem.spreads)
        for rule in rules:
            counter = Counter(dict(enumerate(rule.present.tolist())))
            for index in _guided(rule):
                self._guides[index].append((rule.domain_of, counter))

    def next(self, index: int) -> int:
        seats, guides = self._seats[index], self._guides[index]
        node = min(seats, key=lambda n: (*(counter[int(of[n])] for of, counter in guides), n))
        seats.remove(node)
        for of, counter in guides:
            counter[int(of[node])] += 1
        return node


def _guided(rule: BalanceGroup | SpreadRule) -> tuple[int, ...]:
    return rule.classes if isinstance(rule, BalanceGroup) else rule.constrained
