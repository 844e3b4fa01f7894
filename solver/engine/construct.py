"""A first placement without search: whole classes, hardest first, best fit.

Always there, in no time that matters, and admissible in the order it was made. It is the floor under every
other answer.
"""

from __future__ import annotations

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.state import Growing


def construct(problem: Problem) -> IntArray:
    """[C, N] pods of each class on each node; what found no node is left out."""
    growing = Growing(problem)
    for index in _hardest_first(problem):
        for _ in range(problem.classes[index].count):
            open_nodes = growing.open_to(index)
            if not open_nodes.any():
                break
            growing.put(index, _best(problem, growing, index, open_nodes))
    return growing.counts


def _hardest_first(problem: Problem) -> list[int]:
    """Priority first, then followers after their predecessors (W14) and supporters before those they attract,
    then the larger share of all room that the class's own nodes offer."""
    room = problem.free.sum(axis=0)
    share = problem.request / np.maximum(room, 1)
    nodes = np.maximum((problem.limit > 0).sum(axis=1), 1)
    size = share.max(axis=1) * len(problem.nodes) / nodes
    depth = np.zeros(len(problem.classes), dtype=np.int64)
    for _ in range(len(problem.chains)):
        for earlier, later in problem.chains:
            depth[later] = max(depth[later], depth[earlier] + 1)
    attracted = {rule.owner for rule in problem.attractions if rule.supporters and not rule.itself}
    return sorted(
        range(len(problem.classes)),
        key=lambda i: (-problem.classes[i].priority, i in attracted, int(depth[i]), -float(size[i]), i),
    )


def _best(problem: Problem, growing: Growing, index: int, open_nodes: BoolArray) -> int:
    """The emptiest spread domain, then the node left with the least room by its scarcest resource."""
    nodes = np.flatnonzero(open_nodes)
    asked = problem.request[index] > 0
    total = np.maximum(problem.free[nodes][:, asked], 1)
    left = (growing.free[nodes][:, asked] - problem.request[index][asked]) / total
    order = np.lexsort((nodes, left.max(axis=1), growing.crowd(index)[nodes]))
    return int(nodes[order[0]])
