"""Required anti-affinity between asked pods, symmetric (A7, A8). Order-independent but for quirk A18.

Pods already on nodes are in ``Problem.limit``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from solver.compile.problem import IntArray, Problem, SeparationRule
from solver.variables import Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:  # noqa: ARG001 - one form only
    together, pairs = cliques(problem)
    for clique in together:
        _at_most_one(variables, clique.members, clique.domain_of)
    for rule in pairs:
        _apart(variables, rule)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clique:
    """Classes that all exclude each other and themselves: at most one of their pods in a domain."""

    members: tuple[int, ...]
    topology_key: str
    domain_of: IntArray


def cliques(problem: Problem) -> tuple[list[Clique], list[SeparationRule]]:
    """Rules that together make cliques, and those that do not."""
    grouped: dict[tuple[bytes, frozenset[int]], list[SeparationRule]] = defaultdict(list)
    for rule in problem.separations:
        matching = frozenset((*rule.others, *((rule.owner,) if rule.itself else ())))
        grouped[rule.domain_of.tobytes(), matching].append(rule)
    found: list[Clique] = []
    pairs: list[SeparationRule] = []
    for (_, matching), rules in grouped.items():
        if {r.owner for r in rules} == matching:
            first = rules[0]
            found.append(
                Clique(
                    members=tuple(sorted(matching)),
                    topology_key=first.topology_key,
                    domain_of=first.domain_of,
                )
            )
        else:
            pairs += rules
    return found, pairs


def _at_most_one(variables: Variables, members: tuple[int, ...], domain_of: IntArray) -> None:
    domains: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for member in members:
        for domain, nodes in variables.by_domain(member, domain_of).items():
            domains[domain] += [(member, node) for node in nodes]
    for places in domains.values():
        if len(places) > 1:
            terms = [term for member, node in places for term in variables.count(member, (node,))]
            variables.model.add(total(terms) <= 1)


def _apart(variables: Variables, rule: SeparationRule) -> None:
    mine = variables.by_domain(rule.owner, rule.domain_of)
    if rule.itself:
        _at_most_one(variables, (rule.owner,), rule.domain_of)
    for other in rule.others:
        theirs = variables.by_domain(other, rule.domain_of)
        for domain in sorted(mine.keys() & theirs.keys()):
            owner_there = variables.present(rule.owner, mine[domain])
            variables.model.add(owner_there + variables.present(other, theirs[domain]) <= 1)
