"""Soft rules together: preferred node affinity (L9), PreferNoSchedule (K5), ScheduleAnyway spread (T15-T19),
preferred pod (anti-)affinity (A15).

Weights are the manifest's own, 1-100; a soft taint costs 100, a soft spread 10 for every pod beyond maxSkew.
kube-scheduler's normalised scores depend on the set of feasible nodes of the moment and are not reproduced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.domains import domain_count, per_domain
from solver.compile.problem import MANY, BoolArray, IntArray, Problem, SoftPairRule, SpreadRule
from solver.variables import Term, Variables, total

NAME = "soft rules"

_SPREAD_EXCESS = 10


def merge(values: Iterable[int]) -> int:
    return sum(values)


def cost(problem: Problem, variables: Variables) -> list[Term]:
    terms = _nodes(problem, variables)
    for rule in problem.soft_spreads:
        terms += _spread(problem, variables, rule)
    for wish in _wishes(problem.soft_pairs):
        terms += _attract(variables, wish) if wish.rule.weight > 0 else _repel(variables, wish)
    return terms


def _nodes(problem: Problem, variables: Variables) -> list[Term]:
    found: list[Term] = []
    for index in range(len(problem.classes)):
        for node, variable in variables.nodes(index).items():
            if problem.node_cost[index, node]:
                found.append((int(problem.node_cost[index, node]), variable))
    return found


def _spread(problem: Problem, variables: Variables, rule: SpreadRule) -> list[Term]:
    """Excess over the emptiest domain plus maxSkew, summed over the domains that the pods may use: the
    others are not feasible nodes (T15), and an empty one among them would make every spread look alike. A
    pod on a node without the key, which T15 scores 0, is as bad as one too many."""
    model = variables.model
    pods = sum(problem.classes[i].count for i in rule.counted)
    highest = int(rule.present.max(initial=0)) + pods
    minimum = model.new_int_var(0, highest, "soft_minimum")
    keyless = np.flatnonzero(rule.domain_of < 0)
    found = [(_SPREAD_EXCESS, pods) for i in rule.constrained for _, pods in variables.count(i, keyless)]
    for domain in range(domain_count(rule.domain_of)):
        nodes = [int(n) for n in np.flatnonzero(rule.domain_of == domain)]
        if not any(variables.most(i, nodes) for i in rule.constrained):
            continue
        here = [term for i in rule.counted for term in variables.count(i, nodes)]
        most = sum(variables.most(i, nodes) for i in rule.counted)
        model.add(minimum <= total(here) + int(rule.present[domain]))
        if int(rule.present[domain]) + most > rule.max_skew:
            excess = model.new_int_var(0, highest, "soft_excess")
            model.add(excess >= total(here) + int(rule.present[domain]) - minimum - rule.max_skew)
            found.append((_SPREAD_EXCESS, excess))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """Preferences of the same wording: of one class, or of several that all match themselves and each other
    and are as good as one."""

    owners: tuple[int, ...]
    rule: SoftPairRule

    @property
    def friends(self) -> tuple[int, ...]:
        return tuple(i for i in self.rule.others if i not in self.owners)

    @property
    def of_its_own_kind(self) -> bool:
        return self.owners[0] in self.rule.others


def _wishes(pairs: Iterable[SoftPairRule]) -> list[_Wish]:
    alike: dict[Hashable, list[SoftPairRule]] = defaultdict(list)
    for pair in pairs:
        alone = None if pair.owner in pair.others else pair.owner
        place = (pair.domain_of.tobytes(), pair.present.tobytes())
        alike[alone, pair.weight, pair.others, place].append(pair)
    return [_Wish(tuple(dict.fromkeys(p.owner for p in several)), several[0]) for several in alike.values()]


@dataclass(frozen=True, slots=True, eq=False)
class _Here:
    """A wish in one domain."""

    mine: cp_model.LinearExpr
    most: int
    company: list[cp_model.IntVar]
    """A literal for each class of friends, true when one of them is there."""
    present: bool


def _places(variables: Variables, wish: _Wish) -> list[_Here]:
    found: list[_Here] = []
    for domain in range(domain_count(wish.rule.domain_of)):
        nodes = [int(n) for n in np.flatnonzero(wish.rule.domain_of == domain)]
        most = sum(variables.most(owner, nodes) for owner in wish.owners)
        if not most:
            continue
        friends = [f for f in wish.friends if variables.most(f, nodes)]
        found.append(
            _Here(
                mine=total(term for owner in wish.owners for term in variables.count(owner, nodes)),
                most=most,
                company=[variables.present(friend, nodes) for friend in friends],
                present=bool(wish.rule.present[domain]),
            )
        )
    return found


def _attract(variables: Variables, wish: _Wish) -> list[Term]:
    """Each pod in a domain without a matching pod misses the weight, and so does one on a node without the
    key; among pods that match themselves only the first in a domain is without one."""
    keyless = np.flatnonzero(wish.rule.domain_of < 0)
    found = [(wish.rule.weight, pods) for owner in wish.owners for _, pods in variables.count(owner, keyless)]
    for here in _places(variables, wish):
        if here.present:
            continue
        company = total((1, flag) for flag in here.company)
        if wish.of_its_own_kind:
            lonely = variables.model.new_bool_var("lonely")
            variables.model.add(here.mine <= here.most * (lonely + company))
        else:
            lonely = variables.model.new_int_var(0, here.most, "lonely")
            variables.model.add(lonely >= here.mine - here.most * company)
        found.append((wish.rule.weight, lonely))
    return found


def _repel(variables: Variables, wish: _Wish) -> list[Term]:
    """Each pod in a domain with another matching pod costs the weight, where only pods of its own kind are
    there the first of them excepted."""
    found: list[Term] = []
    for here in _places(variables, wish):
        crowded = variables.model.new_int_var(0, here.most, "crowded")
        if here.present:
            variables.model.add(crowded >= here.mine)
        elif wish.of_its_own_kind:
            variables.model.add(crowded >= here.mine - 1)
        for flag in here.company if not here.present else ():
            variables.model.add(crowded >= here.mine - here.most * (1 - flag))
        found.append((-wish.rule.weight, crowded))
    return found


def value(problem: Problem, counts: IntArray) -> int:
    found = int((problem.node_cost * counts).sum(dtype=np.int64))
    found += sum(_excess(problem, counts, rule) for rule in problem.soft_spreads)
    for wish in _wishes(problem.soft_pairs):
        found += _lonely(counts, wish) if wish.rule.weight > 0 else _crowded(counts, wish)
    return found


def _excess(problem: Problem, counts: IntArray, rule: SpreadRule) -> int:
    constrained, domain_of = list(rule.constrained), rule.domain_of
    keyless = int(counts[constrained][:, domain_of < 0].sum())
    usable = per_domain(problem.limit[constrained].max(axis=0), domain_of) > 0
    here = (per_domain(counts[list(rule.counted)].sum(axis=0), domain_of) + rule.present)[usable]
    beyond = np.maximum(here - here.min(initial=MANY) - rule.max_skew, 0)
    return _SPREAD_EXCESS * (keyless + int(beyond.sum()))


def _lonely(counts: IntArray, wish: _Wish) -> int:
    mine, company = _met(counts, wish)
    alone = mine[~company]
    lonely = np.count_nonzero(alone) if wish.of_its_own_kind else alone.sum()
    keyless = counts[list(wish.owners)][:, wish.rule.domain_of < 0].sum()
    return wish.rule.weight * (int(lonely) + int(keyless))


def _crowded(counts: IntArray, wish: _Wish) -> int:
    mine, company = _met(counts, wish)
    among_themselves = np.maximum(mine - 1, 0) if wish.of_its_own_kind else np.zeros_like(mine)
    return -wish.rule.weight * int(np.where(company, mine, among_themselves).sum())


def _met(counts: IntArray, wish: _Wish) -> tuple[IntArray, BoolArray]:
    """[D], pods that have the wish; and whether somebody else it is about is there."""
    domain_of = wish.rule.domain_of
    friends = per_domain(counts[list(wish.friends)].sum(axis=0), domain_of)
    mine = per_domain(counts[list(wish.owners)].sum(axis=0), domain_of)
    return mine, friends + wish.rule.present > 0
