"""Independent parts of a problem: classes that share no node and no rule are solved apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np

from solver.compile.problem import (
    AttractionRule,
    BalanceGroup,
    Problem,
    SharedClaim,
    SharedVolume,
    SpreadRule,
)


def components(problem: Problem) -> list[tuple[int, ...]]:
    """Class indices of each connected component of the coupling graph, in order of their first class."""
    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    graph.add_nodes_from(("class", index) for index in range(len(problem.classes)))
    first_with: dict[bytes, int] = {}
    for index, row in enumerate(problem.limit):
        open_nodes = row > 0
        first = first_with.setdefault(open_nodes.tobytes(), index)
        if first != index:  # classes open to the same nodes need those edges only once
            graph.add_edge(("class", first), ("class", index))
        else:
            graph.add_edges_from((("class", index), ("node", int(n))) for n in np.flatnonzero(open_nodes))
    for together in _coupled(problem):
        graph.add_edges_from((("class", a), ("class", b)) for a, b in pairwise(together))
    found = [
        tuple(sorted(index for kind, index in part if kind == "class"))
        for part in nx.connected_components(graph)
    ]
    return sorted(part for part in found if part)


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
    for group in range(len(problem.volume_groups)):
        kinds = [number for number, kind in enumerate(problem.claim_kinds) if group in kind.groups]
        takers = {int(i) for k in kinds for i in np.flatnonzero(problem.claim_kinds[k].per_pod)}
        shared = (claim.users for claim in problem.shared_claims if claim.claim_kind in kinds)
        yield sorted(takers.union(*shared))


def restrict(problem: Problem, part: tuple[int, ...]) -> Problem:
    """The problem with only these classes; but for shared volumes, every rule names a component's classes
    wholly or not at all."""
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
    )
