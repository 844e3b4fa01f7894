"""One scheduling cycle of kube-scheduler, without sampling (G9), nominated pods (Q3) and extenders (X).

``verdict`` asks about every node and scores, ``choose`` only names the best one; ``check`` asks about one
node, for replaying a plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.plugin import PreFilterResult
from solver.scheduler.registry import FILTER_BY_NAME, SCORERS
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

PREFILTER_RESULT = "PreFilterResult"
"""Stands for the plugin on nodes that narrowing cut away (L8, G11)."""
Draw = Callable[[int], int]
"""One of so many, from 0."""
NO_NODES = "no nodes available to schedule pods"


@dataclass(frozen=True, kw_only=True)
class PodVerdict:
    """What kube-scheduler says about one pod now. With ``prefilter`` set, no node was looked at; with neither
    that nor refusals nor feasible nodes, nobody was asked."""

    pod: PodKey
    node_count: int
    prefilter: Status | None = None
    feasible: tuple[NodeName, ...] = ()
    """Sorted by name."""
    refusals: tuple[tuple[Status, tuple[NodeName, ...]], ...] = ()
    """G1: what the first failing plugin says, with the nodes it says it of. Each failing node stands once."""
    narrowed_by: tuple[str, ...] = ()
    """Plugins that cut nodes away before filtering."""
    scores: Mapping[NodeName, Mapping[str, int]] = field(default_factory=dict)
    """Normalised score times weight per plugin, for every feasible node; skipped plugins are absent."""
    totals: Mapping[NodeName, int] = field(default_factory=dict)
    score_error: Status | None = None
    """Scoring failed (ERR): kube-scheduler would not place the pod although nodes are feasible."""

    @cached_property
    def failed(self) -> dict[NodeName, Status]:
        return {name: status for status, names in self.refusals for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """What is left of a pod's PreFilter phase: a rejection, or the questions to ask of nodes."""

    rejection: Status | None = None
    questions: Sequence[PreFilterResult] = ()
    nodes: frozenset[NodeName] | None = None
    narrowed_by: tuple[str, ...] = ()

    def judge(self, node: NodeState) -> Status | None:
        """G1."""
        if self.nodes is not None and node.node.name not in self.nodes:
            return _CUT_AWAY
        for question in self.questions:
            assert question.filter is not None  # others are skipped
            status = question.filter(node)
            if status is not None:
                return _worded(status, f'running "{status.plugin}" filter plugin')
        return None

    def judge_all(self, state: ClusterState) -> tuple[BoolArray, Mapping[Status, list[IntArray]]]:
        """G1 for every node: [N], who passes; and each refusal with the indices of its nodes."""
        passing = ~state.columns.none()
        refused: defaultdict[Status, list[IntArray]] = defaultdict(list)

        def refuse(status: Status, nodes: BoolArray) -> None:
            told = np.flatnonzero(passing & nodes)
            if told.size:
                passing[told] = False
                refused[_worded(status, f'running "{status.plugin}" filter plugin')].append(told)

        if self.nodes is not None:
            names = self.nodes
            refuse(_CUT_AWAY, np.array([node.node.name not in names for node in state.nodes], dtype=np.bool_))
        for question in self.questions:
            for status, nodes in _asked_of_all(question, passing, state):
                refuse(status, nodes)
        return passing, refused


def _asked_of_all(
    question: PreFilterResult, passing: BoolArray, state: ClusterState
) -> Iterable[tuple[Status, BoolArray]]:
    """What one plugin says to the nodes that still pass; nodes it cannot tell apart are asked once."""
    if question.refusals is not None:
        return question.refusals()
    looks = state.columns.each() if question.alike is None else question.alike()
    told: dict[Status, list[int]] = defaultdict(list)
    assert question.filter is not None  # others are skipped
    for look in np.flatnonzero(np.bincount(looks.of[passing])).tolist():
        status = question.filter(state.nodes[looks.first[look]])
        if status is not None:
            told[status].append(look)
    return [(status, looks.nodes(those)) for status, those in told.items()]


_CUT_AWAY = Status(plugin=PREFILTER_RESULT, code=Code.UNRESOLVABLE, reasons=())


def verdict(pod: Pod, state: ClusterState, *, scored: bool = True) -> PodVerdict:
    """The pod on every node of the state (G); ``scored`` with scores of the feasible ones."""
    cycle = _prefilter(pod, state)
    if cycle.rejection is not None:
        return PodVerdict(pod=pod.key, node_count=len(state.nodes), prefilter=cycle.rejection)
    passing, refused = cycle.judge_all(state)
    feasible = np.flatnonzero(passing)
    names = [node.node.name for node in state.nodes]
    found = PodVerdict(
        pod=pod.key,
        node_count=len(state.nodes),
        feasible=tuple(sorted(names[index] for index in feasible)),
        refusals=_by_first_node(refused, names),
        narrowed_by=cycle.narrowed_by,
    )
    if not scored:
        return found
    scores = _score(pod, state, feasible)
    if isinstance(scores, Status):
        return replace(found, score_error=scores)
    parts = {
        names[node]: {plugin: int(column[place]) for plugin, column in scores.items()}
        for place, node in enumerate(feasible.tolist())
    }
    return replace(found, scores=parts, totals={name: sum(part.values()) for name, part in parts.items()})


def _by_first_node(
    refused: Mapping[Status, list[IntArray]], names: Sequence[NodeName]
) -> tuple[tuple[Status, tuple[NodeName, ...]], ...]:
    told = [(status, np.sort(np.concatenate(parts)).tolist()) for status, parts in refused.items()]
    told.sort(key=lambda item: item[1][0])
    return tuple((status, tuple(names[index] for index in nodes)) for status, nodes in told)


def choose(
    pod: Pod, state: ClusterState, draw: Draw | None = None, closed: BoolArray | None = None
) -> NodeName | Status | None:
    """The feasible node with the highest score; None without one. Of equals the first by name, or the one
    that ``draw`` picks, as kube-scheduler leaves it to chance (G10).

    A Status when the pod is rejected before any node is looked at. Where scoring fails (ERR), the first name.
    Nodes that are ``closed`` [N] are left out, whatever the filters say.
    """
    cycle = _prefilter(pod, state)
    if cycle.rejection is not None:
        return cycle.rejection
    quick_first = sorted(
        cycle.questions, key=lambda question: question.refusals is None
    )  # all must pass anyway
    passing = replace(cycle, questions=quick_first).judge_all(state)[0]
    feasible = np.flatnonzero(passing if closed is None else passing & ~closed)
    if not feasible.size:
        return None
    scores = _score(pod, state, feasible)
    totals = np.zeros(len(feasible), dtype=np.int64)
    if not isinstance(scores, Status):
        for column in scores.values():
            totals += column
    best = feasible[totals == totals.max()]
    best = best[state.columns.name_rank[best].argsort()]
    return state.nodes[int(best[0 if draw is None else draw(len(best))])].node.name


def check(pod: Pod, node_name: NodeName, state: ClusterState) -> Status | None:
    """Why the pod cannot go on this node now, or None when it can. Raises KeyError for an unknown node."""
    node = state.node(node_name)
    cycle = _prefilter(pod, state)
    return cycle.judge(node) if cycle.rejection is None else cycle.rejection


def passing(pod: Pod, state: ClusterState, among: Container[str] | None = None) -> BoolArray:
    """[N], the nodes that the filters of the pod's profile let it on; ``among`` says which are asked."""
    cycle = _prefilter(pod, state, among)
    return state.columns.none() if cycle.rejection is not None else cycle.judge_all(state)[0]


def explain(found: PodVerdict) -> str:
    """G11: the message of a pod without a feasible node, without the preemption part (E10)."""
    if found.node_count == 0:
        return NO_NODES
    head = f"0/{found.node_count} nodes are available:"
    if found.prefilter is not None:
        return f"{head} {', '.join(found.prefilter.reasons)}."
    counts: Counter[str] = Counter()
    for status, nodes in found.refusals:
        for reason in set(status.reasons) or {_narrowed_reason(found.narrowed_by)}:
            counts[reason] += len(nodes)
    items = sorted(f"{count} {reason}" for reason, count in counts.items())
    return f"{head} {', '.join(items)}."


def _narrowed_reason(plugins: Sequence[str]) -> str:
    return f"node(s) didn't satisfy plugin(s) [{' '.join(plugins)}]"


def _prefilter(pod: Pod, state: ClusterState, among: Container[str] | None = None) -> _Cycle:
    """G2, G3. The first rejection ends it: no plugin answers U here, which alone would let others go on."""
    profile = state.profile_of(pod)
    questions: dict[str, PreFilterResult] = {}
    nodes: frozenset[NodeName] | None = None
    narrowed_by: list[str] = []
    for name in profile.prefilters:
        if among is not None and name not in among:
            continue
        plugin = FILTER_BY_NAME[name]
        result = plugin.prefilter(pod, state)
        if result.status is not None:
            return _Cycle(rejection=_worded(result.status, f'running PreFilter plugin "{plugin.name}"'))
        if result.nodes is not None:
            nodes = result.nodes if nodes is None else nodes & result.nodes
            narrowed_by.append(plugin.name)
        if result.filter is not None:
            questions[plugin.name] = result
    asked = [questions[name] for name in profile.filters if name in questions]
    return _Cycle(questions=asked, nodes=nodes, narrowed_by=tuple(narrowed_by))


def _worded(status: Status, doing: str) -> Status:
    """kube-scheduler says what it was doing when a plugin fails (ERR); rejections stay as they are."""
    if status.code is not Code.ERROR:
        return status
    return replace(status, reasons=tuple(f"{doing}: {reason}" for reason in status.reasons))


def _score(pod: Pod, state: ClusterState, feasible: IntArray) -> dict[str, IntArray] | Status:
    """Weighted, by plugin, parallel to the feasible nodes (G10 notwithstanding: also for a single one)."""
    weighted: dict[str, IntArray] = {}
    if not feasible.size:
        return weighted
    weights = state.profile_of(pod).weights
    for plugin in SCORERS:
        if plugin.name not in weights:
            continue
        scores = plugin.scores(pod, state, feasible)
        if isinstance(scores, Status):
            return _worded(scores, f'running PreScore plugin "{plugin.name}"')
        if scores is not None:
            weighted[plugin.name] = scores * weights[plugin.name]
    return weighted
