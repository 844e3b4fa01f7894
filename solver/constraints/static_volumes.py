"""Claims that need a static volume get distinct ones (V29-V33).

A flow from claims on nodes to groups of volumes within reach. Which volume the greedy rule V33 picks is the
replay's business; with volumes nested by size, smallest first never spoils a flow that exists.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from solver.compile.problem import Problem
from solver.constraints.shared_claims import used_on
from solver.variables import Term, Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    taken: dict[int, list[Term]] = defaultdict(list)
    for kind_index, kind in enumerate(problem.claim_kinds):
        for node in np.flatnonzero(kind.needed):
            demand = variables.at(int(node), kind.per_pod)
            demand += _shared(problem, variables, kind_index, int(node))
            within_reach = [g for g in kind.groups if problem.volume_groups[g].reach[node]]
            if not demand:
                continue
            if len(within_reach) == 1:
                taken[within_reach[0]] += demand
                continue
            flows = _flows(problem, variables, (kind_index, int(node)), within_reach)
            for group, flow in flows:
                taken[group].append((1, flow))
            variables.model.add(total(demand) == total((1, flow) for _, flow in flows))
    for group, terms in taken.items():
        variables.model.add(total(terms) <= problem.volume_groups[group].size)


def _flows(problem: Problem, variables: Variables, where: tuple[int, int], groups: list[int]) -> list[Term]:
    return [
        (g, variables.model.new_int_var(0, problem.volume_groups[g].size, f"take_{where[0]}_{where[1]}_{g}"))
        for g in groups
    ]


def _shared(problem: Problem, variables: Variables, kind: int, node: int) -> list[Term]:
    """A shared claim asks for one volume however many pods use it."""
    found: list[Term] = []
    for claim in problem.shared_claims:
        flag = used_on(claim.users, variables, node) if claim.claim_kind == kind else None
        if flag is not None:
            found.append((1, flag))
    return found
