"""All losses of one snapshot: who is hit, who comes back, a verdict for each.

Pods that wait for a node are no part of it: carry out their plan first (``asking``).
"""

from __future__ import annotations

from collections.abc import Sequence

from solver.compile import Cluster
from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.outage.aftermath import Scene, fenced, freed_of_lost_domain, unfenced
from solver.planning.outage.answer import Assumptions, Outage
from solver.planning.outage.judge import Aftermath, judge
from solver.planning.outage.loss import Loss
from solver.planning.outage.pods import Pods
from solver.planning.outage.prospects import Prospects, prospects
from solver.planning.outage.quorum import quorums
from solver.planning.outage.recovery import Recovered, recover
from solver.planning.storage import Recovery, StorageBook


def outage(
    snapshot: Snapshot,
    losses: Sequence[Loss],
    assumptions: Assumptions,
    config: SolveConfig,
    budget: Budget,
) -> Outage:
    """Raises InputError for annotations and flags that make no sense, InternalError as ``place`` does."""
    book = StorageBook(snapshot, assumptions.overrides)
    pods = Pods(snapshot, book, Cluster(snapshot))
    replicas = _replicas(pods, assumptions.workloads)
    needs = quorums(snapshot, replicas, pods.models, assumptions.quorums)
    ready = {node.name: node.ready for node in snapshot.nodes}
    hopes = [
        prospects(pods, loss, assumptions.timing, nodes_deleted=assumptions.nodes_deleted) for loss in losses
    ]
    afters = _afters(snapshot, losses, hopes, assumptions, config, budget)
    fates = tuple(judge(pods, after, needs, replicas, ready) for after in afters)
    return Outage(fates=fates, stopped_by=budget.stopped_by)


def _replicas(pods: Pods, asked: frozenset[WorkloadKey] | None) -> dict[WorkloadKey, int]:
    """What the workloads ask for; of those without a number, how many pods run."""
    found = {}
    for key, members in pods.by_workload.items():
        if asked is None or key in asked:
            workload = pods.snapshot.workload_by_key.get(key)
            found[key] = (workload.replicas if workload is not None else None) or len(members)
    return found


def _afters(
    snapshot: Snapshot,
    losses: Sequence[Loss],
    hopes: Sequence[Prospects],
    assumptions: Assumptions,
    config: SolveConfig,
    budget: Budget,
) -> list[Aftermath]:
    early = [
        unfenced(snapshot, loss, hope, nodes_deleted=assumptions.nodes_deleted)
        for loss, hope in zip(losses, hopes, strict=True)
    ]
    early_found = recover(early, config, budget.within(budget.left_s / 2))
    late = [
        _late(scene, found, loss, hope)
        for scene, found, loss, hope in zip(early, early_found, losses, hopes, strict=True)
    ]
    late_found = recover(late, config, budget.within(budget.left_s / 2))
    last = [
        (second, later) if second is not None else (first, found)
        for first, found, second, later in zip(early, early_found, late, late_found, strict=True)
    ]
    freed = [freed_of_lost_domain(scene, found.outcome) for scene, found in last]
    relieved = recover(freed, config, budget)
    return [
        Aftermath(
            loss=loss,
            prospects=hope,
            early=first,
            early_found=found,
            late=second,
            late_found=later,
            lost_domain=_placed(free, relief),
        )
        for loss, hope, first, found, second, later, free, relief in zip(
            losses, hopes, early, early_found, late, late_found, freed, relieved, strict=True
        )
    ]


def _late(scene: Scene, found: Recovered, loss: Loss, hope: Prospects) -> Scene | None:
    """Somebody has to wait for fencing, or was kept out by pods that are still there."""
    waits = any(prospect.recovery is Recovery.FENCE for prospect in hope.lost)
    if not waits and not found.outcome.unplaced:
        return None
    return fenced(scene, found.outcome.placement, loss, hope)


def _placed(scene: Scene | None, found: Recovered) -> frozenset[PodKey]:
    if scene is None:
        return frozenset()
    return frozenset(scene.replaced[assignment.pod] for assignment in found.outcome.placement.assignments)
