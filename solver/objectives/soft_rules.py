"""Soft rules together: preferred node affinity (L9), PreferNoSchedule (K5), ScheduleAnyway spread (T15-T19),
preferred pod (anti-)affinity (A15).

Weights are the manifest's own, 1-100; a soft taint costs 100, a soft spread 10 for every pod beyond maxSkew.
kube-scheduler's normalised scores depend on the set of feasible nodes of the moment and are not reproduced.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from solver.compile.domains import domain_count
from solver.compile.problem import Problem, SoftPairRule, SpreadRule
from solver.variables import Term, Variables, total

NAME = "soft rules"

_SPREAD_EXCESS = 10


def merge(values: Iterable[int]) -> int:
    return sum(values)


def cost(problem: Problem, variables: Variables) -> list[Term]:
    terms = _nodes(problem, variables)
    for rule in problem.soft_spreads:
        terms += _spread(problem, variables, rule)
    for pair in problem.soft_pairs:
        terms += _attract(variables, pair) if pair.weight > 0 else _repel(variables, pair)
    return terms


def _nodes(problem: Problem, variables: Variables) -> list[Term]:
    found: list[Term] = []
    for index in range(len(problem.classes)):
        for node, variable in variables.nodes(index).items():
            if problem.node_cost[index, node]:
                found.append((int(problem.node_cost[index, node]), variable))
    return found


def _spread(problem: Problem, variables: Variables, rule: SpreadRule) -> list[Term]:
    """Excess over the emptiest domain plus maxSkew, summed over domains."""
    model = variables.model
    domains = domain_count(rule.domain_of)
    pods = sum(problem.classes[i].count for i in rule.counted)
    highest = int(rule.present.max(initial=0)) + pods
    minimum = model.new_int_var(0, highest, "soft_minimum")
    found: list[Term] = []
    for domain in range(domains):
        nodes = [int(n) for n in np.flatnonzero(rule.domain_of == domain)]
        here = [term for i in rule.counted for term in variables.count(i, nodes)]
        most = sum(variables.most(i, nodes) for i in rule.counted)
        model.add(minimum <= total(here) + int(rule.present[domain]))
        if int(rule.present[domain]) + most > rule.max_skew:
            excess = model.new_int_var(0, highest, "soft_excess")
            model.add(excess >= total(here) + int(rule.present[domain]) - minimum - rule.max_skew)
            found.append((_SPREAD_EXCESS, excess))
    return found


def _attract(variables: Variables, rule: SoftPairRule) -> list[Term]:
    """Each owner pod in a domain without a matching pod misses the weight."""
    model = variables.model
    found: list[Term] = []
    for domain, nodes in sorted(variables.by_domain(rule.owner, rule.domain_of).items()):
        if rule.present[domain]:
            continue
        friends = [o for o in rule.others if o != rule.owner and variables.most(o, _all(rule, domain))]
        flags = [variables.present(o, _all(rule, domain)) for o in friends]
        lonely = model.new_int_var(0, variables.most(rule.owner, nodes), "lonely")
        mine = total(variables.count(rule.owner, nodes))
        model.add(lonely >= mine - variables.most(rule.owner, nodes) * total((1, f) for f in flags))
        found.append((rule.weight, lonely))
    return found


def _repel(variables: Variables, rule: SoftPairRule) -> list[Term]:
    """Each owner pod in a domain with another matching pod costs the weight."""
    model = variables.model
    found: list[Term] = []
    for domain, nodes in sorted(variables.by_domain(rule.owner, rule.domain_of).items()):
        most = variables.most(rule.owner, nodes)
        mine = total(variables.count(rule.owner, nodes))
        crowded = model.new_int_var(0, most, "crowded")
        if rule.present[domain]:
            model.add(crowded >= mine)
        elif rule.owner in rule.others:
            model.add(crowded >= mine - 1)
        for other in rule.others:
            if other != rule.owner and not rule.present[domain] and variables.most(other, _all(rule, domain)):
                there = variables.present(other, _all(rule, domain))
                model.add(crowded >= mine - most * (1 - there))
        found.append((-rule.weight, crowded))
    return found


def _all(rule: SoftPairRule, domain: int) -> list[int]:
    return [int(n) for n in np.flatnonzero(rule.domain_of == domain)]
