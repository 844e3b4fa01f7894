"""The cheapest nodes to add so that every pod has a place, with at most so many moves of pods already placed.

The nodes on offer are part of the problem as optional ones. The model follows ``constraints``; where
minDomains counts domains that may or may not be bought (T6) it is looser than the rule, so a price proved
here is a lower bound, and whoever asks checks the purchase without the nodes that were not bought.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.problem import IntArray, Problem
from solver.engine.budget import Budget
from solver.engine.build import Built, build
from solver.engine.homes import count_left, left_home
from solver.engine.search import Answer, counts_of, run
from solver.model.config import SolveConfig
from solver.variables import Variables, total

_WORK = 40.0
"""Deterministic work for one price, and for choosing among equal ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offer:
    """Nodes alike but for their names, bought in this order at ``price`` each, in any unit."""

    nodes: tuple[int, ...]
    price: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Share:
    """At most ``most`` pods of one workload in any one domain."""

    classes: tuple[int, ...]
    domain_of: IntArray
    """[N]"""
    present: IntArray
    """[D], pods of the workload that stay where they are."""
    most: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """What is on offer, and under which conditions."""

    offers: tuple[Offer, ...]
    shares: tuple[Share, ...] = ()
    """Kept: nothing above them is bought."""
    levelled: tuple[Share, ...] = ()
    """Workloads to be spread as evenly as the price allows; their ``most`` does not count."""
    found_wanting: tuple[tuple[int, ...], ...] = ()
    """Purchases (nodes of each offer) that turned out not to do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Purchase:
    """``counts`` [C, N] and ``bought`` (nodes of each offer) are None when nothing was found.

    ``price_bound``: no purchase within the same moves costs less. With ``counts`` None, ``proved`` says
    that there is none.
    """

    counts: IntArray | None
    bought: tuple[int, ...] | None
    price: int
    price_bound: int
    moves: int
    proved: bool


def cheapest(
    problem: Problem, terms: Terms, most_moves: int, budget: Budget, config: SolveConfig
) -> Purchase:
    """The least price, then the fewest moves, then the most even spread of what is levelled."""
    model = _Model(problem, terms, most_moves)
    limits = budget.limits(_WORK, config.seed)
    model.minimise_price_and_moves()
    first = run(model.built.model, limits)
    budget.note(hit_wall=first.hit_wall) if not first.proved else None
    if first.value is None:
        return Purchase(counts=None, bought=None, price=0, price_bound=0, moves=0, proved=first.proved)
    bound = model.price_of(first.bound)
    best = first
    if first.proved and terms.levelled:
        model.level(first)
        second = run(model.built.model, budget.limits(_WORK, config.seed))
        best = second if second.value is not None else first
    return model.purchase(best, bound, proved=first.proved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """``price``: no purchase costs less, however the pods move. ``nodes`` of each offer bring that much."""

    price: int
    nodes: tuple[int, ...]


def estimate(problem: Problem, offers: tuple[Offer, ...], budget: Budget, config: SolveConfig) -> Estimate:
    """What all pods request together has to be there in sum."""
    model = cp_model.CpModel()
    counts = np.array([c.count for c in problem.classes], dtype=np.int64)
    there = np.ones(len(problem.nodes), dtype=np.bool_)
    there[list(problem.optional)] = False
    lacking = counts @ problem.request - problem.free[there].sum(axis=0)
    bought = [model.new_int_var(0, problem.pods_asked, f"bought_{i}") for i in range(len(offers))]
    for resource in np.flatnonzero(lacking > 0).tolist():
        brings = [int(problem.free[offer.nodes[0], resource]) for offer in offers]
        model.add(total(zip(brings, bought, strict=True)) >= int(lacking[resource]))
    model.minimize(total((offer.price, count) for offer, count in zip(offers, bought, strict=True)))
    found = run(model, budget.limits(_WORK, config.seed))
    nodes = tuple(0 if found.value is None else found.value(count) for count in bought)
    return Estimate(price=max(0, found.bound), nodes=nodes)


class _Model:
    def __init__(self, problem: Problem, terms: Terms, most_moves: int) -> None:
        self._problem = problem
        self._terms = terms
        self.built: Built = build(problem, complete=True)
        self._moves = total(left_home(problem, self.built.variables))
        at_home = 0 if problem.homes is None else int(problem.homes.sum())
        self._most_moves = min(most_moves, at_home)
        model, variables = self.built.model, self.built.variables
        model.add(self._moves <= self._most_moves)
        self._price = total(
            (offer.price, variables.there(node)) for offer in terms.offers for node in offer.nodes
        )
        for offer in terms.offers:
            for one, next_one in zip(offer.nodes, offer.nodes[1:], strict=False):
                model.add_implication(variables.there(next_one), variables.there(one))
        for share in terms.shares:
            for count in _by_domain(variables, share):
                model.add(count <= share.most)
        for bought in terms.found_wanting:
            self._forbid(bought)

    def _forbid(self, bought: tuple[int, ...]) -> None:
        """Not this purchase again."""
        variables = self.built.variables
        others: list[cp_model.LiteralT] = []
        for offer, count in zip(self._terms.offers, bought, strict=True):
            if count < len(offer.nodes):
                others.append(variables.there(offer.nodes[count]))
            if count > 0:
                others.append(variables.there(offer.nodes[count - 1]).negated())
        self.built.model.add_bool_or(others)

    def minimise_price_and_moves(self) -> None:
        self.built.model.minimize(self._price * (self._most_moves + 1) + self._moves)

    def price_of(self, objective: int) -> int:
        return max(0, objective) // (self._most_moves + 1)

    def level(self, found: Answer) -> None:
        """From now on: this price and these moves, and the fullest domain of every workload as empty as can
        be."""
        model, variables = self.built.model, self.built.variables
        assert found.value is not None
        model.add(self._price * (self._most_moves + 1) + self._moves <= found.objective)
        fullest = []
        for share in self._terms.levelled:
            pods = sum(self._problem.classes[i].count for i in share.classes) + int(share.present.sum())
            most = model.new_int_var(0, pods, "fullest")
            for count in _by_domain(variables, share):
                model.add(count <= most)
            fullest.append(most)
        model.minimize(total((1, most) for most in fullest))

    def purchase(self, found: Answer, price_bound: int, *, proved: bool) -> Purchase:
        assert found.value is not None
        variables = self.built.variables
        counts = counts_of(self._problem, variables, found)
        bought = tuple(
            sum(found.value(variables.there(node)) for node in offer.nodes) for offer in self._terms.offers
        )
        price = sum(offer.price * count for offer, count in zip(self._terms.offers, bought, strict=True))
        return Purchase(
            counts=counts,
            bought=bought,
            price=price,
            price_bound=min(price_bound, price),
            moves=count_left(self._problem, counts),
            proved=proved,
        )


def _by_domain(variables: Variables, share: Share) -> Iterable[cp_model.LinearExpr]:
    for domain, present in enumerate(share.present.tolist()):
        nodes = np.flatnonzero(share.domain_of == domain).tolist()
        terms = [term for pod_class in share.classes for term in variables.count(pod_class, nodes)]
        if terms:
            yield total(terms) + present
