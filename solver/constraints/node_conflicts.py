"""Pods that clash on one node: host ports (P2, P3) and inline disks (V5). Order-independent.

A class that clashes with itself is limited to one pod a node by ``Problem.limit`` already.
"""

from __future__ import annotations

from solver.compile.problem import Problem
from solver.variables import Variables


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    for one, other in problem.conflicts:
        if one == other:
            continue
        for node in variables.nodes(one):
            if variables.on(other, node) is not None:
                variables.model.add(variables.present(one, (node,)) + variables.present(other, (node,)) <= 1)
