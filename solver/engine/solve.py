"""Problem to counts: component by component, objective by objective."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from solver.compile.problem import IntArray, Problem
from solver.engine.bound import Bound
from solver.engine.budget import Budget
from solver.engine.components import components, restrict
from solver.engine.placing import Placed, most_pods
from solver.engine.polish import StageValue, polish
from solver.engine.tally import Tally
from solver.executors import Inline, Stop, opened
from solver.model.config import SolveConfig
from solver.model.outcome import SearchReport, Stage, StoppedBy
from solver.model.progress import Watcher, unwatched
from solver.objectives import OBJECTIVES, unplaced

_TOO_LARGE = ("the question is too large to search as a whole: placed by construction and repair",)
MOST_POLISHED = 200_000
"""Pairs of class and open node beyond which softer objectives are left alone, though every pod is placed:
building the model and pricing what is there takes about 50 µs a pair, whatever the time limit."""
_PLACING_SHARE = 0.85
"""Of a component's time, for placing pods; the rest is for the softer objectives."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """``counts`` [C, N]. ``proved``: no placement is better in pods placed, priorities considered."""

    counts: IntArray
    proved: bool
    report: SearchReport
    shortage_of: Mapping[int, Bound]
    """By class, where there is one that holds it back."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A component, and all it may know of the rest: ``share_s`` of the wall time, and ``late_s`` more for
    what is worth little when left half done. Both only guard the deterministic limits inside. So its answer
    is the same whoever solves it, beside whatever."""

    problem: Problem
    share_s: float
    late_s: float
    config: SolveConfig


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolvedPart:
    """``counts`` [classes of the part, N], polished."""

    placed: Placed
    counts: IntArray
    stages: list[StageValue]
    stopped_by: StoppedBy


def solve(problem: Problem, budget: Budget, config: SolveConfig, late_s: float = 0.0) -> Solution:
    """``late_s`` wall seconds more may go into what is worth little when left half done.

    Raises ExecutorError when the executor of ``config`` cannot be had.
    """
    parts = components(problem)
    with opened(config.executor, config.time_limit_s) as executor:
        crew = executor if len(parts) > 1 else Inline()  # one part gains nothing from travelling
        shares = _shared_out(problem, parts, crew.slots, budget, late_s, config)
        if isinstance(crew, Inline):
            solved = Inline().map(_watched(budget.watch, problem.pods_asked), shares, budget.stop)
        else:  # nobody can be told from elsewhere
            solved = crew.map(solve_part, shares, budget.stop)
    for found in solved:
        budget.note_reason(found.stopped_by)
    return Solution(
        counts=_together(problem, parts, solved),
        proved=all(found.placed.proved for found in solved),
        report=_report(problem, solved, budget.stopped_by),
        shortage_of={
            part[index]: found.placed.shortage
            for part, found in zip(parts, solved, strict=True)
            if found.placed.shortage is not None
            for index in found.placed.shortage.held_back
        },
    )


def _together(problem: Problem, parts: list[tuple[int, ...]], solved: list[SolvedPart]) -> IntArray:
    """[C, N]"""
    if len(parts) == 1:
        return solved[0].counts
    counts = np.zeros(problem.limit.shape, dtype=problem.limit.dtype)
    for part, found in zip(parts, solved, strict=True):
        counts[list(part)] = found.counts
    return counts


def _shared_out(
    problem: Problem,
    parts: list[tuple[int, ...]],
    slots: int,
    budget: Budget,
    late_s: float,
    config: SolveConfig,
) -> Iterator[Part]:
    """The time left when a part's turn comes is shared by size among the parts to come, as many at once as
    there are slots."""
    everyone = left = len(problem.classes)
    for part in parts:
        share = min(1.0, slots * len(part) / left)
        left -= len(part)
        yield Part(
            problem=restrict(problem, part),
            share_s=share * budget.left_s,
            late_s=min(1.0, slots * len(part) / everyone) * late_s,
            config=config,
        )


def _watched(watch: Watcher, asked: int) -> Callable[[Part, Stop], SolvedPart]:
    """``solve_part`` for one part after the other, telling how far all of them together have got."""
    tally = Tally(watch, asked)

    def solve_next(part: Part, stop: Stop) -> SolvedPart:
        solved = solve_part(part, stop, tally.of_part(part.problem.pods_asked))
        tally.end_part(part.problem.pods_asked, int(solved.counts.sum()), solved.placed.bound)
        return solved

    return solve_next


def solve_part(part: Part, stop: Stop, watch: Watcher = unwatched) -> SolvedPart:
    budget = Budget(part.share_s, stop, watch)
    share = _PLACING_SHARE if _is_polished(part.problem) else 1.0
    placed = most_pods(part.problem, budget.within(share * part.share_s), part.config, part.late_s)
    counts, stages = _polish(part.problem, placed, budget, part.config)
    return SolvedPart(placed=placed, counts=counts, stages=stages, stopped_by=budget.stopped_by)


def _polish(
    problem: Problem, placed: Placed, budget: Budget, config: SolveConfig
) -> tuple[IntArray, list[StageValue]]:
    """The softer objectives; left out where the model is too large to build or no time is left."""
    if placed.too_large or not _is_polished(problem) or budget.spent or not placed.counts.any():
        return placed.counts, []
    return polish(problem, placed.counts, budget, config)


def _is_polished(problem: Problem) -> bool:
    return problem.places <= MOST_POLISHED


def _report(problem: Problem, solved: list[SolvedPart], stopped_by: StoppedBy) -> SearchReport:
    placed = [part.placed for part in solved]
    stages = [
        Stage(
            name=unplaced.NAME,
            value=sum(int(p.counts.sum()) for p in placed),
            bound=sum(p.bound for p in placed),
        )
    ]
    softer = [part.stages for part in solved if part.placed.counts.any()]
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
        stopped_by=stopped_by,
        variables=sum(p.variables for p in placed),
        components=len(solved),
        pod_classes=len(problem.classes),
        node_classes=int(problem.node_class.max(initial=-1)) + 1,
        workers=1,
        approximations=problem.approximations + _TOO_LARGE * any(p.too_large for p in placed),
    )
