"""Every placed pod has exactly one node."""

from __future__ import annotations

from solver.compile.problem import Problem
from solver.variables import Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    for index in range(len(problem.classes)):
        variables.model.add(total(variables.count(index, variables.nodes(index))) == variables.placed(index))
