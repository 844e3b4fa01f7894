"""Requests on a node stay within its free room, the pod count among them (R8, R10). Order-independent."""

from __future__ import annotations

import numpy as np

from solver.compile.problem import Problem
from solver.variables import Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    counts = np.array([c.count for c in problem.classes], dtype=np.int64)
    most = np.minimum(problem.limit, counts[:, None]).T @ problem.request
    for node, resource in np.argwhere(most > problem.free).tolist():
        asked = variables.at(node, problem.request[:, resource])
        variables.model.add(total(asked) <= int(problem.free[node, resource]))
