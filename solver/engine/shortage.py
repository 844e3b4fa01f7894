"""Shortages that need no search: a family of pods that its own nodes and failure domains cannot hold.

A family is a set of classes that exclude each other (usually one workload). Its failure domains form a
hierarchy, host under rack under zone; pods flow from classes through nodes and up the hierarchy, a domain
passing as many as it may hold. Where the greatest flow falls short, the smallest cut says what is missing,
whatever else moves. Nothing of other families is looked at, so no cut proves nothing.

Finest domains that are open to the same classes and lie in the same coarser one are one vertex, so that the
graph hardly grows with the nodes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
from ortools.graph.python.max_flow import SimpleMaxFlow  # type: ignore[import-untyped] # no stubs there

from solver.compile.domains import domain_count
from solver.compile.problem import BoolArray, IntArray, Problem
from solver.constraints.pod_anti_affinity import Clique, cliques
from solver.model.names import PodKey

_Vertex = tuple[str, int]
_CLASS = "pod class"
_PODS: _Vertex = ("pods asked about", 0)
_OUTSIDE: _Vertex = ("nodes in no domain", 0)
_CLUSTER: _Vertex = ("cluster", 0)
"""A domain is under its topology key, which has no blanks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """``most`` of the family's ``wanted`` pods fit at best. The cut: nodes with the pods they have room for,
    and per topology key the domains that are full with one pod each."""

    most: int
    wanted: int
    nodes: int
    room: int
    full_domains: tuple[tuple[str, int], ...]


def shortages(problem: Problem, left_over: Collection[PodKey]) -> dict[PodKey, Shortage]:
    """The shortage of every pod left over whose family has one."""
    asking = {}
    for index, pod_class in enumerate(problem.classes):
        keys = [pod.key for pod in pod_class.members if pod.key in left_over]
        if keys:
            asking[index] = keys
    found: dict[PodKey, Shortage] = {}
    for members, topologies in _families(problem, asking.keys()):
        shortage = _shortage(problem, members, topologies)
        if shortage is not None:
            found |= dict.fromkeys((key for i in members for key in asking.get(i, ())), shortage)
    return found


def _families(problem: Problem, asking: Collection[int]) -> Iterator[tuple[tuple[int, ...], list[Clique]]]:
    """Those that one of the classes ``asking`` belongs to."""
    rules = tuple(r for r in problem.separations if any(i in asking for i in (r.owner, *r.others)))
    together: dict[tuple[int, ...], list[Clique]] = defaultdict(list)
    for clique in cliques(replace(problem, separations=rules))[0]:
        together[clique.members].append(clique)
    yield from together.items()
    in_one = {index for members in together for index in members}
    yield from (((index,), []) for index in asking if index not in in_one)


def _shortage(problem: Problem, members: tuple[int, ...], topologies: list[Clique]) -> Shortage | None:
    wanted = sum(problem.classes[index].count for index in members)
    limit = problem.limit[list(members)]
    nodes = np.flatnonzero(limit.any(axis=0))
    levels = _hierarchy(topologies, nodes)
    outside = nodes[levels[0].domain_of[nodes] < 0] if levels else nodes
    network = _Network(endless=wanted)
    for member, index in enumerate(members):
        network.add(_PODS, (_CLASS, member), problem.classes[index].count)
        network.add((_CLASS, member), _OUTSIDE, int(limit[member, outside].sum()))
    network.add(_OUTSIDE, _CLUSTER, wanted)
    _add_domains(network, limit > 0, nodes, levels)
    most, cut = network.smallest_cut()
    if most >= wanted or not most:  # with no open node at all, the verdict on the pod says why
        return None
    full: Counter[str] = Counter()
    for tail, _, capacity in cut:
        full[tail[0]] += capacity
    roomy = [tail[1] for tail, _, _ in cut if tail[0] == _CLASS]
    return Shortage(
        most=most,
        wanted=wanted,
        nodes=int(limit[roomy][:, outside].any(axis=0).sum()),
        room=full[_CLASS],
        full_domains=tuple(sorted((n, c) for n, c in full.items() if n not in (_PODS[0], _CLASS))),
    )


def _hierarchy(topologies: list[Clique], nodes: IntArray) -> list[Clique]:
    """Finest first; a topology whose domains do not lie inside the next one's is left out. Only the coarsest
    may leave out nodes."""
    levels: list[Clique] = []
    for clique in sorted(topologies, key=lambda c: (-domain_count(c.domain_of), c.topology_key)):
        if not levels or _nested(levels[-1].domain_of[nodes], clique.domain_of[nodes]):
            levels.append(clique)
    return levels


def _nested(fine: IntArray, coarse: IntArray) -> bool:
    if (fine < 0).any():
        return False
    around = np.zeros(domain_count(fine), dtype=np.int64)
    around[fine] = coarse
    return bool((around[fine] == coarse).all())


def _add_domains(network: _Network, is_open: BoolArray, nodes: IntArray, levels: list[Clique]) -> None:
    """From the classes up to the cluster; ``is_open`` [members, N]. Every domain passes one pod."""
    for number, level in enumerate(levels):
        inside = nodes[level.domain_of[nodes] >= 0]
        home = level.domain_of[inside]
        coarser = levels[number + 1 :]
        around = np.full(domain_count(home), -1, dtype=np.int64)
        if coarser:
            around[home] = coarser[0].domain_of[inside]
        if number == 0:
            _add_finest(network, level.topology_key, _open_to(is_open[:, inside], home), coarser, around)
        else:
            for domain in np.unique(home).tolist():
                network.add((level.topology_key, domain), _outer(coarser, int(around[domain])), 1)


def _open_to(is_open: BoolArray, home: IntArray) -> IntArray:
    """[members, D], 1 where some node of the domain may host a pod of the class."""
    found = np.zeros((len(is_open), domain_count(home)), dtype=np.int64)
    for mine, row in zip(found, is_open, strict=True):
        mine[home[row]] = 1
    return found


def _add_finest(
    network: _Network, key: str, open_to: IntArray, coarser: list[Clique], around: IntArray
) -> None:
    """Domains open to the same classes inside the same domain as one vertex."""
    domains = np.flatnonzero(open_to.any(axis=0))
    looks = around[domains]
    for row in open_to[:, domains]:
        if not row.all():
            looks = np.unique(2 * looks + row, return_inverse=True)[1]
    _, first, counts = np.unique(looks, return_index=True, return_counts=True)
    for domain, count in zip(domains[first].tolist(), counts.tolist(), strict=True):
        network.add((key, domain), _outer(coarser, int(around[domain])), count)
        for member in np.flatnonzero(open_to[:, domain]).tolist():
            network.add((_CLASS, member), (key, domain), network.endless)


def _outer(coarser: list[Clique], domain: int) -> _Vertex:
    return (coarser[0].topology_key, domain) if coarser and domain >= 0 else _CLUSTER


class _Network:
    """Arcs from ``_PODS`` to ``_CLUSTER``."""

    def __init__(self, *, endless: int) -> None:
        self.endless = endless
        """More than can ever flow anywhere."""
        self._arcs: list[tuple[_Vertex, _Vertex, int]] = []
        self._number: dict[_Vertex, int] = {_PODS: 0, _CLUSTER: 1}

    def add(self, tail: _Vertex, head: _Vertex, capacity: int) -> None:
        for vertex in (tail, head):
            self._number.setdefault(vertex, len(self._number))
        self._arcs.append((tail, head, capacity))

    def smallest_cut(self) -> tuple[int, list[tuple[_Vertex, _Vertex, int]]]:
        """The greatest flow, and the arcs of the smallest cut that lies nearest to the cluster."""
        flow = SimpleMaxFlow()
        for tail, head, capacity in self._arcs:
            flow.add_arc_with_capacity(self._number[tail], self._number[head], capacity)
        status = flow.solve(self._number[_PODS], self._number[_CLUSTER])
        assert status == SimpleMaxFlow.OPTIMAL  # capacities are finite and not negative
        beyond = set(flow.get_sink_side_min_cut())
        cut = [
            (tail, head, capacity)
            for tail, head, capacity in self._arcs
            if capacity and self._number[tail] not in beyond and self._number[head] in beyond
        ]
        return flow.optimal_flow(), cut
