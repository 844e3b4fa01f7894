"""A first placement without search: whole classes, hardest first, best fit.

Always there, in next to no time, and admissible in the order it was made. It is the floor under every other
answer. Which order and which fit serve best differs from cluster to cluster, so a few are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.state import Growing

Size = Callable[[Problem], NDArray[np.float64]]
"""[C], how hard a class is to place; the hardest first."""
Fit = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Room left on candidate nodes [K, R], as fractions of a mean node's, to a score [K]; the least is best."""


def _by_largest_share(problem: Problem) -> NDArray[np.float64]:
    """The largest share of all room that the class's own nodes offer."""
    share = problem.request / np.maximum(problem.free.sum(axis=0), 1)
    nodes = np.maximum((problem.limit > 0).sum(axis=1), 1)
    return np.asarray(share.max(axis=1) / nodes, dtype=np.float64)


def _by_choice(problem: Problem) -> NDArray[np.float64]:
    """Classes kept to less than half of the nodes first, then by request over all resources."""
    request = (problem.request / np.maximum(problem.free.mean(axis=0), 1))[:, 1:].sum(axis=1)
    narrow = (problem.limit > 0).sum(axis=1) <= len(problem.nodes) / 2
    return np.asarray(request + narrow * 1e6, dtype=np.float64)


def _by_squares(left: NDArray[np.float64]) -> NDArray[np.float64]:
    """Little room left in every resource."""
    return np.asarray((left**2).sum(axis=1), dtype=np.float64)


def _by_most_left(left: NDArray[np.float64]) -> NDArray[np.float64]:
    """Little room left in the resource with the most of it."""
    return np.asarray(left.max(axis=1, initial=0.0), dtype=np.float64)


_VARIANTS: tuple[tuple[Size, Fit], ...] = tuple(
    product((_by_choice, _by_largest_share), (_by_squares, _by_most_left))
)


def construct(problem: Problem, budget: Budget) -> IntArray:
    """[C, N] pods of each class on each node; what found no node is left out."""
    if not problem.limit.any():
        return np.zeros_like(problem.limit)
    before_s = budget.left_s
    best = _grow(problem, *_VARIANTS[0])
    once_s = before_s - budget.left_s
    for size, fit in _VARIANTS[1:]:
        if best.sum() == problem.pods_asked or budget.within(budget.left_s - 2 * once_s).spent:
            break
        best = max(best, _grow(problem, size, fit), key=lambda counts: worth(problem, counts))
    return best


def worth(problem: Problem, counts: IntArray) -> tuple[int, ...]:
    """Pods placed at each priority, the highest first: the larger tuple is the better placement."""
    placed = counts.sum(axis=1)
    levels = sorted({c.priority for c in problem.classes}, reverse=True)
    return tuple(
        sum(int(n) for c, n in zip(problem.classes, placed, strict=True) if c.priority == level)
        for level in levels
    )


def _grow(problem: Problem, size: Size, fit: Fit) -> IntArray:
    growing = Growing(problem)
    waiting = _hardest_first(problem, size(problem))
    placed = -1
    while int(growing.placed.sum()) > placed:  # classes of one spread rule take turns: its minimum rises
        placed = int(growing.placed.sum())
        for index in waiting:
            _place_class(problem, growing, index, fit)
    return growing.counts


def _place_class(problem: Problem, growing: Growing, index: int, fit: Fit) -> None:
    while growing.placed[index] < problem.classes[index].count:
        open_nodes = growing.open_to(index)
        if not open_nodes.any():
            return
        growing.put(index, _best(problem, growing, index, open_nodes, fit))


def _best(problem: Problem, growing: Growing, index: int, open_nodes: BoolArray, fit: Fit) -> int:
    """The emptiest spread domain, then the best fit, then the first node."""
    nodes = np.flatnonzero(open_nodes)
    mean = np.maximum(problem.free.mean(axis=0), 1)
    left = (growing.free[nodes] - problem.request[index]) / mean
    order = np.lexsort((nodes, fit(left[:, 1:]), growing.crowd(index)[nodes]))
    return int(nodes[order[0]])


def _hardest_first(problem: Problem, size: NDArray[np.float64]) -> list[int]:
    """Priority first, then supporters before those they attract and predecessors before their followers
    (W14), then by size."""
    depth = np.zeros(len(problem.classes), dtype=np.int64)
    for earlier, later in problem.chains:
        depth[later] = depth[earlier] + 1
    attracted = {rule.owner for rule in problem.attractions if rule.supporters and not rule.itself}
    return sorted(
        range(len(problem.classes)),
        key=lambda i: (-problem.classes[i].priority, i in attracted, int(depth[i]), -float(size[i]), i),
    )
