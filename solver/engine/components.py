"""Independent parts of a problem: classes that share no node and no rule are solved apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from solver.compile.problem import (
    AttractionRule,
    BalanceGroup,
    IntArray,
    Problem,
    SharedClaim,
    SharedVolume,
    SpreadRule,
)
from solver.engine.unions import Unions


def components(problem: Problem) -> list[tuple[int, ...]]:
    """Class indices of each connected component of the coupling graph, in order of their first class."""
    parts = Unions(len(problem.classes))
    holder = np.full(len(problem.nodes), -1)  # of each node: one class that stands for its part
    for index, row in enumerate(problem.limit):
        at = np.flatnonzero(row)
        met = [held for held in _distinct(holder[at]) if held >= 0] or [index]
        parts.join(index, *met)
        if len(met) > 1:
            holder[np.isin(holder, met)] = met[0]
        holder[at] = met[0]
    for together in _coupled(problem):
        parts.join(*together)
    return parts.sets()


def _distinct(values: IntArray) -> list[int]:
    """Mostly there is only one: a look at both ends then spares the sorting."""
    if values.size and values.min() == values.max():
        return [int(values[0])]
    return [int(value) for value in np.unique(values)]


def _coupled(problem: Problem) -> Iterator[list[int]]:
    """Classes that one rule names together."""
    for spread in (*problem.spreads, *problem.soft_spreads):
        yield sorted({*spread.constrained, *spread.counted})
    for separation in problem.separations:
        yield [separation.owner, *separation.others]
    for attraction in problem.attractions:
        yield [attraction.owner, *attraction.supporters]
    for pair in problem.soft_pairs:
        yield [pair.owner, *pair.others]
    for claim in problem.shared_claims:
        yield list(claim.users)
    for balance in problem.balances:
        yield list(balance.classes)
    for chain in problem.chains:
        yield list(chain)
    for kinds in _competing(problem):
        takers = {int(i) for k in kinds for i in np.flatnonzero(problem.claim_kinds[k].per_pod)}
        shared = (claim.users for claim in problem.shared_claims if claim.claim_kind in kinds)
        yield sorted(takers.union(*shared))


def _competing(problem: Problem) -> set[tuple[int, ...]]:
    """Claim kinds that accept the same volumes; most volume groups have theirs in common."""
    takers: list[list[int]] = [[] for _ in problem.volume_groups]
    for number, kind in enumerate(problem.claim_kinds):
        for group in kind.groups:
            takers[group].append(number)
    return {tuple(kinds) for kinds in takers}


def restrict(problem: Problem, part: tuple[int, ...]) -> Problem:
    """The problem with only these classes; but for shared volumes, every rule names a component's classes
    wholly or not at all."""
    if len(part) == len(problem.classes):
        return problem
    new = {old: position for position, old in enumerate(part)}
    rows = list(part)

    def ours(indices: Iterable[int]) -> tuple[int, ...]:
        return tuple(new[i] for i in indices)

    def spread(rule: SpreadRule) -> SpreadRule:
        return replace(rule, constrained=ours(rule.constrained), counted=ours(rule.counted))

    def claim(shared: SharedClaim) -> SharedClaim:
        return replace(shared, users=ours(shared.users))

    def volume(shared: SharedVolume) -> SharedVolume:
        """It counts node by node, so that users without a common node may be in different parts."""
        return replace(shared, users=ours(i for i in shared.users if i in new))

    def attraction(rule: AttractionRule) -> AttractionRule:
        return replace(rule, owner=new[rule.owner], supporters=ours(rule.supporters))

    def balance(group: BalanceGroup) -> BalanceGroup:
        return replace(group, classes=ours(group.classes))

    return replace(
        problem,
        classes=tuple(problem.classes[i] for i in part),
        limit=problem.limit[rows],
        request=problem.request[rows],
        conflicts=tuple((new[a], new[b]) for a, b in problem.conflicts if a in new and b in new),
        volume_limits=tuple(replace(v, added=v.added[rows]) for v in problem.volume_limits),
        shared_volumes=tuple(volume(v) for v in problem.shared_volumes if any(i in new for i in v.users)),
        claim_kinds=tuple(replace(k, per_pod=k.per_pod[rows]) for k in problem.claim_kinds),
        shared_claims=tuple(claim(s) for s in problem.shared_claims if s.users[0] in new),
        spreads=tuple(spread(r) for r in problem.spreads if r.constrained[0] in new),
        separations=tuple(
            replace(r, owner=new[r.owner], others=ours(r.others))
            for r in problem.separations
            if r.owner in new
        ),
        attractions=tuple(attraction(r) for r in problem.attractions if r.owner in new),
        chains=tuple((new[a], new[b]) for a, b in problem.chains if a in new),
        node_cost=problem.node_cost[rows],
        soft_spreads=tuple(spread(r) for r in problem.soft_spreads if r.constrained[0] in new),
        soft_pairs=tuple(
            replace(r, owner=new[r.owner], others=ours(r.others))
            for r in problem.soft_pairs
            if r.owner in new
        ),
        balances=tuple(balance(g) for g in problem.balances if g.classes[0] in new),
        homes=None if problem.homes is None else problem.homes[rows],
    )
