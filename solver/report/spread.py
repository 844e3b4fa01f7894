"""How the workloads asked about lie over zones and other domains once the plan is carried out.

Counts come from the scheduler's own tables (T4, T5), so the report cannot count differently from the filter.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from solver.model.names import ZONE, DomainName
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.report.facts import SpreadFact
from solver.scheduler.node_affinity import selects_node
from solver.scheduler.spread_counts import domain_counts
from solver.scheduler.state import ClusterState

Workloads = Mapping[WorkloadKey, Sequence[Pod]]

ZoneCounts = Mapping[Hashable, Mapping[str, int]]
"""Pods per workload (``same_workload``) and zone."""


def same_workload(pod: Pod) -> Hashable:
    """Equal for pods told of together: of one controller, or of none but alike in all that their row says."""
    if pod.workload is not None:
        return pod.workload
    if not pod.labels:
        return pod.key
    return pod.namespace, pod.labels, pod.spread, pod.node_selector, pod.required_nodes


def zones_of(snapshot: Snapshot) -> tuple[DomainName, ...]:
    return tuple(sorted({DomainName(n.labels[ZONE]) for n in snapshot.nodes if ZONE in n.labels}))


def by_workload(pods: Iterable[Pod]) -> Workloads:
    """In order of namespace and name. Pods without a controller go by what their names begin with."""
    groups: dict[Hashable, list[Pod]] = defaultdict(list)
    for pod in pods:
        groups[same_workload(pod)].append(pod)
    named: dict[WorkloadKey, list[Pod]] = {}
    for members in groups.values():
        key = _key(members)
        named[key if key not in named else replace(key, name=members[0].name)] = members
    return dict(sorted(named.items(), key=lambda group: (group[0].namespace, group[0].name, group[0].kind)))


def _key(members: Sequence[Pod]) -> WorkloadKey:
    first = members[0]
    if first.workload is not None:
        return first.workload
    shared = _shared_start([pod.name for pod in members]) if len(members) > 1 else ""
    shared = re.sub(r"[-.]+[0-9]*$", "", shared)  # pend-07 and pend-08 are pend, not pend-0
    return WorkloadKey(kind="Pod", namespace=first.namespace, name=shared or first.name)


def _shared_start(names: Sequence[str]) -> str:
    pairs = zip(min(names), max(names), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def usable_zones(pod: Pod, state: ClusterState) -> tuple[DomainName, ...]:
    """Zones with a node that the pod's node selector and required node affinity allow (L3)."""

    def build() -> tuple[DomainName, ...]:
        nodes = (node.node for node in state.nodes if ZONE in node.node.labels)
        return tuple(sorted({DomainName(n.labels[ZONE]) for n in nodes if selects_node(pod, n)}))

    return state.table(("usable zones", pod.node_selector, pod.required_nodes), build)


def spread_facts(workloads: Workloads, own: ZoneCounts, after: ClusterState) -> tuple[SpreadFact, ...]:
    """Every spread rule of every workload, and a zone row for workloads without a rule about zones.

    ``after`` is the cluster with the plan carried out, ``own`` where the workloads' pods are in it.
    """
    facts: list[SpreadFact] = []
    for workload, pods in workloads.items():
        rules = list(_rules(workload, pods[0], after))
        zones = usable_zones(pods[0], after)
        if zones and not any(fact.is_by_zone for fact in rules):
            here = own[same_workload(pods[0])]
            counts = tuple((zone, here[zone]) for zone in zones)
            facts.append(SpreadFact(workload=workload, topology_key=ZONE, counts=counts))
        facts.extend(rules)
    return tuple(facts)


def zone_counts(workloads: Workloads, after: ClusterState) -> ZoneCounts:
    """Where the pods of these workloads are, dying ones left out."""
    counts: dict[Hashable, Counter[str]] = {same_workload(pods[0]): Counter() for pods in workloads.values()}
    for state in after.nodes:
        zone = state.node.labels.get(ZONE)
        if zone is not None:
            for pod in state.pods.values():
                workload = same_workload(pod)
                if workload in counts and not pod.terminating:
                    counts[workload][zone] += 1
    return counts


def _rules(workload: WorkloadKey, pod: Pod, after: ClusterState) -> Iterator[SpreadFact]:
    for index, rule in enumerate(pod.spread):
        keys = [other.topology_key for other in pod.spread if other.hard == rule.hard]  # T4(a)
        tally = domain_counts(pod, rule, keys, after)
        yield SpreadFact(
            workload=workload,
            topology_key=rule.topology_key,
            counts=tuple((DomainName(name), number) for name, number in sorted(tally.by_place.items())),
            rule=rule,
            rule_index=index,
            source=pod.source,
        )
