"""Even use: the fullest node as empty as possible, by its fullest requested resource, in percent."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from solver.compile.problem import MANY, PODS, BoolArray, IntArray, Problem
from solver.variables import Term, Variables, total

NAME = "even use"


def merge(values: Iterable[int]) -> int:
    return max(values, default=0)


def cost(problem: Problem, variables: Variables) -> list[Term]:
    """Percent of what is free now; pod slots do not count as use."""
    model = variables.model
    fullest = model.new_int_var(0, 100, "fullest")
    posted = False
    for node in range(len(problem.nodes)):
        for resource, name in enumerate(problem.resources):
            free = int(problem.free[node, resource])
            terms = variables.at(node, problem.request[:, resource])
            if name != PODS and free > 0 and terms:
                model.add(total((100 * c, v) for c, v in terms) <= free * fullest)
                posted = True
    return [(1, fullest)] if posted else []


def value(problem: Problem, counts: IntArray) -> int:
    used = counts.sum(axis=0) > 0
    taken = counts[:, used].T.astype(np.int64) @ problem.request
    columns = _counting(problem)
    percent = -(-100 * taken[:, columns] // np.maximum(problem.free[used][:, columns], 1))
    return int(percent.max(initial=0))


def floor(problem: Problem) -> int:
    """No complete placement costs less: each class by itself has to find room for all its pods."""
    wanted = [c.count for c in problem.classes]
    low, high = 0, 100
    while low < high:
        middle = (low + high) // 2
        if (limits_within(problem, middle).sum(axis=1, dtype=np.int64) >= wanted).all():
            high = middle
        else:
            low = middle + 1
    return low


def limits_within(problem: Problem, percent: int) -> IntArray:
    """[C, N], most pods of a class on a node for which it is no fuller than this."""
    columns, room = _counting(problem), room_within(problem, percent)
    requests, alike = np.unique(problem.request, axis=0, return_inverse=True)
    fits = np.full((len(requests), len(problem.nodes)), MANY, dtype=np.int32)
    for request, row in zip(requests, fits, strict=True):
        for column in np.flatnonzero(columns & (request > 0)):
            np.minimum(row, np.minimum(room[:, column] // request[column], MANY), out=row, casting="unsafe")
    return np.minimum(problem.limit, fits[alike])


def room_within(problem: Problem, percent: int) -> IntArray:
    """[N, R], so much of ``Problem.free`` as may be taken."""
    return np.where(_counting(problem), problem.free * percent // 100, problem.free)


def _counting(problem: Problem) -> BoolArray:
    """[R], resources that count as use."""
    return np.array([name != PODS for name in problem.resources], dtype=np.bool_)
