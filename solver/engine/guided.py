"""Place everything with the help of node patterns.

The relaxation is rounded down to a small choice of patterns (``dive``), CP-SAT looks for a complete
placement among them, and while it looks the next dive is under way. A failed attempt proves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget, Limits
from solver.engine.build import Built
from solver.engine.dive import Pool, dives
from solver.engine.relaxation import Relaxation, list_columns
from solver.engine.rows import Rows, sort_rows
from solver.engine.search import Found, run
from solver.variables import Term, total

_DETERMINISTIC = 0.8
"""Work limit of one attempt."""
_MOST_ATTEMPTS = 60


def place_all(problem: Problem, built: Built, budget: Budget, *, workers: int, seed: int) -> IntArray | None:
    """[C, N] counts that place every pod, or None when none was found in the attempts there was time for.

    ``built`` is the complete form of the model. Attempts run beside the dives; the first in order that
    succeeds wins, whichever ends first.
    """
    random = np.random.default_rng(seed)
    rows = sort_rows(problem, built)
    columns = list_columns(problem, rows, random, budget)
    if columns is None:
        return None
    relaxation = Relaxation(problem, built, rows, columns)
    running: list[Future[Found]] = []
    with ThreadPoolExecutor(max_workers=max(1, workers - 1)) as executor:
        for number, pool in enumerate(islice(dives(relaxation, random, budget), _MOST_ATTEMPTS)):
            limits = budget.limits(_DETERMINISTIC, seed + number)
            running.append(executor.submit(_attempt, problem, built, rows, pool, limits))
            while len(running) >= workers:
                counts = _ended(running.pop(0), budget)
                if counts is not None:
                    return counts
        for future in running:
            counts = _ended(future, budget)
            if counts is not None:
                return counts
    return None


def _attempt(problem: Problem, built: Built, rows: Rows, pool: Pool, limits: Limits) -> Found:
    """Look for a complete placement in which every node holds part of one of its listed patterns."""
    model: cp_model.CpModel = built.model.clone()
    grouped = _collapse(model, rows)
    covering: dict[tuple[int, int], list[Term]] = defaultdict(list)
    choices: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for column in pool.columns:
        choice = model.new_bool_var("")
        model.add_hint(choice, column in pool.favoured)
        choices[column.node].append(choice)
        for pod_class, pods in column.pattern:
            covering[pod_class, column.node].append((pods, choice))
    for options in choices.values():
        model.add_at_most_one(options)
    for group, variable in zip(rows.groups, grouped, strict=True):
        cover = [term for _, node in group.members for term in covering[group.pod_class, node]]
        model.add(total([(1, variable)]) <= total(cover))
    answer = run(model, limits)
    if answer.value is None:
        return Found(counts=None, proved=answer.proved, hit_wall=answer.hit_wall)
    counts = np.zeros_like(problem.limit)
    for group, variable in zip(rows.groups, grouped, strict=True):
        left = answer.value(variable)
        for _, node in group.members:
            here = sum(pods * answer.value(choice) for pods, choice in covering[group.pod_class, node])
            counts[group.pod_class, node] = min(left, here)
            left -= counts[group.pod_class, node]
    return Found(counts=counts, proved=True)


def _collapse(model: cp_model.CpModel, rows: Rows) -> list[cp_model.IntVar]:
    """Let one variable stand for each group and drop the local rows, which the patterns imply."""
    proto = model.proto
    for several in rows.local.values():
        for row in several:
            proto.constraints[row.number].clear_linear()
    leader = [group.members[0][0] for group in rows.groups]
    for group in rows.groups:
        for position, (index, _) in enumerate(group.members):
            domain = proto.variables[index].domain
            domain.clear()
            domain.extend([0, 0 if position else group.most])
    for row in rows.coupling:
        collapsed = {
            leader[rows.group_of[index]] if index in rows.group_of else index: coefficient
            for index, coefficient in row.terms
        }
        linear = proto.constraints[row.number].linear
        linear.vars.clear()
        linear.vars.extend(collapsed.keys())
        linear.coeffs.clear()
        linear.coeffs.extend(collapsed.values())
    return [model.get_int_var_from_proto_index(index) for index in leader]


def _ended(attempt: Future[Found], budget: Budget) -> IntArray | None:
    found = attempt.result()
    if found.counts is None:
        budget.note(hit_wall=found.hit_wall)
    return found.counts
