"""Soft rules that a plan leaves unmet, each with where it is written and the pods it is unmet for.

A score has no threshold; these do: a soft spread beyond its maxSkew (T15), a node that offers less of the
stated weights than another the pod may use (L9), a PreferNoSchedule taint that is not tolerated (K5), a
preferred pod affinity with nobody there, a preferred anti-affinity with somebody there (A15).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from solver.model.names import NodeName, PodKey
from solver.model.node import PREFER_NO_SCHEDULE, Node
from solver.model.pod import Pod, WeightedPodAffinityTerm, tolerated
from solver.report.facts import PlacedPod, SpreadFact, UnmetPreference
from solver.scheduler.affinity_terms import matches_incoming, tally
from solver.scheduler.node_affinity import selects_node
from solver.scheduler.state import ClusterState

_POD_AFFINITY = "preferredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unmet:
    kind: str
    path: str
    words: str


def unmet_preferences(
    placed: Sequence[PlacedPod], spread: Iterable[SpreadFact], after: ClusterState
) -> tuple[UnmetPreference, ...]:
    """``after`` is the cluster with the plan carried out. By the objects the rules are written in."""
    pods_of: dict[tuple[str, _Unmet], list[PodKey]] = {}
    for one in placed:
        for unmet in _of_pod(one.pod, one.node, after):
            pods_of.setdefault((one.pod.source, unmet), []).append(one.pod.key)
    found = [
        UnmetPreference(
            kind=unmet.kind, source=source, path=unmet.path, sentence=unmet.words, pods=tuple(pods)
        )
        for (source, unmet), pods in pods_of.items()
    ]
    found += _spreads(placed, spread)
    return tuple(sorted(found, key=lambda one: (one.source, one.path, one.sentence)))


def _spreads(placed: Sequence[PlacedPod], spread: Iterable[SpreadFact]) -> Iterator[UnmetPreference]:
    pods_of: dict[str, list[PodKey]] = {}
    for one in placed:
        pods_of.setdefault(one.pod.source, []).append(one.pod.key)
    for fact in spread:
        rule = fact.rule
        if rule is not None and not rule.hard and fact.counts and fact.skew > rule.max_skew:
            yield UnmetPreference(
                kind="TopologySpread",
                source=fact.source,
                path=f"spec.topologySpreadConstraints[{fact.rule_index}]",
                sentence=f"skew {fact.skew} by {fact.topology_key}, {rule.max_skew} wanted",
                pods=tuple(pods_of.get(fact.source, ())),
            )


def _of_pod(pod: Pod, name: NodeName, after: ClusterState) -> Iterator[_Unmet]:
    node = after.node(name).node
    yield from _taints(pod, node)
    yield from _node(pod, node, after)
    for kind, terms, wants_company in (
        ("podAffinity", pod.preferred_affinity, True),
        ("podAntiAffinity", pod.preferred_anti_affinity, False),
    ):
        yield from _company(pod, node, after, kind, terms, wants_company=wants_company)


def _taints(pod: Pod, node: Node) -> Iterator[_Unmet]:
    heeded = [t for t in pod.tolerations if t.effect in ("", PREFER_NO_SCHEDULE)]
    for taint in node.taints:
        if taint.effect == PREFER_NO_SCHEDULE and not tolerated(taint, heeded):
            words = f"on a node with taint {taint.key}:{PREFER_NO_SCHEDULE}, which it does not tolerate"
            yield _Unmet(kind="Taint", path="spec.tolerations", words=words)


def _node(pod: Pod, node: Node, after: ClusterState) -> Iterator[_Unmet]:
    if not any(preferred.weight for preferred in pod.preferred_nodes):
        return
    best, here = _best_weight(pod, after), _weight(pod, node)
    if here < best or best == 0:
        words = f"on a node with weight {here} of what it prefers, {best} at best"
        path = f"spec.affinity.nodeAffinity.{_POD_AFFINITY}"
        yield _Unmet(kind="NodeSelection", path=path, words=words)


def _best_weight(pod: Pod, after: ClusterState) -> int:
    def build() -> int:
        usable = (state.node for state in after.nodes if selects_node(pod, state.node))
        return max((_weight(pod, node) for node in usable), default=0)

    return after.table(("best weight", pod.preferred_nodes, pod.node_selector, pod.required_nodes), build)


def _weight(pod: Pod, node: Node) -> int:
    return sum(p.weight for p in pod.preferred_nodes if p.weight and p.term.matches(node.labels, node.name))


def _company(
    pod: Pod,
    node: Node,
    after: ClusterState,
    kind: str,
    terms: Sequence[WeightedPodAffinityTerm],
    *,
    wants_company: bool,
) -> Iterator[_Unmet]:
    for index, weighted in enumerate(terms):
        key = weighted.term.topology_key
        others = tally((weighted.term,), key, after).at(node.labels.get(key))
        others -= bool(others) and matches_incoming(weighted.term, pod, after)  # itself
        if bool(others) != wants_company:
            who = "no pod it prefers to be with" if wants_company else "a pod it prefers to be apart from"
            yield _Unmet(
                kind="PodAffinity" if wants_company else "PodAntiAffinity",
                path=f"spec.affinity.{kind}.{_POD_AFFINITY}[{index}]",
                words=f"{who} is in its domain of {key}",
            )
