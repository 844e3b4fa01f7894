"""A linear relaxation of the posted model over node patterns.

A packing model that counts pods per node has a weak relaxation: half a pod here, half there. A relaxation
that chooses one whole pattern per node is nearly integral on tight clusters, and its cheapest patterns hold
the answer far more often than chance would. (Gilmore and Gomory's cutting stock model, with the patterns
listed instead of generated.)

Nothing here knows Kubernetes: local rows decide what is a pattern, coupling rows are the relaxation
(``rows``), everything else is left to CP-SAT. The built model is a complete one (``build``), so there is
nothing to optimise but the choice among its solutions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped] # no stubs upstream

from solver.compile.problem import Problem
from solver.engine.budget import Budget
from solver.engine.build import Built
from solver.engine.patterns import Pattern, maximal_patterns
from solver.engine.rows import Rows

_MOST_COLUMNS = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    node: int
    pattern: Pattern


TRACE = 1e-6
"""Less of a column than this is none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fractions:
    """A solution of the relaxation. ``used`` [columns], how much of each is in use; ``price`` [columns], the
    reduced cost, and -1 for columns in use."""

    used: NDArray[np.float64]
    price: NDArray[np.float64]


class Relaxation:
    """Linear relaxation of a built model in which every node takes one of the given patterns."""

    def __init__(self, problem: Problem, built: Built, rows: Rows, columns: Sequence[Column]) -> None:
        self._problem = problem
        self._built = built
        self._rows = rows
        self.columns = list(columns)
        self.node_of = np.array([column.node for column in columns], dtype=np.int64)
        self._open = np.ones(len(columns), dtype=np.bool_)
        self._make_program()

    def narrowed(self, kept: NDArray[np.bool_]) -> Relaxation:
        """The same relaxation over fewer columns."""
        columns = [self.columns[i] for i in np.flatnonzero(kept)]
        return Relaxation(self._problem, self._built, self._rows, columns)

    def cheapest(self, costs: NDArray[np.float64], wall_s: float) -> Fractions | None:
        """Minimise ``costs`` over the open columns; None when nothing feasible was found in the time."""
        for column, cost in zip(self._chosen, costs, strict=True):
            self._objective.SetCoefficient(column, float(cost))
        self._program.SetTimeLimit(max(1, int(1000 * wall_s)))
        if self._program.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        used = np.array([column.solution_value() for column in self._chosen])
        reduced = np.array([column.reduced_cost() for column in self._chosen])
        return Fractions(used=used, price=np.where(used > TRACE, -1.0, np.maximum(reduced, 0.0)))

    def open(self, columns: NDArray[np.bool_]) -> None:
        """Let only these columns be used from now on."""
        for column in np.flatnonzero(columns != self._open):
            self._chosen[column].SetBounds(0.0, self._program.infinity() if columns[column] else 0.0)
        self._open = columns.copy()

    def _make_program(self) -> None:
        """Rows: one pattern a node; each group of pod variables within what the patterns cover; coupling."""
        program = self._program = pywraplp.Solver.CreateSolver("GLOP")
        infinity = program.infinity()
        one_each = [program.Constraint(-infinity, 1.0) for _ in self._problem.nodes]
        grouped = [program.NumVar(0.0, float(group.most), "") for group in self._rows.groups]
        cover: dict[tuple[int, int], Any] = {}
        for group, variable in zip(self._rows.groups, grouped, strict=True):
            row = program.Constraint(0.0, infinity)
            row.SetCoefficient(variable, -1.0)
            cover |= {(group.pod_class, node): row for _, node in group.members}
        self._objective = program.Objective()
        self._objective.SetMinimization()
        self._chosen = []
        for column in self.columns:
            variable = program.NumVar(0.0, infinity, "")
            one_each[column.node].SetCoefficient(variable, 1.0)
            for pod_class, pods in column.pattern:
                cover[pod_class, column.node].SetCoefficient(variable, float(pods))
            self._chosen.append(variable)
        self._post_coupling(grouped)

    def _post_coupling(self, grouped: list[Any]) -> None:
        program, proto = self._program, self._built.model.proto
        others: dict[int, Any] = {}
        for row in self._rows.coupling:
            posted = program.Constraint(_bound(row.least, program), _bound(row.most, program))
            for index, coefficient in row.terms:
                group = self._rows.group_of.get(index)
                if group is None and index not in others:
                    domain = list(proto.variables[index].domain)
                    others[index] = program.NumVar(float(domain[0]), float(domain[-1]), "")
                # one variable stands for all members of a group, which share the coefficient
                variable = others[index] if group is None else grouped[group]
                posted.SetCoefficient(variable, float(coefficient))


def list_columns(
    problem: Problem, rows: Rows, random: np.random.Generator, budget: Budget
) -> list[Column] | None:
    """Patterns of every node; a random sample of those of the richest nodes where they are too many.

    None when there was no time to list them.
    """
    known: dict[Hashable, list[Pattern]] = {}
    columns: list[Column] = []
    for node in range(len(problem.nodes)):
        if budget.spent:
            return None
        limits = {c: int(m) for c, m in enumerate(problem.limit[:, node]) if m}
        needs = [
            ({rows.place[index][0]: c for index, c in row.terms}, row.most)
            for row in rows.local.get(node, ())
        ]
        question = (tuple(limits.items()), tuple((tuple(t.items()), room) for t, room in needs))
        if question not in known:
            known[question] = maximal_patterns(limits, needs, random)
        columns += [Column(node=node, pattern=p) for p in known[question]]
    return _thinned(columns, random)


def _thinned(columns: list[Column], random: np.random.Generator) -> list[Column]:
    per_node = Counter(column.node for column in columns)
    most = max(per_node.values(), default=0)
    while sum(min(most, patterns) for patterns in per_node.values()) > _MOST_COLUMNS:
        most = most * 9 // 10
    kept: list[int] = []
    taken: Counter[int] = Counter()
    for index in random.permutation(len(columns)):
        if taken[columns[index].node] < most:
            taken[columns[index].node] += 1
            kept.append(int(index))
    return [columns[index] for index in sorted(kept)]


def _bound(value: int, program: Any) -> float:
    if abs(value) >= 2**62:
        return float(program.infinity()) if value > 0 else -float(program.infinity())
    return float(value)
