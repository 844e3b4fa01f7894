"""InterPodAffinity's score: preferred terms, and required affinity of pods already placed (A15-A17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from solver.model.pod import Pod, WeightedPodAffinityTerm
from solver.scheduler.affinity_terms import CarriedTerms, Weighted, parsed, tally
from solver.scheduler.columns import IntArray
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.state import ClusterState
from solver.scheduler.tally import Counts


class _Contribution(NamedTuple):
    topology_key: str
    weight: int
    counts: Counts


def affinity_scores(pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | None:
    """None when nothing contributed at all; contributions that cancel out still give scores (A16)."""
    contributions = [c for c in _contributions(pod, state) if c.counts.total > 0]
    if not contributions:
        return None
    raw = np.zeros(len(state.nodes), dtype=np.int64)
    for key, weight, counts in contributions:
        raw += weight * state.columns.amounts(key, counts.occupied)
    return _normalize(raw[nodes])


def _contributions(pod: Pod, state: ClusterState) -> Iterator[_Contribution]:
    """A15: the incoming pod's own preferences, then what pods on nodes think of it."""
    for sign, terms in ((1, pod.preferred_affinity), (-1, pod.preferred_anti_affinity)):
        for weighted in terms:
            key = weighted.term.topology_key
            yield _Contribution(key, sign * weighted.weight, tally((weighted.term,), key, state))
    profile = state.profile_of(pod)
    if profile.ignore_preferences_of_others and not _prefers(pod):
        return  # A19
    weight = profile.hard_pod_affinity_weight
    carried = state.table(("scored affinity", weight), lambda: _scored_terms(state, weight))
    for entry in carried.matching(pod):
        yield _Contribution(entry.term.topology_key, entry.weight, entry)


def _prefers(pod: Pod) -> bool:
    return bool(pod.preferred_affinity or pod.preferred_anti_affinity)


def _scored_terms(state: ClusterState, hard_weight: int) -> CarriedTerms:
    """Terms of pods on nodes that score the incoming pod, with the weight each has."""

    def terms_of(pod: Pod) -> Iterator[Weighted]:
        if hard_weight > 0:
            yield from (Weighted(term, hard_weight) for term in parsed(pod.affinity))
        yield from _weighted(pod.preferred_affinity, 1)
        yield from _weighted(pod.preferred_anti_affinity, -1)

    return CarriedTerms(terms_of, state)


def _weighted(terms: Sequence[WeightedPodAffinityTerm], sign: int) -> Iterator[Weighted]:
    if parsed(weighted.term for weighted in terms):
        yield from (Weighted(weighted.term, sign * weighted.weight) for weighted in terms)


def _normalize(raw: IntArray) -> Scores:
    """A16, in floating point as kube-scheduler computes it."""
    smallest = raw.min()
    span = raw.max() - smallest
    if span == 0:
        return np.zeros_like(raw)
    scores: Scores = (MAX_NODE_SCORE * ((raw - smallest) / span)).astype(np.int64)
    return scores
