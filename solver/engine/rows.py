"""The rows of a posted model, sorted by what they speak of. Nothing here knows Kubernetes.

A *local* row is linear, unconditional and on pods of one node only; it decides what a node can hold.
A *coupling* row is any other unconditional linear row. Pod variables of one class that no coupling row tells
apart form a *group*; a variable named by a constraint of another kind is a group of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from solver.compile.problem import Problem
from solver.engine.build import Built


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    number: int
    """Index of the constraint in the model."""
    terms: tuple[tuple[int, int], ...]
    """((variable index, coefficient), …)"""
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pod variables of one class that may stand for each other; ``members`` are (variable index, node)."""

    pod_class: int
    members: tuple[tuple[int, int], ...]
    most: int


@dataclass(slots=True)
class Rows:
    place: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Variable index to (pod class, node)."""
    local: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    """Node to its rows."""
    coupling: list[Row] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    group_of: dict[int, int] = field(default_factory=dict)
    """Variable index to group."""


def sort_rows(problem: Problem, built: Built) -> Rows:
    rows = Rows()
    for pod_class in range(len(problem.classes)):
        for node, variable in built.variables.nodes(pod_class).items():
            rows.place[variable.index] = (pod_class, node)
    named_elsewhere: set[int] = set()
    for number, constraint in enumerate(built.model.proto.constraints):
        if constraint.has_linear() and not constraint.enforcement_literal:
            _add(rows, number, constraint)
        else:
            named_elsewhere |= _variables(constraint)
    _group(problem, rows, named_elsewhere)
    return rows


def _add(rows: Rows, number: int, constraint: Any) -> None:
    linear = constraint.linear
    domain = list(linear.domain)
    row = Row(
        number=number,
        terms=tuple(zip(linear.vars, linear.coeffs, strict=True)),
        least=domain[0],
        most=domain[-1],
    )
    nodes = {rows.place[index][1] if index in rows.place else -1 for index, _ in row.terms}
    if len(nodes) == 1 and -1 not in nodes and all(coefficient > 0 for _, coefficient in row.terms):
        rows.local[nodes.pop()].append(row)
    else:
        rows.coupling.append(row)


def _variables(constraint: Any) -> set[int]:
    """Variables that a conditional or non-linear constraint names; literals lose their sign."""
    literals = list(constraint.enforcement_literal)
    if constraint.has_bool_or():
        literals += constraint.bool_or.literals
    elif constraint.has_bool_and():
        literals += constraint.bool_and.literals
    elif constraint.has_at_most_one():
        literals += constraint.at_most_one.literals
    found = {index if index >= 0 else -index - 1 for index in literals}
    if constraint.has_linear():
        found |= set(constraint.linear.vars)
    elif constraint.has_lin_max():
        for expression in (constraint.lin_max.target, *constraint.lin_max.exprs):
            found |= set(expression.vars)
    return found


def _group(problem: Problem, rows: Rows, named_elsewhere: set[int]) -> None:
    told_apart: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows.coupling:
        for index, coefficient in row.terms:
            told_apart[index].append((row.number, coefficient))
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for index, (pod_class, _) in rows.place.items():
        alone = index if index in named_elsewhere else None
        alike[pod_class, alone, tuple(told_apart[index])].append(index)
    for members in alike.values():
        pod_class = rows.place[members[0]][0]
        most = sum(int(problem.limit[rows.place[index]]) for index in members)
        for index in members:
            rows.group_of[index] = len(rows.groups)
        rows.groups.append(
            Group(
                pod_class=pod_class,
                members=tuple((index, rows.place[index][1]) for index in members),
                most=min(most, problem.classes[pod_class].count),
            )
        )
