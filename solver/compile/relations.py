"""Rules between pods: spread (T), affinity and anti-affinity (A), soft versions of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from solver.compile.domains import Domains, domain_count, per_domain, restricted
from solver.compile.eligibility import Eligibility
from solver.compile.problem import (
    AttractionRule,
    AttractionTerm,
    BalanceGroup,
    BoolArray,
    IntArray,
    PodClass,
    SeparationRule,
    SoftPairRule,
    SpreadRule,
)
from solver.compile.running import RunningPods, covers_namespace, covers_namespace_documented
from solver.compile.selection import ClassIndex
from solver.model.names import ZONE
from solver.model.pod import Pod, PodAffinityTerm, SpreadConstraint, WorkloadKey
from solver.model.selector import selects
from solver.model.snapshot import Snapshot


class Relations:
    """Compiles the rules between the asked classes, and between them and the pods already there."""

    def __init__(
        self,
        fixed: Snapshot,
        classes: tuple[PodClass, ...],
        domains: Domains,
        eligibility: Eligibility,
        running: RunningPods,
    ) -> None:
        self._fixed = fixed
        self._classes = classes
        self._domains = domains
        self._eligibility = eligibility
        self._running = running
        self._index = ClassIndex(classes)
        self._keyed: dict[tuple[str, ...], BoolArray] = {}
        self._eligible_domains: dict[tuple[str, bytes], IntArray] = {}
        self.approximations: set[str] = set()

    # topology spread

    def spreads(self, *, hard: bool) -> tuple[SpreadRule, ...]:
        grouped: dict[tuple[str, SpreadConstraint, bytes], list[int]] = defaultdict(list)
        masks: dict[bytes, BoolArray] = {}
        for index, c in enumerate(self._classes):
            for constraint in c.sample.hard_spread if hard else c.sample.soft_spread:
                if constraint.selector is None or constraint.selector.is_empty:
                    continue  # T3, T10: never rejects on skew; the missing label is in open_nodes
                mask = self._eligible(c.sample, constraint, hard=hard)
                masks[mask.tobytes()] = mask
                grouped[c.sample.namespace, constraint, mask.tobytes()].append(index)
        return tuple(
            self._spread(namespace, constraint, masks[mask], tuple(indices))
            for (namespace, constraint, mask), indices in grouped.items()
        )

    def keyed(self, constraints: tuple[SpreadConstraint, ...]) -> BoolArray:
        """[N], nodes that carry every constraint's key (T4a, T8)."""
        keys = tuple(constraint.topology_key for constraint in constraints)
        if keys not in self._keyed:
            mask = np.ones(self._running.size, dtype=np.bool_)
            for key in keys:
                mask &= self._domains.of(key) >= 0
            self._keyed[keys] = mask
        return self._keyed[keys]

    def _eligible(self, pod: Pod, constraint: SpreadConstraint, *, hard: bool) -> BoolArray:
        """[N], T4."""
        mask = self.keyed(pod.hard_spread if hard else pod.soft_spread)
        if constraint.honor_affinity:
            mask = mask & self._eligibility.selected(pod)
        if constraint.honor_taints:
            mask = mask & self._eligibility.untainted(pod.tolerations)
        return mask

    def _spread(
        self, namespace: str, constraint: SpreadConstraint, mask: BoolArray, constrained: tuple[int, ...]
    ) -> SpreadRule:
        domain_of = self._restricted(constraint, mask)
        counted = tuple(
            i
            for i in self._index.selected(constraint.selector)
            if self._classes[i].sample.namespace == namespace
        )
        return SpreadRule(
            constrained=constrained,
            counted=counted,
            domain_of=domain_of,
            present=per_domain(self._running.spread_counts(namespace, constraint.selector), domain_of),
            max_skew=constraint.max_skew,
            minimum_is_zero=domain_count(domain_of) < constraint.min_domains,
        )

    def _restricted(self, constraint: SpreadConstraint, mask: BoolArray) -> IntArray:
        """[N], domains of the constraint's key over its eligible nodes; equal questions share the array."""
        question = (constraint.topology_key, mask.tobytes())
        if question not in self._eligible_domains:
            whole = self._domains.of(constraint.topology_key)
            self._eligible_domains[question] = restricted(whole, mask)
        return self._eligible_domains[question]

    # anti-affinity

    def closed(self) -> Iterator[tuple[int, BoolArray]]:
        """Class and [N], nodes closed by anti-affinity with pods already there, both ways (A7, A8)."""
        by_term: dict[PodAffinityTerm, BoolArray] = {}
        for index, c in enumerate(self._classes):
            for term in c.sample.anti_affinity:
                at = self._running.covered((term,))
                if at.any():
                    yield index, self._domains_touched(term, at)
            for term, homes in self._running.anti_terms(c.sample):
                if not self._term_matches(term, c.sample, documented=True):
                    continue
                if term not in by_term:
                    at = np.zeros(self._running.size, dtype=np.bool_)
                    at[homes] = True
                    by_term[term] = self._domains_touched(term, at)
                yield index, by_term[term]

    def _domains_touched(self, term: PodAffinityTerm, at: BoolArray) -> BoolArray:
        """[N], nodes sharing the term's domain with one of ``at``; nodes without the key are never (A11)."""
        domain_of = self._domains.of(term.topology_key)
        touched = np.unique(domain_of[at & (domain_of >= 0)])
        return (domain_of >= 0) & np.isin(domain_of, touched)

    def _term_matches(self, term: PodAffinityTerm, pod: Pod, *, documented: bool = False) -> bool:
        covers = covers_namespace_documented if documented else covers_namespace
        return selects(term.selector, pod.labels) and covers(term, pod.namespace, self._fixed)

    def _covered(self, term: PodAffinityTerm) -> list[int]:
        """Classes a term covers, as the incoming pod's own term (A1, A2)."""
        selected = self._index.selected(term.selector)
        return [i for i in selected if self._term_matches(term, self._classes[i].sample)]

    def separations(self) -> tuple[SeparationRule, ...]:
        found: list[SeparationRule] = []
        for index, c in enumerate(self._classes):
            for term in dict.fromkeys(c.sample.anti_affinity):
                matching = self._matching(index, term)
                if not matching:
                    continue
                found.append(
                    SeparationRule(
                        owner=index,
                        others=tuple(i for i in matching if i != index),
                        itself=index in matching,
                        topology_key=term.topology_key,
                        domain_of=self._domains.of(term.topology_key),
                    )
                )
        return tuple(found)

    def _matching(self, owner: int, term: PodAffinityTerm) -> list[int]:
        """Classes a term of the owner covers. Under quirk A18 it may cover them only while the owner is the
        incoming pod: then the order matters, which the model does not follow, unless they refuse it too."""
        matching = self._covered(term)
        for index in matching:
            other = self._classes[index].sample
            if not self._term_matches(term, other, documented=True) and not self._refuses(
                other, self._classes[owner].sample, term.topology_key
            ):
                self.approximations.add("anti-affinity covers namespaces both ways under quirk A18")
        return matching

    def _refuses(self, incoming: Pod, other: Pod, key: str) -> bool:
        """A7 within domains of the key."""
        terms = (term for term in incoming.anti_affinity if term.topology_key == key)
        return any(self._term_matches(term, other) for term in terms)

    # affinity

    def attractions(self) -> tuple[AttractionRule, ...]:
        return tuple(
            self._attraction(index, c.sample) for index, c in enumerate(self._classes) if c.sample.affinity
        )

    def _attraction(self, owner: int, pod: Pod) -> AttractionRule:
        covered = self._running.covered(pod.affinity)
        terms = tuple(
            AttractionTerm(domain_of=domain_of, occupied=per_domain(covered.astype(np.int64), domain_of) > 0)
            for domain_of in (self._domains.of(t.topology_key) for t in pod.affinity)
        )
        supporters = [
            i
            for i, c in enumerate(self._classes)
            if all(self._term_matches(term, c.sample) for term in pod.affinity)
        ]
        return AttractionRule(
            owner=owner,
            supporters=tuple(i for i in supporters if i != owner),
            itself=owner in supporters,
            started=any(term.occupied.any() for term in terms),
            terms=terms,
        )

    # preferences

    def soft_pairs(self) -> tuple[SoftPairRule, ...]:
        found: list[SoftPairRule] = []
        for index, c in enumerate(self._classes):
            wanted = [(w.weight, w.term) for w in c.sample.preferred_affinity]
            wanted += [(-w.weight, w.term) for w in c.sample.preferred_anti_affinity]
            for weight, term in wanted:
                domain_of = self._domains.of(term.topology_key)
                others = tuple(self._covered(term))
                present = per_domain(self._running.weights(term), domain_of)
                if weight and (others or present.any()):
                    found.append(
                        SoftPairRule(
                            owner=index, others=others, weight=weight, domain_of=domain_of, present=present
                        )
                    )
        return tuple(found)

    def balances(self) -> tuple[BalanceGroup, ...]:
        """StatefulSets, for scale-down by ordinal; zones are those their pods may use."""
        sets: dict[WorkloadKey, list[int]] = defaultdict(list)
        for index, c in enumerate(self._classes):
            workload = c.sample.workload
            if workload is not None and c.sample.ordinal is not None:
                sets[workload].append(index)
        zones = self._domains.of(ZONE)
        return tuple(
            BalanceGroup(
                workload=workload,
                classes=tuple(indices),
                domain_of=zones,
                present=per_domain(self._running.replicas(workload), zones),
            )
            for workload, indices in sorted(sets.items())
            if domain_count(zones) > 1
        )
