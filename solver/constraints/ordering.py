"""OrderedReady StatefulSets: a pod exists only once its predecessor runs (W14)."""

from __future__ import annotations

from solver.compile.problem import Problem
from solver.variables import Variables


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    for earlier, later in problem.chains:
        variables.model.add(variables.placed(later) <= variables.placed(earlier))
