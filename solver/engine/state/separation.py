"""Required anti-affinity between asked pods (A7, A8)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """Classes that close a domain to some other class, and how many of their pods each domain has."""

    foes: IntArray
    """[F, 1]"""
    domain_of: IntArray
    there: IntArray | None
    """[D]; None where each domain is one node, and ``counts`` says it."""


class Separated:
    """``counts`` [C, N] is the state's own, read when asked."""

    def __init__(self, problem: Problem, counts: IntArray) -> None:
        self._counts = counts
        self._closing: dict[int, list[_Side]] = defaultdict(list)
        self._wide: dict[int, list[_Side]] = defaultdict(list)
        """By foe, the sides with domains of several nodes."""
        topologies = {id(rule.domain_of): rule.domain_of for rule in problem.separations}  # rules share them
        self._sizes = {key: np.bincount(of[of >= 0]) for key, of in topologies.items()}
        for rule in problem.separations:
            mine = (*rule.others, *((rule.owner,) if rule.itself else ()))
            self._file([rule.owner], mine, rule.domain_of)
            self._file(rule.others, (rule.owner,), rule.domain_of)

    def concerns(self, index: int) -> bool:
        return index in self._closing

    def allows(self, index: int, at: IntArray) -> BoolArray:
        """[K]"""
        mask = np.ones(len(at), dtype=np.bool_)
        for side in self._closing.get(index, ()):
            if side.there is None:
                closed = self._counts[side.foes, at].any(axis=0) & (side.domain_of[at] >= 0)
            else:
                closed = np.append(side.there > 0, False)[side.domain_of[at]]
            mask &= ~closed
        return mask

    def count(self, index: int, node: int, step: int) -> None:
        for side in self._wide.get(index, ()):
            domain = side.domain_of[node]
            if domain >= 0 and side.there is not None:
                side.there[domain] += step

    def _file(self, indices: list[int] | tuple[int, ...], foes: tuple[int, ...], domain_of: IntArray) -> None:
        if not foes or not indices:
            return
        sizes = self._sizes[id(domain_of)]
        wide = bool((sizes > 1).any())
        column = np.array(foes, dtype=np.int64)[:, None]
        side = _Side(foes=column, domain_of=domain_of, there=np.zeros(len(sizes), np.int64) if wide else None)
        for index in indices:
            self._closing[index].append(side)
        if wide:
            for foe in foes:
                self._wide[foe].append(side)
