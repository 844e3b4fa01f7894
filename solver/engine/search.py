"""One run of CP-SAT: limits in, a value for every variable and a bound out."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Limits
from solver.errors import InternalError
from solver.executors import Stop
from solver.variables import Variables

_LISTEN_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """``counts`` [C, N] is None when no solution was found. ``proved``: optimal, or infeasible."""

    counts: IntArray | None
    proved: bool
    objective: int = 0
    bound: int = 0
    hit_wall: bool = False
    work: float = 0.0
    """Deterministic time spent."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What one run of CP-SAT said. ``value`` reads a variable; None when there is no solution."""

    value: Callable[[cp_model.IntVar], int] | None
    proved: bool
    values: list[int] = field(default_factory=list)
    """Of every variable, by index."""
    objective: int = 0
    bound: int = 0
    hit_wall: bool = False
    work: float = 0.0


def run(model: cp_model.CpModel, limits: Limits, *, follow_hint: bool = False) -> Answer:
    """Solve with one worker, so that the same model and limits give the same answer.

    ``follow_hint`` fixes the hinted variables, which completes a partial hint and prices it.

    Raises InternalError when the model itself is invalid.
    """
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.linearization_level = 2  # packing is decided by its relaxation
    solver.parameters.symmetry_level = 0  # classes have taken the symmetry out; looking for it costs more
    solver.parameters.max_deterministic_time = limits.deterministic
    solver.parameters.max_time_in_seconds = max(limits.wall_s, 0.01)
    solver.parameters.fix_variables_to_their_hinted_value = follow_hint
    solver.parameters.catch_sigint_signal = False  # the front end decides what an interrupt means
    started = time.monotonic()
    status = _solve(solver, model, limits.stop)
    work = solver.response_proto.deterministic_time
    hit_wall = time.monotonic() - started >= 0.98 * limits.wall_s
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(
            value=solver.value,
            values=list(solver.response_proto.solution),
            proved=status == cp_model.OPTIMAL,
            objective=round(solver.objective_value),
            bound=round(solver.best_objective_bound),
            hit_wall=hit_wall,
            work=work,
        )
    if status in (cp_model.INFEASIBLE, cp_model.UNKNOWN):
        return Answer(value=None, proved=status == cp_model.INFEASIBLE, hit_wall=hit_wall, work=work)
    raise InternalError(f"the model is not valid: {model.validate()}")


def _solve(solver: cp_model.CpSolver, model: cp_model.CpModel, stop: Stop) -> cp_model.CpSolverStatus:
    """In a thread of its own, so that this one can heed signals and the wish to stop."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        future = executor.submit(solver.solve, model)
        while True:
            try:
                return future.result(timeout=_LISTEN_S)
            except TimeoutError:
                if stop.is_set():
                    solver.stop_search()


def search(model: cp_model.CpModel, variables: Variables, problem: Problem, limits: Limits) -> Found:
    """``run``, read back as pods of each class on each node."""
    answer = run(model, limits)
    return Found(
        counts=None if answer.value is None else counts_of(problem, variables, answer),
        proved=answer.proved,
        objective=answer.objective,
        bound=answer.bound,
        hit_wall=answer.hit_wall,
        work=answer.work,
    )


def counts_of(problem: Problem, variables: Variables, answer: Answer) -> IntArray:
    """[C, N] of an answer that has a solution."""
    assert answer.value is not None
    counts = np.zeros_like(problem.limit)
    for pod_class in range(len(problem.classes)):
        for node, variable in variables.nodes(pod_class).items():
            counts[pod_class, node] = answer.value(variable)
    return counts
