"""Which pods a pod affinity term covers (A1-A3, A18), and where the pods it covers, or that carry it, stand.

Shared by InterPodAffinity's filter and score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from solver.model.names import TopologyKey
from solver.model.pod import Pod, PodAffinityTerm
from solver.model.selector import selects
from solver.scheduler.journal import Cursor, pivot
from solver.scheduler.state import ClusterState
from solver.scheduler.tally import Counts, Tally


def covers_namespace(term: PodAffinityTerm, namespace: str, state: ClusterState) -> bool:
    """A1."""
    return namespace in term.namespaces or selects(
        term.namespace_selector, state.snapshot.namespace_labels(namespace)
    )


def matches_incoming(term: PodAffinityTerm, pod: Pod, state: ClusterState) -> bool:
    """A2 for a term of the incoming pod: does it cover this other pod (or the incoming one itself, A9)."""
    if not selects(term.selector, pod.labels):
        return False
    if covers_namespace(term, pod.namespace, state):
        return True
    return state.profiles.otherwise.exact_namespace_selector and selects(term.namespace_selector, {})  # A18


def tally(terms: tuple[PodAffinityTerm, ...], key: TopologyKey, state: ClusterState) -> Tally:
    """Pods on nodes that match *all* these terms of an incoming pod, per value of the key; up to date."""

    def build() -> Tally:
        lent = state.lent

        def matches(pod: Pod) -> bool:
            return all(matches_incoming(term, pod, lent) for term in terms)

        return Tally(_changes(terms[0], state), matches, state.values_of(key))

    return state.table(("affinity", terms, key), build).refresh()


def _changes(term: PodAffinityTerm, state: ClusterState) -> Cursor:
    """Every change of a pod the term may match."""
    namespaces = term.namespaces if term.namespace_selector is None else None
    return state.journal.about(term.selector, namespaces)


class Weighted(NamedTuple):
    term: PodAffinityTerm
    weight: int


class Carried(Counts):
    """A term that pods on nodes carry: how many carriers stand in each domain of its key (A11)."""

    __slots__ = ("term", "weight")

    def __init__(self, term: PodAffinityTerm, weight: int) -> None:
        super().__init__()
        self.term = term
        self.weight = weight


class CarriedTerms:
    """Terms of one kind carried by pods on nodes, filed by a label of the pods they select."""

    def __init__(self, terms_of: Callable[[Pod], Iterable[Weighted]], state: ClusterState) -> None:
        self._terms_of = terms_of
        self._state = state.lent
        self._cursor = state.journal.everything()
        self._all: dict[Weighted, Carried] = {}
        self._by_label: defaultdict[tuple[str, str], list[Carried]] = defaultdict(list)
        self._unfiled: list[Carried] = []

    def matching(self, incoming: Pod) -> list[Carried]:
        """Terms that match the incoming pod and whose carriers stand somewhere, up to date."""
        self._refresh()
        candidates = list(self._unfiled)
        for label in incoming.labels.items():
            candidates += self._by_label.get(label, ())
        return [
            carried
            for carried in candidates
            if carried.total > 0
            and selects(carried.term.selector, incoming.labels)
            and covers_namespace(carried.term, incoming.namespace, self._state)
        ]

    def fork(self, state: ClusterState) -> CarriedTerms:
        self._refresh()
        twin = CarriedTerms(self._terms_of, state)
        twin._cursor = state.journal.from_now()
        for item, carried in self._all.items():
            if carried.total > 0:
                twin._carried(item).become(carried)
        return twin

    def _refresh(self) -> None:
        for pod, node, delta in self._cursor.fresh():
            for item in self._terms_of(pod):
                value = self._state.values_of(item.term.topology_key)[node]
                if value is not None:
                    self._carried(item).shift(value, delta)

    def _carried(self, item: Weighted) -> Carried:
        carried = self._all.get(item)
        if carried is None:
            carried = self._all[item] = Carried(item.term, item.weight)
            labels = pivot(item.term.selector)
            for shelf in [self._unfiled] if labels is None else [self._by_label[pair] for pair in labels]:
                shelf.append(carried)
        return carried


def parsed(terms: Iterable[PodAffinityTerm]) -> tuple[PodAffinityTerm, ...]:
    """The terms of one list of a pod on a node; if one of them cannot be parsed, none of the list counts."""
    kept = tuple(terms)
    return () if any(term_fault(term) for term in kept) else kept


def term_fault(term: PodAffinityTerm) -> str:
    """Why the term's selectors cannot be parsed, or "" (A14)."""
    for selector in (term.selector, term.namespace_selector):
        if selector is not None and selector.error:
            return selector.error
    return ""
