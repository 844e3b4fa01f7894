"""Claims that several pods use: one pod (V8, V9), one node (V36, V44)."""

from __future__ import annotations

from collections.abc import Iterable

from ortools.sat.python import cp_model

from solver.compile.problem import Problem
from solver.variables import Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    for claim in problem.shared_claims:
        if claim.one_pod:
            pods = [term for user in claim.users for term in variables.count(user, variables.nodes(user))]
            variables.model.add(total(pods) <= 1)
        elif claim.one_node:
            nodes = sorted({node for user in claim.users for node in variables.nodes(user)})
            flags = [flag for flag in (used_on(claim.users, variables, n) for n in nodes) if flag is not None]
            variables.model.add_at_most_one(flags)


def used_on(users: Iterable[int], variables: Variables, node: int) -> cp_model.IntVar | None:
    """1 exactly when a pod of one of the classes is on the node; None when none can be."""
    flags = [variables.present(user, (node,)) for user in users if variables.on(user, node) is not None]
    if len(flags) <= 1:
        return flags[0] if flags else None
    return variables.any_of(flags)
