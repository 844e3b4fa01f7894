"""The cheapest moves of running pods that reach a goal, all rules kept.

Running pods are part of the problem, lifted off their nodes (``Problem.homes``); what leaves its home
costs. A pod whose volumes hold it back may have a variant with new volumes (``Problem.variants``), at a
price of its own. Goals are further rows of the model; that single steps are admissible is for whoever
orders them to see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.problem import BoolArray, IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.build import build
from solver.engine.homes import left_home
from solver.engine.search import counts_of, run
from solver.model.config import SolveConfig
from solver.variables import Term, Variables, total

_WORK = 60.0
"""Deterministic work for the search."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Pods of the classes differ by at most ``skew`` between domains, and no domain has more than
    ``most``."""

    classes: tuple[int, ...]
    domain_of: IntArray
    """[N], -1 where a node does not count."""
    present: IntArray
    """[D], pods that stay where they are."""
    counted: BoolArray
    """[D], domains that count for the minimum."""
    skew: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """[C] of a pod that leaves its node, and [C] of a placed variant on top of that."""

    move: IntArray
    renew: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """``counts`` [C, N] is None when nothing was found; ``proved`` then says that nothing can be.

    ``bound``: no way to the goal costs less.
    """

    counts: IntArray | None
    cost: int
    bound: int
    proved: bool


def cheapest_moves(
    problem: Problem,
    prices: Prices,
    levels: Iterable[Levels],
    even: Iterable[Levels],
    most_cost: int | None,
    budget: Budget,
    config: SolveConfig,
) -> Moves:
    """The least cost at which every pod is placed and every level holds. Of equal ones that where the fullest
    domains of what should be ``even`` are emptiest, as far as that is found."""
    built = build(problem, complete=True)
    for level in levels:
        _post_levels(built.variables, level)
    cost = total(_cost_terms(problem, built.variables, prices))
    if most_cost is not None:
        built.model.add(cost <= most_cost)
    if problem.homes is not None:
        built.variables.hint(problem.homes)
    built.model.minimize(cost)
    answer = run(built.model, budget.limits(_WORK, config.seed))
    if not answer.proved:
        budget.note(hit_wall=answer.hit_wall)
    if answer.value is None:
        return Moves(counts=None, cost=0, bound=0, proved=answer.proved)
    best = answer
    if answer.proved:
        built.model.add(cost <= answer.objective)
        built.model.minimize(total((1, _fullest(built.variables, level)) for level in even))
        evened = run(built.model, budget.limits(_WORK, config.seed))
        best = evened if evened.value is not None else answer
    return Moves(
        counts=counts_of(problem, built.variables, best),
        cost=answer.objective,
        bound=max(0, answer.bound),
        proved=answer.proved,
    )


def _cost_terms(problem: Problem, variables: Variables, prices: Prices) -> list[Term]:
    terms = left_home(problem, variables, prices.move)
    for _, variant in problem.variants:
        terms.append((int(prices.renew[variant]), variables.placed(variant)))
    return terms


def _by_domain(variables: Variables, level: Levels) -> list[cp_model.LinearExpr]:
    counts = []
    for domain, present in enumerate(level.present.tolist()):
        nodes = np.flatnonzero(level.domain_of == domain).tolist()
        terms = [term for pod_class in level.classes for term in variables.count(pod_class, nodes)]
        counts.append(total(terms) + present)
    return counts


def _fullest(variables: Variables, level: Levels) -> cp_model.IntVar:
    """No less than the pods of any domain."""
    fullest = variables.model.new_int_var(0, 2**31 - 1, "fullest")
    for count in _by_domain(variables, level):
        variables.model.add(count <= fullest)
    return fullest


def _post_levels(variables: Variables, level: Levels) -> None:
    model, counts = variables.model, _by_domain(variables, level)
    if level.most is not None:
        for count in counts:
            model.add(count <= level.most)
    if level.skew is None or not level.counted.any():
        return
    minimum = model.new_int_var(0, 2**31 - 1, "least")
    for domain in np.flatnonzero(level.counted).tolist():
        model.add(minimum <= counts[domain])
    for count in counts:
        model.add(count - minimum <= level.skew)
