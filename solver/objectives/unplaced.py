"""Pods without a node, the most important priority first.

One weight a priority level, each level outweighing everything below it.
"""

from __future__ import annotations

from solver.compile.problem import Problem
from solver.variables import Term, Variables, total

NAME = "pods placed"

_LARGEST_WEIGHT = 2**40


def level_weights(problem: Problem) -> dict[int, int] | None:
    """Priority to weight; None when the levels are too many for one sum."""
    weights: dict[int, int] = {}
    weight = 1
    for priority in sorted({c.priority for c in problem.classes}):
        weights[priority] = weight
        weight *= 1 + sum(c.count for c in problem.classes if c.priority == priority)
        if weight > _LARGEST_WEIGHT:
            return None
    return weights


def reward(problem: Problem, variables: Variables) -> list[Term]:
    """Terms to *maximise*: placed pods by priority level. With too many levels, ranks stand for weights."""
    weights = level_weights(problem)
    if weights is None:
        levels = sorted({c.priority for c in problem.classes})
        weights = {priority: 1 + rank for rank, priority in enumerate(levels)}
    return [(weights[c.priority], variables.placed(i)) for i, c in enumerate(problem.classes)]


def forbid(problem: Problem, variables: Variables) -> None:
    """Every pod gets a node, itself or as its variant."""
    stand_ins: dict[int, list[int]] = {}
    for original, variant in problem.variants:
        stand_ins.setdefault(original, []).append(variant)
    all_variants = {variant for _, variant in problem.variants}
    for index, pod_class in enumerate(problem.classes):
        if index not in all_variants:
            placed = [(1, variables.placed(i)) for i in (index, *stand_ins.get(index, ()))]
            variables.model.add(total(placed) == pod_class.count)
