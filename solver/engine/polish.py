"""The later objectives, one after the other, without giving up anything an earlier one reached."""

from __future__ import annotations

from dataclasses import dataclass, replace

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.build import Built, build
from solver.engine.levelling import costs, levelled
from solver.engine.search import run
from solver.model.config import SolveConfig
from solver.model.progress import Phase, Progress
from solver.objectives import OBJECTIVES, Objective, even_use, unplaced
from solver.variables import total

_DETERMINISTIC = 0.4
"""Work limit of one stage: soft rules are worth a look, not the whole time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageValue:
    name: str
    value: int
    bound: int


def polish(
    problem: Problem, counts: IntArray, budget: Budget, config: SolveConfig
) -> tuple[IntArray, list[StageValue]]:
    """[C, N] counts as good as ``counts`` in pods placed and as good as the limits allow in the rest.

    No model is built for what costs no more than the least it could. Without any time there are no stages.
    """
    if budget.spent:
        return counts, []
    floor = 0
    if counts.sum() == problem.pods_asked:
        floor = even_use.floor(problem)
        counts = levelled(problem, counts, floor, budget)
    least = [0] * (len(OBJECTIVES) - 1) + [floor]
    reached = costs(problem, counts)
    bounds: list[int] = []
    if reached > least:
        found, bounds = _searched(problem, counts, reached, least, budget, config)
        cost = costs(problem, found)
        if cost < reached:  # with domains closed on the way it may look cheaper than it is
            counts, reached = found, cost
    return counts, _stages(reached, least, bounds)


def _searched(
    problem: Problem,
    counts: IntArray,
    reached: list[int],
    least: list[int],
    budget: Budget,
    config: SolveConfig,
) -> tuple[IntArray, list[int]]:
    """What the search makes of counts that cost ``reached``, and the bounds it found, objective by objective.

    Where only even use is left to gain, nobody may go where the node would be fuller than the fullest now.
    With domains closed on the way the other objectives may look cheaper than they are, never dearer.
    """
    if reached[:-1] == least[:-1]:
        narrow = replace(problem, limit=even_use.limits_within(problem, reached[-1]))
    else:
        narrow = problem
    polisher = _Polisher(narrow, counts, budget, config)
    bounds: list[int] = []
    for objective, lowest in zip(OBJECTIVES, least, strict=True):
        bound = None if budget.spent else polisher.stage(objective, lowest)
        if bound is None:
            break
        bounds.append(bound)
    return polisher.counts, bounds


def _stages(reached: list[int], least: list[int], bounds: list[int]) -> list[StageValue]:
    known = bounds + [0] * (len(reached) - len(bounds))
    return [
        StageValue(name=objective.NAME, value=value, bound=min(value, max(lowest, bound)))
        for objective, value, lowest, bound in zip(OBJECTIVES, reached, least, known, strict=True)
    ]


class _Polisher:
    def __init__(self, problem: Problem, counts: IntArray, budget: Budget, config: SolveConfig) -> None:
        self._problem = problem
        self._budget = budget
        self._config = config
        self._built: Built = build(problem)
        self.counts = counts.copy()
        reward = unplaced.reward(problem, self._built.variables)
        reached = sum(weight * int(n) for (weight, _), n in zip(reward, counts.sum(axis=1), strict=True))
        self._built.model.add(total(reward) >= reached)

    def stage(self, objective: Objective, least: int) -> int | None:
        """Improve the counts by one objective, and hold on to what is reached: a bound, no less than
        ``least``. None when there was no time."""
        terms = objective.cost(self._problem, self._built.variables)
        if not terms:
            return least
        cost, bound = total(terms), least
        value = objective.value(self._problem, self.counts)
        self._budget.watch(
            Progress(phase=Phase.IMPROVE, objective=objective.NAME, cost=value, cost_at_best=least)
        )
        if value > least:
            self._built.model.minimize(cost)
            if not self._complete_hint():
                return None
            value, bound = self._search(value)
        self._built.model.add(cost <= value)
        return bound

    def _complete_hint(self) -> bool:
        """Hint the present counts with helping variables at their best; False when time was too short."""
        self._built.variables.hint(self.counts)
        limits = self._budget.limits(_DETERMINISTIC, self._config.seed)
        answer = run(self._built.model, limits, follow_hint=True)
        if answer.value is None:
            return False
        self._hint_all(answer.values)
        return True

    def _hint_all(self, values: list[int]) -> None:
        model = self._built.model
        model.clear_hints()  # type: ignore[no-untyped-call] # ortools leaves it untyped
        for index, value in enumerate(values):
            model.add_hint(model.get_int_var_from_proto_index(index), value)

    def _search(self, value: int) -> tuple[int, int]:
        """(cost reached, bound), at most ``value``."""
        limits = self._budget.limits(_DETERMINISTIC, self._config.seed)
        answer = run(self._built.model, limits)
        if not answer.proved:
            self._budget.note(hit_wall=answer.hit_wall)
        if answer.value is None or answer.objective > value:
            return value, 0
        for pod_class in range(len(self._problem.classes)):
            for node, variable in self._built.variables.nodes(pod_class).items():
                self.counts[pod_class, node] = answer.value(variable)
        return answer.objective, answer.bound
