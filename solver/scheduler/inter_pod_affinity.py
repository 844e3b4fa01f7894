"""InterPodAffinity: required affinity and anti-affinity between pods (A5-A14).

Preferences are scored in ``affinity_score``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from solver.model.pod import Pod, PodAffinityTerm
from solver.scheduler.affinity_score import affinity_scores
from solver.scheduler.affinity_terms import (
    CarriedTerms,
    Weighted,
    matches_incoming,
    parsed,
    tally,
    term_fault,
)
from solver.scheduler.columns import BoolArray, Columns, IntArray
from solver.scheduler.plugin import SKIP, PreFilterResult, Scores
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status
from solver.scheduler.tally import Counts

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"


def _rejection(code: Code, reason: str) -> Status:
    return Status(plugin="InterPodAffinity", code=code, reasons=(reason,))


_ALONE = _rejection(Code.UNRESOLVABLE, AFFINITY)
_OWN = _rejection(Code.UNSCHEDULABLE, ANTI_AFFINITY)
_OTHERS = _rejection(Code.UNSCHEDULABLE, EXISTING_ANTI_AFFINITY)


class InterPodAffinity:
    name = "InterPodAffinity"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        fault = _parse_fault(pod)
        if fault:
            return PreFilterResult(status=_rejection(Code.UNRESOLVABLE, f"parsing pod: {fault}"))
        blocked_by_own = [(t.topology_key, tally((t,), t.topology_key, state)) for t in pod.anti_affinity]
        carried = state.table("required anti-affinity", lambda: CarriedTerms(_required_anti, state))
        blocked_by_others = [(c.term.topology_key, c) for c in carried.matching(pod)]
        if not pod.affinity and not blocked_by_own and not blocked_by_others:
            return SKIP
        companions = _Companions(pod, state)

        def gets_along(node: NodeState) -> Status | None:
            labels = node.node.labels
            if not companions.allow(labels):
                return _ALONE
            if _is_blocked(labels, blocked_by_own):  # A7
                return _OWN
            return _OTHERS if _is_blocked(labels, blocked_by_others) else None  # A8

        def refusals() -> Iterator[tuple[Status, BoolArray]]:
            yield from ((_ALONE, ~allowed) for allowed in companions.allowed(state.columns))
            for status, blocked in ((_OWN, blocked_by_own), (_OTHERS, blocked_by_others)):
                yield from ((status, state.columns.carrying(key, counts.occupied)) for key, counts in blocked)

        return PreFilterResult(filter=gets_along, refusals=refusals)

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | None:
        return affinity_scores(pod, state, nodes)


class _Companions:
    """Required affinity of the incoming pod: where pods stand that match all of its terms (A5)."""

    def __init__(self, pod: Pod, state: ClusterState) -> None:
        keys = dict.fromkeys(term.topology_key for term in pod.affinity)
        self._counts = [(key, tally(pod.affinity, key, state)) for key in keys]
        self._may_be_first = all(counts.total == 0 for _, counts in self._counts) and all(
            matches_incoming(term, pod, state) for term in pod.affinity
        )

    def allow(self, labels: Mapping[str, str]) -> bool:
        """A6, A9, A10. A pod without affinity terms is allowed everywhere."""
        if any(key not in labels for key, _ in self._counts):
            return False
        return self._may_be_first or all(counts.at(labels[key]) > 0 for key, counts in self._counts)

    def allowed(self, columns: Columns) -> Iterator[BoolArray]:
        """The same for all nodes: they have to be in every array."""
        for key, counts in self._counts:
            yield columns.labelled(key) if self._may_be_first else columns.carrying(key, counts.occupied)


def _is_blocked(labels: Mapping[str, str], blocked: Iterable[tuple[str, Counts]]) -> bool:
    """A11: a node without the key cannot be blocked."""
    return any(counts.at(labels.get(key)) > 0 for key, counts in blocked)


def _required_anti(pod: Pod) -> Iterable[Weighted]:
    return (Weighted(term, 1) for term in parsed(pod.anti_affinity))


def _parse_fault(pod: Pod) -> str:
    """A14: every list of terms that cannot be parsed, as kube-scheduler joins them; "" when all can."""
    lists: tuple[tuple[str, Iterable[PodAffinityTerm]], ...] = (
        ("requiredAffinityTerms", pod.affinity),
        ("requiredAntiAffinityTerms", pod.anti_affinity),
        ("preferredAffinityTerms", (weighted.term for weighted in pod.preferred_affinity)),
        ("preferredAntiAffinityTerms", (weighted.term for weighted in pod.preferred_anti_affinity)),
    )
    faults = []
    for name, terms in lists:
        fault = next((fault for term in terms if (fault := term_fault(term))), "")
        if fault:
            faults.append(f"{name}: {fault}")
    return faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]" if faults else ""
