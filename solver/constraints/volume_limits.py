"""Attach limits per driver (V10-V15). A volume that several pods bring counts once on a node (V12)."""

from __future__ import annotations

from solver.compile.problem import UNLIMITED, Problem
from solver.constraints.shared_claims import used_on
from solver.variables import Term, Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    for index, limit in enumerate(problem.volume_limits):
        for node in range(len(problem.nodes)):
            free = int(limit.free[node])
            if free >= UNLIMITED:
                continue
            terms = variables.at(node, limit.added) + _shared(problem, variables, index, node)
            if terms:
                variables.model.add(total(terms) <= max(free, 0))


def _shared(problem: Problem, variables: Variables, limit: int, node: int) -> list[Term]:
    found: list[Term] = []
    for volume in problem.shared_volumes:
        if volume.limit == limit and volume.added[node]:
            flag = used_on(volume.users, variables, node)
            if flag is not None:
                found.append((1, flag))
    return found
