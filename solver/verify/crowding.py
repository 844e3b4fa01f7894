"""J9: which domains hold the fewest of the pods that hard spread constraints count. Only a preference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from heapq import heapify, heappop, heappush

from solver.model.pod import SpreadConstraint
from solver.model.selector import selects
from solver.scheduler.state import ClusterState
from solver.scheduler.tally import Tally
from solver.verify.likeness import Group
from solver.verify.plan import Domains

_Entry = tuple[tuple[int, ...], int, Domains]


def crowding(state: ClusterState, group: Group, domains: Domains) -> tuple[int, ...]:
    """How many pods stand in these domains already, by hard spread constraint; fewest go first."""
    place = dict(zip(group.keys, domains, strict=True))
    return tuple(_tally(state, group.namespace, c).refresh().at(place[c.topology_key]) for c in group.spread)


def _tally(state: ClusterState, namespace: str, constraint: SpreadConstraint) -> Tally:
    selector = constraint.selector

    def build() -> Tally:
        values = state.values_of(constraint.topology_key)
        cursor = state.journal.about(selector, (namespace,))
        return Tally(cursor, lambda pod: pod.namespace == namespace and selects(selector, pod.labels), values)

    return state.table(("crowding", namespace, constraint.topology_key, selector), build)


class LeastCrowded:
    """The domains of ``held`` that still have holders, least crowded first while pods are being added."""

    def __init__(self, state: ClusterState, group: Group, held: Mapping[Domains, Collection[object]]) -> None:
        self._state = state
        self._group = group
        self._held = held
        self._heap: list[_Entry] = [
            (crowding(state, group, domains), number, domains) for number, domains in enumerate(held)
        ]
        heapify(self._heap)

    def first(self, accepts: Callable[[Domains], bool]) -> Domains | None:
        """The least crowded domains that ``accepts`` accepts, or None."""
        passed: list[_Entry] = []
        found: Domains | None = None
        while self._heap and found is None:
            crowd, number, domains = heappop(self._heap)
            now = crowding(self._state, self._group, domains)
            if not self._held[domains]:
                continue  # nobody there waits any more
            if now != crowd:  # it has filled up since it was put there
                heappush(self._heap, (now, number, domains))
                continue
            passed.append((crowd, number, domains))
            if accepts(domains):
                found = domains
        for entry in passed:
            heappush(self._heap, entry)
        return found
