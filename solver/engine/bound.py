"""How many pods can be placed at most, whatever moves, and what lacks where: a linear relaxation by zone.

The figures are made of the prices (dual values) of the rows, by weak duality: any prices that are not
negative bound what can be placed, so the tolerances of the linear solver never make a bound too small. Rows
with a price are what lacks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped] # no stubs upstream

from solver.compile.problem import Problem
from solver.engine.budget import Budget
from solver.engine.zonal import zonal
from solver.engine.zonal_rows import Row, Scarce, ZonalRows
from solver.model.outcome import ReasonCode

FloatArray = NDArray[np.float64]

_MOST_LEVELS = 3
"""Priorities beyond which only the pods of all of them together are bounded."""
_TRACE = 1e-6
"""A lower price than this is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """``room`` for ``what`` in ``zones`` where up to ``wanted`` is asked for, in the resource's own unit.

    "" is the nodes in no zone; no zones at all mean the cluster.
    """

    code: ReasonCode
    what: str
    zones: tuple[str, ...]
    room: int
    wanted: int
    piece: int = 0
    """Where not 0, ``room`` and ``wanted`` count pods of which each needs that much at least on one node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """``wanted`` leaves out pods that no node is open to."""

    levels: tuple[int, ...]
    """At most so many pods of the highest priority, of the two highest together, and so on; the last is all
    of them."""
    wanted: int
    lacking: tuple[Lack, ...] = ()
    held_back: tuple[int, ...] = ()
    """Classes for which something lacks in every zone that is open to them."""

    @property
    def pods(self) -> int:
        return self.levels[-1]

    def is_met(self, worth: Sequence[int]) -> bool:
        """Nothing is better than ``worth`` pods of each priority, the highest first."""
        return self.levels == tuple(np.cumsum(worth).tolist())


def openable(problem: Problem) -> Bound:
    """All pods that a node is open to."""
    pods: dict[int, int] = defaultdict(int)
    for pod_class, row in zip(problem.classes, problem.limit, strict=True):
        pods[pod_class.priority] += pod_class.count * bool(row.any())
    levels = np.cumsum([pods[priority] for priority in sorted(pods, reverse=True)], dtype=np.int64).tolist()
    return Bound(levels=tuple(levels), wanted=sum(pods.values()))


def most_placed(problem: Problem, budget: Budget) -> Bound | None:
    """None when time ran out. ``problem`` has an open node, and allows whatever the rules allow."""
    return None if budget.spent else _Relaxation(problem).bound(budget)


class _Relaxation:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._zonal = zonal(problem)
        self._columns = ZonalRows(problem, self._zonal)
        self._rows = tuple(self._columns)
        self._priority = np.array([problem.classes[i].priority for i in self._zonal.sample], dtype=np.int64)
        self._program = pywraplp.Solver.CreateSolver("GLOP")
        self._variables = [
            self._program.NumVar(0.0, float(most), "") for most in self._columns.upper.tolist()
        ]
        self._posted = [self._post(row) for row in self._rows]

    def _post(self, row: Row) -> pywraplp.Constraint:
        """Divided by the largest coefficient: bytes beside pods are hard on the solver."""
        scale = _scale(row)
        posted = self._program.Constraint(-self._program.infinity(), row.most / scale)
        for column, coefficient in zip(row.columns.tolist(), row.coefficients.tolist(), strict=True):
            posted.SetCoefficient(self._variables[column], coefficient / scale)
        return posted

    def bound(self, budget: Budget) -> Bound | None:
        known = openable(self._problem)
        levels = sorted(set(self._priority.tolist()), reverse=True)
        bounded = range(len(levels)) if len(levels) <= _MOST_LEVELS else [len(levels) - 1]
        most = list(known.levels)
        for number in bounded:
            gain = self._gain(levels[number])
            found = self._prices(gain, budget)
            if found is None:
                return None
            prices = found
            most[number] = min(most[number], self._weak_duality(gain, prices))
        bound = replace(known, levels=tuple(min(pods, most[-1]) for pods in most))
        return self._explained(bound, prices)

    def _gain(self, level: int) -> FloatArray:
        """[columns], 1 for pods of this priority and above."""
        gain = np.zeros(len(self._columns.upper))
        gain[: len(self._columns.group_at)] = self._priority[self._columns.group_at] >= level
        return gain

    def _prices(self, gain: FloatArray, budget: Budget) -> FloatArray | None:
        """[rows], not negative."""
        if budget.spent:
            return None
        objective = self._program.Objective()
        objective.SetMaximization()
        for variable, value in zip(self._variables, gain.tolist(), strict=True):
            objective.SetCoefficient(variable, value)
        self._program.SetTimeLimit(max(1, int(1000 * budget.left_s)))
        if self._program.Solve() != pywraplp.Solver.OPTIMAL:
            budget.note(hit_wall=True)
            return None
        scaled = [row.dual_value() / _scale(r) for row, r in zip(self._posted, self._rows, strict=True)]
        return np.maximum(scaled, 0.0)

    def _weak_duality(self, gain: FloatArray, prices: FloatArray) -> int:
        rooms = sum(price * row.most for price, row in zip(prices.tolist(), self._rows, strict=True))
        gained = np.maximum(gain - self._cost(self._rows, prices), 0.0)
        return int(rooms + float(gained @ self._columns.upper) + _TRACE)

    def _cost(self, rows: Sequence[Row], prices: FloatArray) -> FloatArray:
        """[columns], what one pod pays for what it takes of the rows."""
        cost = np.zeros(len(self._columns.upper))
        for row, price in zip(rows, prices.tolist(), strict=True):
            if price:
                cost[row.columns] += price * row.coefficients
        return cost

    # what lacks

    def _explained(self, bound: Bound, prices: FloatArray) -> Bound:
        """``bound`` with what lacks; ``prices`` are those of all pods."""
        lacking = tuple(self._lacks(prices))
        if bound.pods == bound.wanted or not lacking:
            return bound
        group_at, groups = self._columns.group_at, len(self._zonal.count)
        without_counts = len(self._rows) - groups  # the last rows only say how many pods there are
        cost = self._cost(self._rows[:without_counts], prices[:without_counts])[: len(group_at)]
        held_back = np.bincount(group_at, minlength=groups) > 0
        held_back[group_at[cost <= _TRACE]] = False
        classes = np.flatnonzero(held_back[self._zonal.group_of])
        return replace(bound, lacking=lacking, held_back=tuple(classes.tolist()))

    def _lacks(self, prices: FloatArray) -> Iterator[Lack]:
        """Zones that lack the same together, where together they do."""
        alike: dict[Scarce, list[Row]] = defaultdict(list)
        for row, price in zip(self._rows, prices.tolist(), strict=True):
            if row.scarce is not None and price * _scale(row) > _TRACE:
                alike[_anywhere(row.scarce)].append(row)
        for scarce, rows in alike.items():
            together = self._lack(scarce, rows)
            if together.room < together.wanted:
                yield together
            else:
                yield from (self._lack(scarce, [row]) for row in rows)

    def _lack(self, scarce: Scarce, rows: Sequence[Row]) -> Lack:
        zones, count = self._problem.zones, self._zonal.count
        columns = np.concatenate([row.columns for row in rows])
        groups = self._columns.group_at[columns]
        need = np.zeros(len(count), dtype=np.int64)
        need[groups] = np.concatenate([row.coefficients for row in rows])
        pods = np.zeros(len(count), dtype=np.int64)
        np.add.at(pods, groups, self._columns.upper[columns])
        places = [row.scarce.place for row in rows if row.scarce and row.scarce.place is not None]
        unit = 1 if scarce.piece else scarce.unit
        return Lack(
            code=scarce.code,
            what=scarce.what,
            piece=scarce.piece * scarce.unit,
            zones=tuple((*zones, "")[place] for place in places) if zones else (),
            room=unit * sum(row.most for row in rows),
            wanted=unit * int(need @ np.minimum(pods, count)),
        )


def _anywhere(scarce: Scarce) -> Scarce:
    """One key for all zones; the cluster as a whole is not one of them."""
    return scarce if scarce.place is None else replace(scarce, place=0)


def _scale(row: Row) -> float:
    return float(np.abs(row.coefficients).max(initial=1))
