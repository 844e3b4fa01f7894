"""Class counts to assignments: which member of a class gets which of its places.

Members are alike to every hard rule, so the choice is free; it is made so that StatefulSet prefixes stay
even over zones and so that pods taken in input order fill the emptiest domain first.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush, heappushpop

import numpy as np

from solver.compile.problem import BalanceGroup, IntArray, PodClass, Problem, SpreadRule
from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment, Placement


def assignments(problem: Problem, counts: IntArray) -> tuple[Assignment, ...]:
    """One assignment for each placed pod. When a class is placed in part, its first members are."""
    deal = _Dealer(problem, counts)
    order = sorted(
        ((pod, i) for i, c in enumerate(problem.classes) for pod in c.members[: int(counts[i].sum())]),
        key=lambda pair: (pair[0].workload is None, str(pair[0].workload), pair[0].ordinal or 0),
    )
    return tuple(Assignment(pod=pod.key, node=problem.nodes[deal.next(index)]) for pod, index in order)


def assignments_near_home(problem: Problem, counts: IntArray, homes: Mapping[PodKey, NodeName]) -> Placement:
    """``assignments``, but that pods with homes stay there as far as ``counts`` has room for them."""
    index = {name: i for i, name in enumerate(problem.nodes)}
    stay: list[Assignment] = []
    rest, others = counts.copy(), []
    for number, pod_class in enumerate(problem.classes):
        leaving = []
        for pod in pod_class.members:
            home = homes.get(pod.key)
            if home is not None and rest[number, index[home]] > 0:
                rest[number, index[home]] -= 1
                stay.append(Assignment(pod=pod.key, node=home))
            else:
                leaving.append(pod)
        others.append(PodClass(members=tuple(leaving)))
    moved = assignments(replace(problem, classes=tuple(others)), rest)
    return Placement(assignments=(*stay, *moved))


@dataclass(slots=True)
class _Line:
    """Places of one class in the same domains of its guides, by node order."""

    domains: tuple[int, ...]
    nodes: deque[int]


_Key = tuple[int, ...]
"""How many pods are in each guide's domain already, and the next node."""


class _Dealer:
    """Hands out the places of a class, the one in the emptiest domain first."""

    def __init__(self, problem: Problem, counts: IntArray) -> None:
        self._counters: dict[int, list[Counter[int]]] = {i: [] for i in range(len(counts))}
        domains: dict[int, list[IntArray]] = {i: [] for i in range(len(counts))}
        rules: tuple[BalanceGroup | SpreadRule, ...] = (*problem.balances, *problem.spreads)
        for rule in rules:
            counter = Counter(dict(enumerate(rule.present.tolist())))
            for index in _guided(rule):
                self._counters[index].append(counter)
                domains[index].append(rule.domain_of)
        self._heaps: dict[int, list[tuple[_Key, _Line]]] = {}
        for index, row in enumerate(counts):
            heap = [(self._key(index, line), line) for line in _lines(row, domains[index])]
            heapify(heap)
            self._heaps[index] = heap

    def next(self, index: int) -> int:
        heap = self._heaps[index]
        key, line = heappop(heap)
        while (now := self._key(index, line)) != key:  # others of its domains were dealt out since
            key, line = heappushpop(heap, (now, line))
        node = line.nodes.popleft()
        for counter, domain in zip(self._counters[index], line.domains, strict=True):
            counter[domain] += 1
        if line.nodes:
            heappush(heap, (self._key(index, line), line))
        return node

    def _key(self, index: int, line: _Line) -> _Key:
        crowd = (counter[domain] for counter, domain in zip(self._counters[index], line.domains, strict=True))
        return (*crowd, line.nodes[0])


def _lines(row: IntArray, domains: list[IntArray]) -> Iterable[_Line]:
    """One for each combination of domains that holds places."""
    found: dict[tuple[int, ...], _Line] = {}
    for node in np.flatnonzero(row):
        where = tuple(int(of[node]) for of in domains)
        line = found.setdefault(where, _Line(where, deque()))
        line.nodes.extend([int(node)] * int(row[node]))
    return found.values()


def _guided(rule: BalanceGroup | SpreadRule) -> tuple[int, ...]:
    return rule.classes if isinstance(rule, BalanceGroup) else rule.constrained
