"""One scheduling cycle of kube-scheduler, without sampling (G9), nominated pods (Q3) and extenders (X).

``verdict`` asks about every node and scores; ``check`` asks about one node, for replaying a plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod
from solver.scheduler.plugin import NodeFilter
from solver.scheduler.registry import FILTERS, SCORERS
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

PREFILTER_RESULT = "PreFilterResult"
"""Stands for the plugin on nodes that narrowing cut away (L8, G11)."""
NO_NODES = "no nodes available to schedule pods"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodVerdict:
    """What kube-scheduler says about one pod now. With ``prefilter`` set, no node was looked at."""

    pod: PodKey
    node_count: int
    prefilter: Status | None = None
    feasible: tuple[NodeName, ...] = ()
    """Sorted by name."""
    failed: Mapping[NodeName, Status] = field(default_factory=dict)
    """G1: the first failing plugin's status."""
    narrowed_by: tuple[str, ...] = ()
    """Plugins that cut nodes away before filtering."""
    scores: Mapping[NodeName, Mapping[str, int]] = field(default_factory=dict)
    """Normalised score times weight per plugin, for every feasible node; skipped plugins are absent."""
    totals: Mapping[NodeName, int] = field(default_factory=dict)
    score_error: Status | None = None
    """Scoring failed (ERR): kube-scheduler would not place the pod although nodes are feasible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """What is left of a pod's PreFilter phase: a rejection, or the questions to ask of nodes."""

    rejection: Status | None = None
    filters: Sequence[NodeFilter] = ()
    nodes: frozenset[NodeName] | None = None
    narrowed_by: tuple[str, ...] = ()

    def judge(self, node: NodeState) -> Status | None:
        """G1."""
        if self.nodes is not None and node.node.name not in self.nodes:
            return _CUT_AWAY
        for may_host in self.filters:
            status = may_host(node)
            if status is not None:
                return _worded(status, f'running "{status.plugin}" filter plugin')
        return None


_CUT_AWAY = Status(plugin=PREFILTER_RESULT, code=Code.UNRESOLVABLE, reasons=())


def verdict(pod: Pod, state: ClusterState) -> PodVerdict:
    """The pod on every node of the state (G), with scores of the feasible ones."""
    cycle = _prefilter(pod, state)
    if cycle.rejection is not None:
        return PodVerdict(pod=pod.key, node_count=len(state.nodes), prefilter=cycle.rejection)
    failed: dict[NodeName, Status] = {}
    feasible: list[NodeState] = []
    for node in state.nodes:
        status = cycle.judge(node)
        if status is None:
            feasible.append(node)
        else:
            failed[node.node.name] = status
    scores = _score(pod, state, feasible)
    found = PodVerdict(
        pod=pod.key,
        node_count=len(state.nodes),
        feasible=tuple(sorted(node.node.name for node in feasible)),
        failed=failed,
        narrowed_by=cycle.narrowed_by,
    )
    if isinstance(scores, Status):
        return replace(found, score_error=scores)
    return replace(found, scores=scores, totals={name: sum(parts.values()) for name, parts in scores.items()})


def check(pod: Pod, node_name: NodeName, state: ClusterState) -> Status | None:
    """Why the pod cannot go on this node now, or None when it can. Raises KeyError for an unknown node."""
    node = state.node(node_name)
    cycle = _prefilter(pod, state)
    return cycle.judge(node) if cycle.rejection is None else cycle.rejection


def explain(found: PodVerdict) -> str:
    """G11: the message of a pod without a feasible node, without the preemption part (E10)."""
    if found.node_count == 0:
        return NO_NODES
    head = f"0/{found.node_count} nodes are available:"
    if found.prefilter is not None:
        return f"{head} {', '.join(found.prefilter.reasons)}."
    counts: Counter[str] = Counter()
    for status in found.failed.values():
        counts.update(set(status.reasons) or {_narrowed_reason(found.narrowed_by)})
    items = sorted(f"{count} {reason}" for reason, count in counts.items())
    return f"{head} {', '.join(items)}."


def _narrowed_reason(plugins: Sequence[str]) -> str:
    return f"node(s) didn't satisfy plugin(s) [{' '.join(plugins)}]"


def _prefilter(pod: Pod, state: ClusterState) -> _Cycle:
    """G2, G3. The first rejection ends it: no plugin answers U here, which alone would let others go on."""
    filters: list[NodeFilter] = []
    nodes: frozenset[NodeName] | None = None
    narrowed_by: list[str] = []
    for plugin in FILTERS:
        result = plugin.prefilter(pod, state)
        if result.status is not None:
            return _Cycle(rejection=_worded(result.status, f'running PreFilter plugin "{plugin.name}"'))
        if result.nodes is not None:
            nodes = result.nodes if nodes is None else nodes & result.nodes
            narrowed_by.append(plugin.name)
        if result.filter is not None:
            filters.append(result.filter)
    return _Cycle(filters=filters, nodes=nodes, narrowed_by=tuple(narrowed_by))


def _worded(status: Status, doing: str) -> Status:
    """kube-scheduler says what it was doing when a plugin fails (ERR); rejections stay as they are."""
    if status.code is not Code.ERROR:
        return status
    return replace(status, reasons=tuple(f"{doing}: {reason}" for reason in status.reasons))


def _score(
    pod: Pod, state: ClusterState, feasible: Sequence[NodeState]
) -> dict[NodeName, dict[str, int]] | Status:
    """Weighted scores per node and plugin (G10 notwithstanding: also for a single feasible node)."""
    weighted: dict[NodeName, dict[str, int]] = {node.node.name: {} for node in feasible}
    if not feasible:
        return weighted
    for plugin in SCORERS:
        scores = plugin.scores(pod, state, feasible)
        if isinstance(scores, Status):
            return _worded(scores, f'running PreScore plugin "{plugin.name}"')
        if scores is None:
            continue
        weight = state.config.weights[plugin.name]
        for node, score in zip(feasible, scores, strict=True):
            weighted[node.node.name][plugin.name] = score * weight
    return weighted
