"""Snapshot, question and outcome to the facts a report states. The plan is carried out once, in its order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from solver.model.names import HOSTNAME, ZONE, NodeName
from solver.model.node import Node
from solver.model.outcome import Outcome, Question, Verdict
from solver.model.pod import Pod
from solver.model.snapshot import Skipped, Snapshot
from solver.planning.compare.outlook import stranding
from solver.planning.quota import over_quota
from solver.report.facts import FitFacts, NodeFact, OrderMatters, PlacedPod, Run
from solver.report.notes import notes
from solver.report.preferences import unmet_preferences
from solver.report.spread import by_workload, spread_facts, zone_counts, zones_of
from solver.report.volumes import placed_volumes
from solver.scheduler.node_volume_limits import volume_slots
from solver.scheduler.state import ClusterState, NodeState


def fit_facts(
    snapshot: Snapshot,
    question: Question,
    outcome: Outcome,
    run: Run,
    skipped: Sequence[Skipped] = (),
    *,
    strict: bool = False,
) -> FitFacts:
    """``skipped`` is what the verb itself left out, beside what reading left out. ``strict``: also look for
    soft rules that are not met."""
    pods = snapshot.pod_by_key
    requested = tuple(pods[key] for key in question.pods)
    zones = zones_of(snapshot)
    state = ClusterState.of(snapshot)
    placed = _carry_out(snapshot, outcome, state)
    workloads = by_workload(requested)
    own = zone_counts(workloads, state)
    spread = spread_facts(workloads, own, state)
    found = notes(workloads, spread, own, state)
    if outcome.verdict is Verdict.FITS:
        left_over = stranding(snapshot, requested)
        found += (OrderMatters(found=left_over),) if left_over is not None else ()
    return FitFacts(
        run=run,
        outcome=outcome,
        requested=requested,
        placed=placed,
        unplaced_pods=tuple(pods[unplaced.pod] for unplaced in outcome.unplaced),
        nodes_in_cluster=len(snapshot.nodes),
        zones=zones,
        spread=spread,
        nodes=_nodes(state, Counter(outcome.placement.node_of.values())),
        notes=found,
        skipped=(*snapshot.skipped, *skipped),
        warnings=snapshot.warnings,
        over_quota=over_quota(snapshot, requested),
        unmet=unmet_preferences(placed, spread, state) if strict else None,
    )


def _carry_out(snapshot: Snapshot, outcome: Outcome, state: ClusterState) -> tuple[PlacedPod, ...]:
    placed = []
    for assignment in outcome.placement.assignments:
        pod, node = snapshot.pod_by_key[assignment.pod], snapshot.node_by_name[assignment.node]
        volumes = placed_volumes(pod, node, state.add(pod, node.name), snapshot)
        placed.append(PlacedPod(pod=pod, node=node.name, domains=_domains(pod, node), volumes=volumes))
    return tuple(placed)


def _domains(pod: Pod, node: Node) -> tuple[tuple[str, str], ...]:
    """The node's zone and its value of every other topology key the pod's rules name."""
    terms = (*pod.affinity, *pod.anti_affinity)
    keys = [ZONE, *(c.topology_key for c in pod.spread), *(t.topology_key for t in terms)]
    return tuple(
        (key, node.labels[key]) for key in dict.fromkeys(keys) if key != HOSTNAME and key in node.labels
    )


def _nodes(state: ClusterState, new_pods: Mapping[NodeName, int]) -> tuple[NodeFact, ...]:
    """By name."""
    facts = (_node(node, state, new_pods.get(node.node.name, 0)) for node in state.nodes)
    return tuple(sorted(facts, key=lambda fact: fact.node))


def _how_full(slots: tuple[int, int]) -> tuple[float, int]:
    used, limit = slots
    return (used / limit if limit else 1.0, used)


def _node(node: NodeState, state: ClusterState, new_pods: int) -> NodeFact:
    used, limit = max(volume_slots(node, state).values(), key=_how_full, default=(None, None))
    return NodeFact(
        node=node.node.name,
        cpu_millis=node.requested.get("cpu", 0),
        cpu_total_millis=node.node.allocatable.get("cpu", 0),
        memory_bytes=node.requested.get("memory", 0),
        memory_total_bytes=node.node.allocatable.get("memory", 0),
        volumes=used,
        volumes_limit=limit,
        new_pods=new_pods,
    )
