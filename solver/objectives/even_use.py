"""Even use: the fullest node as empty as possible, by its fullest requested resource, in percent."""

from __future__ import annotations

from collections.abc import Iterable

from solver.compile.problem import PODS, Problem
from solver.variables import Term, Variables, total

NAME = "even use"


def merge(values: Iterable[int]) -> int:
    return max(values, default=0)


def cost(problem: Problem, variables: Variables) -> list[Term]:
    """Percent of what is free now; pod slots do not count as use."""
    model = variables.model
    fullest = model.new_int_var(0, 100, "fullest")
    posted = False
    for node in range(len(problem.nodes)):
        for resource, name in enumerate(problem.resources):
            free = int(problem.free[node, resource])
            terms = variables.at(node, problem.request[:, resource])
            if name != PODS and free > 0 and terms:
                model.add(total((100 * c, v) for c, v in terms) <= free * fullest)
                posted = True
    return [(1, fullest)] if posted else []
