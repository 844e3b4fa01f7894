"""Problem and registry to a CP-SAT model."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.compile.problem import Problem
from solver.constraints import CONSTRAINTS, topology_spread
from solver.objectives import unplaced
from solver.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Built:
    model: cp_model.CpModel
    variables: Variables


def build(problem: Problem, *, relaxed: bool = False, complete: bool = False) -> Built:
    """Every hard rule of the problem, no objective.

    Args:
        relaxed: see ``constraints.base``.
        complete: also that every pod is placed.
    """
    model = cp_model.CpModel()
    variables = Variables(model, problem)
    for constraint in CONSTRAINTS:
        constraint.post(problem, variables, relaxed=relaxed)
    if complete:
        unplaced.forbid(problem, variables)
        topology_spread.post_when_complete(problem, variables)
    return Built(model=model, variables=variables)
