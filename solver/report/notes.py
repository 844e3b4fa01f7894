"""Findings about a plan that are worth a line: scale-down order, zones a workload does not reach, zones
that a majority stands or falls with.

Each is computed from the plan; the number of findings is bounded so that reporting stays linear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from solver.model.names import ZONE, DomainName
from solver.model.pod import Pod, WorkloadKey
from solver.report.facts import Leaning, Note, ScaleDown, SpreadFact, UnreachedZone
from solver.report.spread import Workloads, ZoneCounts, by_workload, same_workload, usable_zones
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState

MOST_NOTES = 8
"""Of each kind."""
MOST_LEANING = 3
"""Of StatefulSets: nobody asked about most of them. ``solve outage`` tells of every one."""


def notes(
    workloads: Workloads, spread: Sequence[SpreadFact], own: ZoneCounts, after: ClusterState
) -> tuple[Note, ...]:
    """``after`` is the cluster with the plan carried out, ``own`` where the workloads' pods are in it.

    It is the same again afterwards.
    """
    return (
        *islice(_scale_down(workloads, after), MOST_NOTES),
        *_unreached(workloads, spread, own, after),
        *islice(_leaning(workloads, after), MOST_LEANING),
    )


def _scale_down(workloads: Workloads, after: ClusterState) -> Iterator[ScaleDown]:
    """StatefulSets give up their highest ordinals first; every prefix should be balanced by itself."""
    asked = [pods[0] for pods in workloads.values()]
    wanted = {pod.workload for pod in asked if pod.ordinal is not None and pod.workload is not None}
    if not wanted:
        return
    standing = [pod for state in after.nodes for pod in state.pods.values() if pod.workload in wanted]
    for workload, pods in by_workload(standing).items():
        living = sorted((pod for pod in pods if not pod.terminating), key=lambda pod: pod.ordinal or 0)
        zones = usable_zones(pods[0], after)
        if len(living) > 1 and len(zones) > 1:
            yield _scale_down_of(workload, living, zones, after)


def _scale_down_of(
    workload: WorkloadKey, pods: Sequence[Pod], zones: Sequence[DomainName], after: ClusterState
) -> ScaleDown:
    counts = dict.fromkeys(zones, 0)
    worst: tuple[int, tuple[tuple[DomainName, int], ...]] = (0, ())
    for size, pod in enumerate(pods, start=1):
        zone = _zone(pod, after)
        if zone is not None:
            counts[zone] = counts.get(zone, 0) + 1
        if max(counts.values()) - min(counts.values()) > 1:
            worst = size, tuple(counts.items())
    return ScaleDown(
        workload=workload,
        names=tuple(pod.name for pod in pods),
        worst_prefix=worst[0],
        worst_counts=worst[1],
    )


def _zone(pod: Pod, after: ClusterState) -> DomainName | None:
    name = after.node_of(pod.key)
    value = after.node(name).node.labels.get(ZONE) if name is not None else None
    return None if value is None else DomainName(value)


def _leaning(workloads: Workloads, after: ClusterState) -> Iterator[Leaning]:
    """Of the namespaces asked about; by name."""
    if len({state.node.labels.get(ZONE) for state in after.nodes} - {None}) < 2:
        return
    namespaces = {workload.namespace for workload in workloads}
    zones_of: dict[WorkloadKey, Counter[str]] = {}
    for state in after.nodes:
        zone = state.node.labels.get(ZONE)
        for pod in state.pods.values():
            workload = pod.workload
            counts = workload is not None and workload.kind == "StatefulSet" and not pod.terminating
            if counts and workload is not None and pod.namespace in namespaces and zone is not None:
                zones_of.setdefault(workload, Counter())[zone] += 1
    for workload, zones in sorted(zones_of.items()):
        most = max(zones.values())
        zone = min(zone for zone, here in zones.items() if here == most)
        total = zones.total()
        if total > 2 and total - most < total // 2 + 1:
            yield Leaning(workload=workload, zone=DomainName(zone), here=most, of=total)


def _unreached(
    workloads: Workloads, spread: Sequence[SpreadFact], own: ZoneCounts, after: ClusterState
) -> Iterator[UnreachedZone]:
    """Zones in which a workload of several pods has none, and why its last placed pod could not be there.

    Its own pods are counted: a rule may count others, or only some of them. That it could be there is
    nothing to say of a workload without a rule about zones.
    """
    zones = {fact.workload: [zone for zone, _ in fact.counts] for fact in spread if fact.is_by_zone}
    placed = (
        (workload, [pod for pod in pods if after.node_of(pod.key) is not None])
        for workload, pods in workloads.items()
    )
    empty = (
        (workload, pods[-1], zone)
        for workload, pods in placed
        if len(pods) > 1
        for zone in zones.get(workload, ())
        if not own[same_workload(pods[-1])][zone]
    )
    ruled = {fact.workload for fact in spread if fact.is_by_zone and fact.rule is not None}
    for workload, pod, zone in islice(empty, MOST_NOTES):
        refusals = _refusals(pod, zone, after)
        if refusals or workload in ruled:
            yield UnreachedZone(workload=workload, zone=zone, refusals=refusals)


def _refusals(pod: Pod, zone: DomainName, after: ClusterState) -> tuple[tuple[str, int], ...]:
    """What the zone's nodes say to this pod when it is taken off its own node."""
    own_node = after.node_of(pod.key)
    assert own_node is not None  # only placed pods are asked about
    after.remove(pod.key)
    told = verdict(pod, after, scored=False)
    after.add(pod, own_node)
    inside = {state.node.name for state in after.nodes if state.node.labels.get(ZONE) == zone}
    if inside & set(told.feasible):
        return ()
    if told.prefilter is not None:
        return tuple((reason, len(inside)) for reason in sorted(told.prefilter.reasons))
    reasons = Counter(reason for node in inside & told.failed.keys() for reason in told.failed[node].reasons)
    return tuple(sorted(reasons.items()))
