"""Requests on a node stay within its free room, the pod count among them (R8, R10). Order-independent."""

from __future__ import annotations

import numpy as np

from solver.compile.problem import Problem
from solver.variables import Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    counts = np.array([c.count for c in problem.classes], dtype=np.int64)
    for node in range(len(problem.nodes)):
        most = np.minimum(problem.limit[:, node], counts)
        for resource in range(len(problem.resources)):
            asked = problem.request[:, resource]
            room = int(problem.free[node, resource])
            if int(asked @ most) > room:
                variables.model.add(total(variables.at(node, asked)) <= room)
