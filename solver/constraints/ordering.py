"""OrderedReady StatefulSets: pods exist only once their predecessors run (W14).

Inside a class the order needs no rule: whoever is placed, the first members are (``engine.extract``).
"""

from __future__ import annotations

from solver.compile.problem import Problem
from solver.variables import Variables


def followers(problem: Problem) -> dict[int, frozenset[int]]:
    """Class to the classes whose pods come into being after all of its own."""
    found: dict[int, frozenset[int]] = {}
    for earlier, later in reversed(problem.chains):
        found[earlier] = found.get(later, frozenset()) | {later}
    return found


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    for earlier, later in problem.chains:
        complete = variables.complete(earlier)
        variables.model.add(variables.placed(later) <= problem.classes[later].count * complete)
