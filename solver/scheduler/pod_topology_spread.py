"""PodTopologySpread: hard spread constraints (T1-T14). Soft ones are scored in ``spread_score``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from solver.model.pod import Pod, SpreadConstraint
from solver.model.selector import selects
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.default_spread import default_constraints
from solver.scheduler.plugin import SKIP, PreFilterResult, Scores
from solver.scheduler.spread_counts import domain_counts
from solver.scheduler.spread_score import soft_scores
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

TOO_SKEWED = "node(s) didn't match pod topology spread constraints"
MISSING_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"

_SKEWED = Status(plugin="PodTopologySpread", code=Code.UNSCHEDULABLE, reasons=(TOO_SKEWED,))
_UNLABELLED = Status(plugin="PodTopologySpread", code=Code.UNRESOLVABLE, reasons=(MISSING_LABEL,))


class _Limit(NamedTuple):
    """One hard constraint, ready to be asked about a node."""

    topology_key: str
    counts: Mapping[str, int]
    most: int
    """The largest count a domain may have before the pod joins it (T7, solved for the count)."""


class PodTopologySpread:
    name = "PodTopologySpread"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        constraints = [c for c in pod.spread or default_constraints(pod, state) if c.hard]  # T1
        if not constraints:
            return SKIP
        fault = selector_fault(constraints)
        if fault:
            return PreFilterResult(status=self._fault("hard", fault))
        limits = _limits(pod, constraints, state)

        def keeps_spread(node: NodeState) -> Status | None:
            labels = node.node.labels
            for topology_key, counts, most in limits:  # T8: in spec order
                domain = labels.get(topology_key)
                if domain is None:
                    return _UNLABELLED
                if counts.get(domain, 0) > most:  # T9: a domain nobody counts in holds 0
                    return _SKEWED
            return None

        def refusals() -> Iterator[tuple[Status, BoolArray]]:
            for topology_key, counts, most in limits:
                labelled = state.columns.labelled(topology_key)
                full = (domain for domain, count in counts.items() if count > most)
                yield _UNLABELLED, ~labelled
                yield _SKEWED, state.columns.carrying(topology_key, full) if most >= 0 else labelled

        return PreFilterResult(filter=keeps_spread, refusals=refusals)

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | Status | None:
        constraints = [c for c in pod.spread or default_constraints(pod, state) if not c.hard]
        if not constraints:
            return None
        fault = selector_fault(constraints)
        if fault:
            return self._fault("soft", fault)
        is_system_default = not pod.spread and state.profile_of(pod).default_constraints is None
        return soft_scores(pod, constraints, nodes, state, ignore_unlabelled=not is_system_default)

    def _fault(self, strength: str, fault: str) -> Status:
        reason = f"obtaining pod's {strength} topology spread constraints: {fault}"
        return Status(plugin=self.name, code=Code.ERROR, reasons=(reason,))


def selector_fault(constraints: Iterable[SpreadConstraint]) -> str:
    """Why a stored selector cannot be read, or ""; kube-scheduler fails on such a pod (ERR)."""
    return next((c.selector.error for c in constraints if c.selector and c.selector.error), "")


def _limits(pod: Pod, constraints: Sequence[SpreadConstraint], state: ClusterState) -> list[_Limit]:
    """T5-T7 per constraint."""
    keys = [c.topology_key for c in constraints]
    limits = []
    for constraint in constraints:
        tally = domain_counts(pod, constraint, keys, state)
        enough = tally.place_count >= constraint.min_domains
        minimum = tally.minimum if enough else 0  # T6
        self_match = 1 if selects(constraint.selector, pod.labels) else 0
        most = constraint.max_skew + minimum - self_match
        limits.append(_Limit(constraint.topology_key, tally.occupied, most))
    return limits
