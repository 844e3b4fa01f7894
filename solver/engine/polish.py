"""The later objectives, one after the other, without giving up anything an earlier one reached."""

from __future__ import annotations

from dataclasses import dataclass

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.build import Built, build
from solver.engine.search import run
from solver.model.config import SolveConfig
from solver.objectives import OBJECTIVES, Objective, unplaced
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

    Objectives that there was no time to price are missing from the stages.
    """
    polisher = _Polisher(problem, counts, budget, config)
    stages: list[StageValue] = []
    for objective in OBJECTIVES:
        stage = None if budget.spent else polisher.stage(objective)
        if stage is None:
            break
        stages.append(stage)
    return polisher.counts, stages


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

    def stage(self, objective: Objective) -> StageValue | None:
        terms = objective.cost(self._problem, self._built.variables)
        if not terms:
            return StageValue(name=objective.NAME, value=0, bound=0)
        cost = total(terms)
        self._built.model.minimize(cost)
        value = self._complete_hint()
        if value is None:
            return None
        bound = 0
        if value > 0:
            value, bound = self._search(value)
        self._built.model.add(cost <= value)
        return StageValue(name=objective.NAME, value=value, bound=bound)

    def _complete_hint(self) -> int | None:
        """What the present counts cost, helping variables at their best; the hint becomes complete."""
        self._built.variables.hint(self.counts)
        limits = self._budget.limits(_DETERMINISTIC, self._config.seed)
        answer = run(self._built.model, limits, follow_hint=True)
        if answer.value is None:
            return None
        self._hint_all(answer.values)
        return answer.objective

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
