"""All losses of one snapshot: who is hit, who comes back, a verdict for each.

Pods that wait for a node are no part of it: carry out their plan first (``asking``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from solver.compile import Cluster
from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.placement import Placement
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.outage.aftermath import Scene, fenced, freed_of_lost_domain, rebuilt, unfenced
from solver.planning.outage.answer import Assumptions, Outage
from solver.planning.outage.bench import Bench
from solver.planning.outage.judge import Aftermath, judge
from solver.planning.outage.loss import Loss
from solver.planning.outage.pods import Pods
from solver.planning.outage.prospects import Prospects, prospects
from solver.planning.outage.quorum import quorums
from solver.planning.outage.recovery import Recovered, recover
from solver.planning.storage import Recovery, StorageBook

_MANY = 8
"""Losses from which one state for all of them pays."""
_EARLY_SHARE = 0.6
"""Of the time, for pods that come back before fencing."""


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
    tried = (
        _tried(snapshot, losses, hopes, early, budget)
        if not assumptions.nodes_deleted
        else [None] * len(early)
    )
    early_found = recover(
        early, config, budget.within(_EARLY_SHARE * budget.left_s), [found and found[0] for found in tried]
    )
    late = [
        found[1] if found is not None else _late(scene, recovered.outcome.placement, loss, hope)
        for found, scene, recovered, loss, hope in zip(tried, early, early_found, losses, hopes, strict=True)
    ]
    late_found = recover(late, config, budget, [found and found[2] for found in tried])
    last = [
        (second, later) if second is not None else (first, found)
        for first, found, second, later in zip(early, early_found, late, late_found, strict=True)
    ]
    freed = [freed_of_lost_domain(scene, found.outcome) for scene, found in last]
    relieved = recover(freed, config, budget)
    empty = [
        _rebuilt(*moment, later, loss, hope) if assumptions.rebuild else None
        for moment, later, loss, hope in zip(
            zip(early, early_found, late, strict=True), late_found, losses, hopes, strict=True
        )
    ]
    filled = recover(empty, config, budget)
    return [
        Aftermath(
            loss=loss,
            prospects=hope,
            early=first,
            early_found=found,
            late=second,
            late_found=later,
            lost_domain=frozenset(_placed(*relief)),
            rebuilt=_placed(*rebuild),
        )
        for loss, hope, first, found, second, later, relief, rebuild in zip(
            losses,
            hopes,
            early,
            early_found,
            late,
            late_found,
            zip(freed, relieved, strict=True),
            zip(empty, filled, strict=True),
            strict=True,
        )
    ]


def _tried(
    snapshot: Snapshot,
    losses: Sequence[Loss],
    hopes: Sequence[Prospects],
    early: Sequence[Scene],
    budget: Budget,
) -> list[tuple[Placement, Scene | None, Placement] | None]:
    """Losses after which everybody comes back one by one, found on one state for all of them."""
    if len(losses) < _MANY:
        return [None] * len(losses)
    bench = Bench(snapshot)
    found: list[tuple[Placement, Scene | None, Placement] | None] = []
    for loss, hope, scene in zip(losses, hopes, early, strict=True):
        late = partial(_late, scene, loss=loss, hope=hope)
        found.append(None if budget.spent else bench.attempt(loss, scene, late, hope.staying))
    return found


def _late(scene: Scene, returned: Placement, loss: Loss, hope: Prospects) -> Scene | None:
    """Somebody has to wait for fencing, or was kept out by pods that are still there."""
    waits = any(prospect.recovery is Recovery.FENCE for prospect in hope.lost)
    if not waits and len(returned.assignments) == len(scene.replaced):
        return None
    return fenced(scene, returned, loss, hope)


def _rebuilt(
    early: Scene, returned: Recovered, late: Scene | None, later: Recovered, loss: Loss, hope: Prospects
) -> Scene | None:
    after_fencing = late or fenced(early, returned.outcome.placement, loss, hope)
    return rebuilt(after_fencing, later.outcome.placement, hope)


def _placed(scene: Scene | None, found: Recovered) -> dict[PodKey, NodeName]:
    """Lost pods to their new nodes."""
    if scene is None:
        return {}
    return {scene.replaced[a.pod]: a.node for a in found.outcome.placement.assignments}
