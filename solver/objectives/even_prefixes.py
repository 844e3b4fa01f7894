"""StatefulSets even over zones, so that scaling down by ordinal keeps them so.

With even totals the ordinals can be dealt out to zones in turn (``engine.extract``), and then every prefix
is even. The cost is the widest gap between two usable zones beyond one pod, summed over the sets.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from solver.compile.domains import domain_count, per_domain
from solver.compile.problem import BalanceGroup, IntArray, Problem
from solver.variables import Term, Variables, total

NAME = "even StatefulSet prefixes"


def merge(values: Iterable[int]) -> int:
    return sum(values)


def cost(problem: Problem, variables: Variables) -> list[Term]:
    return [term for group in problem.balances for term in _gap(problem, variables, group)]


def _gap(problem: Problem, variables: Variables, group: BalanceGroup) -> list[Term]:
    model = variables.model
    highest = int(group.present.max(initial=0)) + sum(problem.classes[i].count for i in group.classes)
    usable = []
    for domain in range(domain_count(group.domain_of)):
        nodes = [int(n) for n in np.flatnonzero(group.domain_of == domain)]
        if group.present[domain] or any(variables.most(i, nodes) for i in group.classes):
            here = [term for i in group.classes for term in variables.count(i, nodes)]
            usable.append(total(here) + int(group.present[domain]))
    if len(usable) < 2:
        return []
    low, high = model.new_int_var(0, highest, "least"), model.new_int_var(0, highest, "most")
    for count in usable:
        model.add(low <= count)
        model.add(high >= count)
    gap = model.new_int_var(0, highest, "gap")
    model.add(gap >= high - low - 1)
    return [(1, gap)]


def value(problem: Problem, counts: IntArray) -> int:
    return sum(_gap_of(problem, counts, group) for group in problem.balances)


def _gap_of(problem: Problem, counts: IntArray, group: BalanceGroup) -> int:
    members = list(group.classes)
    usable = per_domain(problem.limit[members].max(axis=0), group.domain_of) + group.present > 0
    here = (per_domain(counts[members].sum(axis=0), group.domain_of) + group.present)[usable]
    return max(0, int(here.max()) - int(here.min()) - 1) if here.size else 0
