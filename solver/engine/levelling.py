"""Even use without a model: construct anew with less of each node to fill, as little as goes.

A node may be filled to some percent of what is free. At the least percent that any complete placement needs
construction mostly succeeds, and then nothing is better.
"""

from __future__ import annotations

from dataclasses import replace

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.construct import construct
from solver.objectives import OBJECTIVES, even_use

_MOST_TRIES = 4
"""Constructions beyond the first."""


def costs(problem: Problem, counts: IntArray) -> list[int]:
    """What the placement costs by each objective."""
    return [objective.value(problem, counts) for objective in OBJECTIVES]


def levelled(problem: Problem, counts: IntArray, floor: int, budget: Budget) -> IntArray:
    """[C, N], as many pods of every class as in ``counts``, at no higher cost, on nodes less full."""
    best, best_costs = counts, costs(problem, counts)
    low, high = floor, best_costs[-1]
    percent = floor
    for _ in range(1 + _MOST_TRIES):
        if low >= high or budget.spent:
            break
        found = construct(within(problem, percent), budget).counts
        found_costs = costs(problem, found)
        if (found.sum(axis=1) == counts.sum(axis=1)).all() and found_costs < best_costs:
            best, best_costs, high = found, found_costs, found_costs[-1]
        else:
            low = percent + 1
        percent = (low + high) // 2
    return best


def within(problem: Problem, percent: int) -> Problem:
    """The problem with no node filled beyond this."""
    return replace(
        problem,
        limit=even_use.limits_within(problem, percent),
        free=even_use.room_within(problem, percent),
    )
