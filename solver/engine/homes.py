"""Pods that were lifted off their nodes, as terms of a model: which of them do not go back."""

from __future__ import annotations

import numpy as np

from solver.compile.problem import IntArray, Problem
from solver.variables import Term, Variables, total


def left_home(problem: Problem, variables: Variables, price: IntArray | None = None) -> list[Term]:
    """How many pods of each class leave each of its homes, every one at the ``price`` [C] of its class, or
    1."""
    terms: list[Term] = []
    if problem.homes is None:
        return terms
    for pod_class, node in np.argwhere(problem.homes).tolist():
        at_home = int(problem.homes[pod_class, node])
        left = variables.model.new_int_var(0, at_home, f"left_{pod_class}_{node}")
        variables.model.add(left >= at_home - total(variables.count(pod_class, [node])))
        terms.append((1 if price is None else int(price[pod_class]), left))
    return terms


def count_left(problem: Problem, counts: IntArray) -> int:
    """Pods that leave their homes under ``counts`` [C, N]."""
    return 0 if problem.homes is None else int(np.maximum(problem.homes - counts, 0).sum())
