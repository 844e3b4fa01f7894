"""How the workloads asked about lie over zones and other domains once the plan is carried out.

Counts come from the scheduler's own tables (T4, T5), so the report cannot count differently from the filter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from solver.model.names import ZONE, DomainName, PodKey
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.report.facts import SpreadFact
from solver.scheduler.node_affinity import selects_node
from solver.scheduler.spread_counts import domain_counts
from solver.scheduler.state import ClusterState

Workload = WorkloadKey | PodKey
"""A pod without a controller is a workload of its own."""


def workload_of(pod: Pod) -> Workload:
    return pod.workload or pod.key


def zones_of(snapshot: Snapshot) -> tuple[DomainName, ...]:
    return tuple(sorted({DomainName(n.labels[ZONE]) for n in snapshot.nodes if ZONE in n.labels}))


def by_workload(pods: Iterable[Pod]) -> Mapping[Workload, Sequence[Pod]]:
    """In order of namespace and name, pods in theirs."""
    groups: dict[Workload, list[Pod]] = defaultdict(list)
    for pod in pods:
        groups[workload_of(pod)].append(pod)
    return dict(sorted(groups.items(), key=lambda group: _order(group[1][0])))


def usable_zones(pod: Pod, state: ClusterState) -> tuple[DomainName, ...]:
    """Zones with a node that the pod's node selector and required node affinity allow (L3)."""

    def build() -> tuple[DomainName, ...]:
        nodes = (node.node for node in state.nodes if ZONE in node.node.labels)
        return tuple(sorted({DomainName(n.labels[ZONE]) for n in nodes if selects_node(pod, n)}))

    return state.table(("usable zones", pod.node_selector, pod.required_nodes), build)


def spread_facts(requested: Iterable[Pod], after: ClusterState) -> tuple[SpreadFact, ...]:
    """Every spread rule of every workload, and a zone row for workloads without a rule about zones.

    ``after`` is the cluster with the plan carried out.
    """
    own = zone_counts(after)
    facts: list[SpreadFact] = []
    for workload, pods in by_workload(requested).items():
        rules = list(_rules(workload, pods[0], after))
        zones = usable_zones(pods[0], after)
        if zones and not any(fact.is_by_zone for fact in rules):
            counts = tuple((zone, own[workload][zone]) for zone in zones)
            facts.append(SpreadFact(workload=workload, topology_key=ZONE, counts=counts))
        facts.extend(rules)
    return tuple(facts)


def zone_counts(after: ClusterState) -> Mapping[Workload, Mapping[str, int]]:
    """Pods per workload and zone, dying ones left out."""
    counts: dict[Workload, Counter[str]] = defaultdict(Counter)
    for state in after.nodes:
        zone = state.node.labels.get(ZONE)
        if zone is not None:
            for pod in state.pods.values():
                if not pod.terminating:
                    counts[workload_of(pod)][zone] += 1
    return counts


def _rules(workload: Workload, pod: Pod, after: ClusterState) -> Iterator[SpreadFact]:
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


def _order(pod: Pod) -> tuple[str, str, str]:
    if pod.workload is not None:
        return pod.workload.namespace, pod.workload.name, pod.workload.kind
    return pod.namespace, pod.name, "Pod"
