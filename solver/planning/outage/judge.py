"""From who comes back to a verdict per workload. What nobody knows is never counted as surviving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from solver.model.names import NodeName, PodKey
from solver.model.outcome import Reason, ReasonCode
from solver.model.pod import Pod, WorkloadKey
from solver.planning.outage.aftermath import Scene
from solver.planning.outage.answer import (
    UNKNOWNS,
    DataFate,
    LossFate,
    Model,
    Obstacle,
    Quorum,
    Returned,
    StaysDown,
    WorkloadFate,
    WorkloadVerdict,
)
from solver.planning.outage.fates import fate_of
from solver.planning.outage.loss import Loss
from solver.planning.outage.pods import Pods, Store, workload_of
from solver.planning.outage.prospects import Prospect, Prospects
from solver.planning.outage.recovery import Recovered
from solver.planning.storage import Kind, Recovery
from solver.planning.storage.consequences import Fate

_LACKING = "Insufficient "
_OBSTACLES = (
    (ReasonCode.TOPOLOGY_SPREAD, Obstacle.SPREAD),
    (ReasonCode.POD_ANTI_AFFINITY, Obstacle.SEPARATION),
    (ReasonCode.RESOURCES, Obstacle.RESOURCES),
    (ReasonCode.POD_COUNT, Obstacle.RESOURCES),
    (ReasonCode.ORDERED_BEHIND, Obstacle.ORDERED),
)
"""In this order: a spread rule is asked after resources (G1), so whoever names it found nodes with room."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Aftermath:
    """One loss with all that was found out about it. ``late`` is after fencing; None where nobody asks."""

    loss: Loss
    prospects: Prospects
    early: Scene
    early_found: Recovered
    late: Scene | None
    late_found: Recovered
    lost_domain: frozenset[PodKey] = frozenset()
    """Lost pods that would be placed if the lost domain did not count for spreading (C27)."""
    rebuilt: Mapping[PodKey, NodeName] = field(default_factory=dict)
    """Lost pods to where they would run with claims made anew."""


def judge(
    pods: Pods,
    after: Aftermath,
    quorums: Mapping[WorkloadKey, Quorum],
    replicas: Mapping[WorkloadKey, int],
    ready: Mapping[NodeName, bool],
) -> LossFate:
    """For the workloads in ``quorums``."""
    hit: dict[WorkloadKey, list[Prospect]] = defaultdict(list)
    for prospect in after.prospects.lost:
        hit[workload_of(prospect.pod)].append(prospect)
    stranded: dict[WorkloadKey, list[Prospect]] = defaultdict(list)
    for prospect in after.prospects.stranded:
        stranded[workload_of(prospect.pod)].append(prospect)
    homes, reasons = _homes(after), _reasons(after)
    fates = []
    for key in sorted(quorums):
        others = [p for p in pods.by_workload[key] if p.node_name not in after.loss.nodes]
        has_peers = bool(others) and pods.models[key] is Model.SHARD_AND_REPLICATE
        down = [
            *_down(hit[key], homes, reasons, after, after.rebuilt if has_peers else {}),
            *_stranded(others, stranded[key], ready),
        ]
        fates.append(
            _fate(
                key,
                pods,
                replicas[key],
                quorums[key],
                len(others),
                tuple(homes[p.pod.key] for p in hit[key] if p.pod.key in homes),
                tuple(down),
                lost=len(hit[key]),
            )
        )
    return LossFate(
        loss=after.loss,
        workloads=tuple(fates),
        data=tuple(_data(pods, after.prospects, after.loss)),
        bound_to_nodes=len(after.prospects.staying),
    )


def _homes(after: Aftermath) -> dict[PodKey, Returned]:
    """By lost pod."""
    prospect_of = {prospect.pod.key: prospect for prospect in after.prospects.lost}
    found: dict[PodKey, Returned] = {}
    moments = ((after.early, after.early_found, True), (after.late, after.late_found, False))
    for scene, recovered, early in moments:
        if scene is None:
            continue
        for assignment in recovered.outcome.placement.assignments:
            old = scene.replaced[assignment.pod]
            prospect = prospect_of[old]
            found[old] = Returned(
                pod=old,
                node=assignment.node,
                recovery=Recovery.AUTO if early else Recovery.FENCE,
                fencing=prospect.fencing,
                after=prospect.after if early else None,
            )
    return found


def _reasons(after: Aftermath) -> dict[PodKey, tuple[Reason, ...]]:
    """What each pod that found no node was told last."""
    found: dict[PodKey, tuple[Reason, ...]] = {}
    for scene, recovered in ((after.early, after.early_found), (after.late, after.late_found)):
        if scene is not None:
            found |= {scene.replaced[u.pod]: u.reasons for u in recovered.outcome.unplaced}
    return found


def _down(
    hit: Iterable[Prospect],
    homes: Mapping[PodKey, Returned],
    reasons: Mapping[PodKey, tuple[Reason, ...]],
    after: Aftermath,
    anew: Mapping[PodKey, NodeName],
) -> Iterator[StaysDown]:
    most = after.early_found.most and after.late_found.most
    for prospect in hit:
        key = prospect.pod.key
        if key in homes:
            continue
        if prospect.obstacle is not None:
            yield StaysDown(pod=key, obstacle=prospect.obstacle, claims=prospect.claims, anew=anew.get(key))
            continue
        told = reasons.get(key, ())
        yield StaysDown(
            pod=key,
            obstacle=_obstacle(told) if most else Obstacle.NOT_DECIDED,
            lacking=_lacking(told),
            reasons=told,
            lost_domain=key in after.lost_domain,
        )


def _obstacle(told: Sequence[Reason]) -> Obstacle:
    codes = {reason.code for reason in told}
    return next((obstacle for code, obstacle in _OBSTACLES if code in codes), Obstacle.RULES)


def _lacking(told: Sequence[Reason]) -> tuple[str, ...]:
    """From kube-scheduler's own texts (R10)."""
    short = (r.message.partition(" (")[0] for r in told if r.code is ReasonCode.RESOURCES)
    return tuple(sorted({text.removeprefix(_LACKING) for text in short if text.startswith(_LACKING)}))


def _stranded(
    others: Iterable[Pod], prospects: Iterable[Prospect], ready: Mapping[NodeName, bool]
) -> Iterator[StaysDown]:
    found = {prospect.pod.key: prospect for prospect in prospects}
    for pod in others:
        prospect = found.get(pod.key)
        if prospect is not None and prospect.obstacle is not None:
            yield StaysDown(pod=pod.key, obstacle=prospect.obstacle, claims=prospect.claims)
        elif pod.node_name is not None and not ready[pod.node_name]:
            yield StaysDown(pod=pod.key, obstacle=Obstacle.NOT_READY)


def _fate(
    key: WorkloadKey,
    pods: Pods,
    wanted: int,
    quorum: Quorum,
    others: int,
    returned: tuple[Returned, ...],
    down: tuple[StaysDown, ...],
    *,
    lost: int,
) -> WorkloadFate:
    here = len(returned) + len(down) - lost
    """Of those whose nodes are left, how many do not serve for certain."""
    gone = sum(one.obstacle is Obstacle.DATA for one in down)
    fate = WorkloadFate(
        workload=key,
        model=pods.models[key],
        now=lost + others,
        wanted=wanted,
        left=others - here,
        uncertain=here - gone,
        quorum=quorum,
        returned=returned,
        down=down,
        verdict=WorkloadVerdict.UNAFFECTED,
    )
    return replace(fate, verdict=verdict_of(fate))


def verdict_of(fate: WorkloadFate) -> WorkloadVerdict:
    """A quorum is judged at once: replicas that come back later do not keep it. What is no quorum is judged
    by what is there once everything that comes back by itself is back."""
    if fate.quorum.is_quorum:
        if fate.left >= fate.quorum.needs:
            return WorkloadVerdict.QUORUM_HELD if fate.is_affected else WorkloadVerdict.UNAFFECTED
        possible = fate.left + fate.uncertain
        return WorkloadVerdict.UNKNOWN if possible >= fate.quorum.needs else WorkloadVerdict.QUORUM_LOST
    serving = fate.left + fate.back
    if not fate.is_affected:
        return WorkloadVerdict.UNAFFECTED
    if serving >= fate.now:
        return WorkloadVerdict.RECOVERS
    if serving >= fate.quorum.needs:
        return WorkloadVerdict.DEGRADED
    unknown = any(one.obstacle in UNKNOWNS for one in fate.down)
    return WorkloadVerdict.UNKNOWN if unknown else WorkloadVerdict.DOWN


def _data(pods: Pods, prospects: Prospects, loss: Loss) -> Iterator[DataFate]:
    """C24, every volume once."""
    seen: set[str] = set()
    groups: dict[tuple[str, Kind | None, Fate], list[Store]] = defaultdict(list)
    hit = [(p.pod, True) for p in prospects.lost] + [(p.pod, False) for p in prospects.stranded]
    for pod, on_lost_node in hit:
        for store in pods.stores(pod):
            if store.identity in seen:
                continue
            seen.add(store.identity)
            nature = store.nature
            fate = fate_of(nature, loss, on_lost_node=on_lost_node) if nature is not None else Fate.LOST
            if on_lost_node or fate is not Fate.KEPT:
                groups[store.label, nature.kind if nature else None, fate].append(store)
    for (label, kind, fate), stores in sorted(groups.items(), key=lambda item: tuple(map(str, item[0]))):
        yield DataFate(
            storage_class=label,
            kind=kind,
            fate=fate,
            volumes=len(stores),
            size_bytes=sum(store.size_bytes for store in stores),
            example=min(store.identity for store in stores),
        )
