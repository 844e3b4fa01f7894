"""Shortages that need no search: a family of pods that its own nodes and failure domains cannot hold.

A family is a set of classes that exclude each other (usually one workload). Its failure domains form a
hierarchy, host under rack under zone; pods flow from classes through nodes and up the hierarchy, a domain
passing as many as it may hold. Where the greatest flow falls short, the smallest cut says what is missing,
whatever else moves. Nothing of other families is looked at, so no cut proves nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np

from solver.compile.domains import domain_count
from solver.compile.problem import IntArray, Problem
from solver.constraints.pod_anti_affinity import Clique, cliques
from solver.model.names import PodKey

_Vertex = tuple[str, int]
_PODS: _Vertex = ("pods", 0)
_CLUSTER: _Vertex = ("cluster", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """``most`` of the family's ``wanted`` pods fit at best. The cut: nodes with the pods they have room for,
    and per topology key the domains that are full with one pod each."""

    most: int
    wanted: int
    nodes: int
    room: int
    full_domains: tuple[tuple[str, int], ...]


def shortages(problem: Problem) -> dict[PodKey, Shortage]:
    """The shortage of every pod whose family has one."""
    found: dict[PodKey, Shortage] = {}
    for members, topologies in _families(problem):
        shortage = _shortage(problem, members, topologies)
        if shortage is not None:
            found |= {pod.key: shortage for index in members for pod in problem.classes[index].members}
    return found


def _families(problem: Problem) -> Iterator[tuple[tuple[int, ...], list[Clique]]]:
    together: dict[tuple[int, ...], list[Clique]] = defaultdict(list)
    for clique in cliques(problem)[0]:
        together[clique.members].append(clique)
    yield from together.items()
    in_one = {index for members in together for index in members}
    yield from (((index,), []) for index in range(len(problem.classes)) if index not in in_one)


def _shortage(problem: Problem, members: tuple[int, ...], topologies: list[Clique]) -> Shortage | None:
    wanted = sum(problem.classes[index].count for index in members)
    nodes = [int(n) for n in np.flatnonzero(problem.limit[list(members)].any(axis=0))]
    if int(problem.limit[list(members)].sum()) >= wanted and not topologies:
        return None  # the common case, without a graph
    levels = _hierarchy(topologies, nodes)
    graph = _graph(problem, members, levels, nodes)
    most, (near, _) = nx.minimum_cut(graph, _PODS, _CLUSTER)
    if most >= wanted or not most:  # with no open node at all, the verdict on the pod says why
        return None
    cut = [(a, b, d["capacity"]) for a, b, d in graph.edges(data=True) if a in near and b not in near]
    roomy = [(b[1], capacity) for a, b, capacity in cut if a[0] == "class"]
    full = Counter(a[0] for a, _, _ in cut if a[0] not in ("class", "pods"))
    return Shortage(
        most=int(most),
        wanted=wanted,
        nodes=len({node for node, _ in roomy}),
        room=sum(capacity for _, capacity in roomy),
        full_domains=tuple(sorted(full.items())),
    )


def _hierarchy(topologies: list[Clique], nodes: list[int]) -> list[Clique]:
    """Finest first; a topology whose domains do not lie inside the next one's is left out."""
    levels: list[Clique] = []
    for clique in sorted(topologies, key=lambda c: (-domain_count(c.domain_of), c.topology_key)):
        if not levels or _nested(levels[-1].domain_of[nodes], clique.domain_of[nodes]):
            levels.append(clique)
    return levels


def _nested(fine: IntArray, coarse: IntArray) -> bool:
    if (fine < 0).any():
        return False
    pairs = set(zip(fine.tolist(), coarse.tolist(), strict=True))
    return len(pairs) == len({inner for inner, _ in pairs})


def _graph(
    problem: Problem, members: tuple[int, ...], levels: list[Clique], nodes: list[int]
) -> nx.DiGraph[_Vertex]:
    graph: nx.DiGraph[_Vertex] = nx.DiGraph()
    graph.add_node(_CLUSTER)
    for index in members:
        graph.add_edge(_PODS, ("class", index), capacity=problem.classes[index].count)
        for home in np.flatnonzero(problem.limit[index]).tolist():
            graph.add_edge(("class", index), ("node", home), capacity=int(problem.limit[index, home]))
    for node in nodes:
        place: _Vertex = ("node", node)
        room = float("inf")
        for level in levels:
            domain = int(level.domain_of[node])
            if domain < 0:
                break
            graph.add_edge(place, (level.topology_key, domain), capacity=room)
            place, room = (level.topology_key, domain), 1
        graph.add_edge(place, _CLUSTER, capacity=room)
    return graph
