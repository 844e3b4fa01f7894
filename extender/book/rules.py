"""What the rules of planned pods make of a pod: which of them look at it, and when it would break a slot.

Only rules between pods (T, A); room on nodes is in ``ledger``, volumes are in ``kinds``. A pod's *own* rules
need no care here: kube-scheduler checks them itself before it asks (X5), and nobody else depends on them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from extender.book.kinds import Kind
from solver.model.names import NodeName, PodKey, TopologyKey
from solver.model.node import Node
from solver.model.pod import Pod, PodAffinityTerm, SpreadConstraint
from solver.model.selector import LabelSelector
from solver.scheduler.affinity_terms import matches_incoming, tally
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.journal import pivot
from solver.scheduler.node_affinity import selects_node
from solver.scheduler.spread_counts import domain_counts, eligible_domains
from solver.scheduler.state import ClusterState
from solver.scheduler.taint_toleration import first_untolerated

T = TypeVar("T")
Site = tuple[Hashable, ...]
"""Where a node stands as far as some rules can tell; nodes with the same site are the same to them."""


class SpreadRule:
    """A hard spread constraint of one kind, with the counts its domains have once the plan is carried out."""

    def __init__(
        self, owner: Kind, constraint: SpreadConstraint, nodes: Iterable[Node], final: ClusterState
    ) -> None:
        self.owner = owner
        self.constraint = constraint
        self._keys = tuple(c.topology_key for c in owner.model.hard_spread)
        self.counts: Mapping[str, int] = domain_counts(owner.model, constraint, self._keys, final).by_place
        self.places = eligible_domains(owner.model, constraint, self._keys, final)
        """T4: the domain in which a pod is counted, by node index."""
        self._owned = frozenset(d for d in map(self.domain, nodes) if d is not None)
        """Domains in which the plan has pods that state the rule."""

    @property
    def key(self) -> TopologyKey:
        return self.constraint.topology_key

    def covers(self, pod: Pod) -> bool:
        """T5; an empty selector counts nobody (T10)."""
        selector = self.constraint.selector
        return (
            selector is not None
            and not selector.is_empty
            and pod.namespace == self.owner.model.namespace
            and selector.matches(pod.labels)
        )

    def domain(self, node: Node) -> str | None:
        """T4: the domain in which a pod on this node is counted, or None when it is not."""
        model, constraint = self.owner.model, self.constraint
        if any(key not in node.labels for key in self._keys):
            return None
        if constraint.honor_affinity and not selects_node(model, node):
            return None
        if constraint.honor_taints and first_untolerated(node, model.tolerations) is not None:
            return None
        return node.labels[self.key]

    def broken_by(self, changes: Mapping[str, int]) -> bool:
        """J4: would pods of the rule find a domain they are planned in too full, with counts changed so?"""
        return bool(self._too_full(changes) - self._too_full({}))

    def broken_by_move(self, before: str | None) -> BoolArray:
        """[N], nodes to which a counted pod must not move from this domain: ``broken_by`` at once."""
        domains = self.places.distinct
        if not domains:
            return self.places.numbers >= 0  # none of them counts
        counts = np.array([self.counts[domain] for domain in domains], dtype=np.int64)
        owned = np.array([domain in self._owned for domain in domains], dtype=np.bool_)
        loses = owned & (counts - self._minimum(self.counts) <= self.constraint.max_skew)
        if before is not None:
            counts[self.places.number_of[before]] -= 1
        broken = self._fuller(counts, loses)
        return broken[self.places.numbers]  # nodes that do not count take the last entry

    def _fuller(self, counts: IntArray, loses: BoolArray) -> BoolArray:
        """By domain, and at the end for none: is one of ``loses`` too full with one pod more there?"""
        skew = self.constraint.max_skew
        lowest, highest = (
            _without_each(counts, np.minimum),
            _without_each(np.where(loses, counts, _LOW), np.maximum),
        )
        enough = len(counts) >= self.constraint.min_domains
        minimum = np.minimum(lowest[:-1], counts + 1) if enough else np.zeros_like(counts)
        others = highest[:-1] - minimum > skew
        itself = loses & (counts + 1 - minimum > skew)
        nowhere = highest[-1] - (lowest[-1] if enough else 0) > skew
        return np.append(others | itself, nowhere)

    def takes_one_more(self, domain: str, already: int) -> bool:
        """Would the rule's planned pods find their domains if one more pod it counts came to this one?

        ``already`` such pods may have come there before. Nobody says that they do, so they do not raise the
        minimum. Counts decide only for a rule that is alone (J5).
        """
        if domain not in self._owned:
            return True
        full = self.counts[domain] + already + 1 - self._minimum(self.counts) > self.constraint.max_skew
        return len(self._keys) == 1 and not full

    def _too_full(self, changes: Mapping[str, int]) -> set[str]:
        counts = {domain: count + changes.get(domain, 0) for domain, count in self.counts.items()}
        minimum = self._minimum(counts)
        return {domain for domain in self._owned if counts[domain] - minimum > self.constraint.max_skew}

    def _minimum(self, counts: Mapping[str, int]) -> int:
        """T6."""
        enough = len(counts) >= self.constraint.min_domains
        return min(counts.values(), default=0) if enough else 0


_LOW, _HIGH = -(2**60), 2**60


def _without_each(values: IntArray, best: np.ufunc) -> IntArray:
    """The best of all values but one, for each; and at the end the best of all."""
    rest = _HIGH if best is np.minimum else _LOW
    before = best.accumulate(np.append(rest, values))
    after = best.accumulate(np.append(rest, values[::-1]))[::-1]
    return np.append(best(before[:-1], after[1:]), before[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A required affinity term of planned pods that the watched pod fulfils."""

    owner: Kind
    term: PodAffinityTerm
    starts_alone: bool
    """A9: no such pod runs yet, so the first one decides the domain for all."""
    domains: frozenset[str | None]
    """Where the owner's pods are planned."""

    @property
    def key(self) -> TopologyKey:
        return self.term.topology_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A7, A8: the watched pod and pods of this kind may not share a domain of the key."""

    other: Kind
    key: TopologyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Every rule of a planned pod that one pod, or one kind of pods, can break."""

    spread: tuple[SpreadRule, ...] = ()
    company: tuple[Company, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


class Rules:
    """The rules between the planned pods. ``base`` holds what runs, ``final`` the planned pods too."""

    def __init__(
        self,
        kinds: Sequence[Kind],
        node_of: Mapping[PodKey, NodeName],
        base: ClusterState,
        final: ClusterState,
    ) -> None:
        self._base = base
        self._kinds = Filed[Kind]()
        self._spread = Filed[SpreadRule]()
        self._company = Filed[Company]()
        self._refusals = Filed[tuple[Kind, PodAffinityTerm]]()
        self._own_spread: dict[Kind, list[SpreadRule]] = defaultdict(list)
        for kind in kinds:
            nodes = [base.node(node_of[pod.key]).node for pod in kind.pods]
            self._kinds.file_under(kind.model.labels.items(), kind)
            for constraint in kind.model.hard_spread:
                rule = SpreadRule(kind, constraint, nodes, final)
                self._own_spread[kind].append(rule)
                self._spread.file(constraint.selector, rule)
            for term in kind.model.affinity:
                self._company.file(term.selector, self._company_of(kind, term, nodes))
            for term in kind.model.anti_affinity:
                self._refusals.file(term.selector, (kind, term))
        self._per_node: dict[TopologyKey, bool] = {}

    def watch(self, pod: Pod, kind: Kind | None = None) -> Watch:
        """``kind`` is that of a planned pod; a pod alone in its kind cannot break its own rules."""
        alone = kind if kind is not None and len(kind.pods) == 1 else None
        spread = [r for r in self._spread.candidates(pod) if r.owner is not alone and r.covers(pod)]
        company = [
            c
            for c in self._company.candidates(pod)
            if c.owner is not alone and matches_incoming(c.term, pod, self._base)
        ]
        conflicts = [
            Conflict(other=other, key=term.topology_key)
            for other, term in self._refusals.candidates(pod)
            if other is not alone and matches_incoming(term, pod, self._base)
        ]
        for term in pod.anti_affinity:
            conflicts += [
                Conflict(other=other, key=term.topology_key)
                for other in self._kinds.selected(term.selector)
                if other is not alone and matches_incoming(term, other.model, self._base)
            ]
        return Watch(spread=tuple(spread), company=tuple(company), conflicts=tuple(dict.fromkeys(conflicts)))

    def covered_by(self, rule: SpreadRule) -> list[Kind]:
        """The planned kinds a spread rule counts."""
        return [kind for kind in self._kinds.selected(rule.constraint.selector) if rule.covers(kind.model)]

    def own_spread(self, kind: Kind) -> list[SpreadRule]:
        """Every hard constraint the kind states, whoever it counts."""
        return self._own_spread[kind]

    def is_per_node(self, key: TopologyKey) -> bool:
        """Every node that has the key is a domain of its own."""
        if key not in self._per_node:
            values = Counter(n.node.labels[key] for n in self._base.nodes if key in n.node.labels)
            self._per_node[key] = all(count == 1 for count in values.values())
        return self._per_node[key]

    def _company_of(self, owner: Kind, term: PodAffinityTerm, nodes: Sequence[Node]) -> Company:
        model = owner.model
        runs = any(tally(model.affinity, t.topology_key, self._base).total for t in model.affinity)
        starts = not runs and all(matches_incoming(t, model, self._base) for t in model.affinity)
        domains = frozenset(node.labels.get(term.topology_key) for node in nodes)
        return Company(owner=owner, term=term, starts_alone=starts, domains=domains)


class Filed(Generic[T]):
    """Things with a selector, found by the labels of the pod it may select; and the other way round."""

    def __init__(self) -> None:
        self.everything: list[T] = []
        self._by_label: dict[tuple[str, str], list[T]] = defaultdict(list)
        self._anywhere: list[T] = []

    def file(self, selector: LabelSelector | None, item: T) -> None:
        labels = pivot(selector)
        if labels is None:
            self.everything.append(item)
            self._anywhere.append(item)
        else:
            self.file_under(labels, item)

    def file_under(self, labels: Iterable[tuple[str, str]], item: T) -> None:
        self.everything.append(item)
        for label in labels:
            self._by_label[label].append(item)

    def candidates(self, pod: Pod) -> list[T]:
        found = list(self._anywhere)
        for label in pod.labels.items():
            found += self._by_label.get(label, ())
        return found

    def selected(self, selector: LabelSelector | None) -> list[T]:
        labels = pivot(selector)
        if labels is None:
            return self.everything
        return [item for label in labels for item in self._by_label.get(label, ())]
