"""Problem to counts: component by component, objective by objective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.components import components, restrict
from solver.engine.placing import Placed, most_pods
from solver.engine.polish import StageValue, polish
from solver.model.config import SolveConfig
from solver.model.outcome import SearchReport, Stage
from solver.objectives import OBJECTIVES, unplaced

_TOO_LARGE = ("the question is too large to search as a whole: placed by construction",)
_PLACING_SHARE = 0.85
"""Of a component's time, for placing pods; the rest is for the softer objectives."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """``counts`` [C, N]. ``proved``: no placement is better in pods placed, priorities considered."""

    counts: IntArray
    proved: bool
    report: SearchReport


def solve(problem: Problem, budget: Budget, config: SolveConfig) -> Solution:
    parts = components(problem)
    counts = np.zeros_like(problem.limit)
    placed: list[Placed] = []
    polished: list[list[StageValue]] = []
    left = sum(len(part) for part in parts)
    for part in parts:
        share_s = budget.left_s * len(part) / left
        left -= len(part)
        mine = restrict(problem, part)
        first = most_pods(mine, budget.within(_PLACING_SHARE * share_s), config)
        better, stages = _polish(mine, first, budget.within(share_s), config)
        counts[list(part)] = better
        placed.append(first)
        polished.append(stages)
    proved = all(p.proved for p in placed)
    return Solution(
        counts=counts, proved=proved, report=_report(problem, placed, polished, budget, len(parts))
    )


def _polish(
    problem: Problem, placed: Placed, budget: Budget, config: SolveConfig
) -> tuple[IntArray, list[StageValue]]:
    """The softer objectives; left out where the model is too large to build or no time is left."""
    if placed.too_large or budget.spent or not placed.counts.any():
        return placed.counts, []
    return polish(problem, placed.counts, budget, config)


def _report(
    problem: Problem,
    placed: list[Placed],
    polished: list[list[StageValue]],
    budget: Budget,
    parts: int,
) -> SearchReport:
    stages = [
        Stage(
            name=unplaced.NAME,
            value=sum(int(p.counts.sum()) for p in placed),
            bound=sum(p.bound for p in placed),
        )
    ]
    softer = [several for several, p in zip(polished, placed, strict=True) if p.counts.any()]
    for number, objective in enumerate(OBJECTIVES):
        if all(len(several) > number for several in softer):
            stages.append(
                Stage(
                    name=objective.NAME,
                    value=objective.merge(several[number].value for several in softer),
                    bound=objective.merge(several[number].bound for several in softer),
                )
            )
    return SearchReport(
        stages=tuple(stages),
        stopped_by=budget.stopped_by,
        variables=sum(p.variables for p in placed),
        components=parts,
        pod_classes=len(problem.classes),
        node_classes=int(problem.node_class.max(initial=-1)) + 1,
        workers=1,
        approximations=problem.approximations + _TOO_LARGE * any(p.too_large for p in placed),
    )
