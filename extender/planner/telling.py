"""What the log and the metrics are told of snapshots and plans."""

from __future__ import annotations

import logging
from collections import Counter

from extender.book.plans import Plan
from extender.logs import event
from extender.metrics import Metrics, Mode, Pending
from extender.snapshots import Sighting

log = logging.getLogger(__name__)


def tell_snapshot(sighting: Sighting, seconds: float) -> None:
    snapshot = sighting.snapshot
    log.info(
        event(
            "snapshot_read",
            generation=sighting.generation,
            nodes=len(snapshot.nodes),
            pods=len(snapshot.pods),
            pending=len(snapshot.pending),
            ms=round(1000 * seconds),
        )
    )
    for warning in snapshot.warnings:
        log.warning(event("snapshot_warning", text=warning))


def record(plan: Plan, mode: Mode, seconds: float, metrics: Metrics) -> None:
    metrics.solves.labels(mode, plan.outcome.verdict.value).inc()
    metrics.solve_duration.labels(mode).observe(seconds)
    unplaced = Pending.INFEASIBLE if plan.is_proved else Pending.UNDECIDED
    counts = Counter(
        {
            Pending.PLANNED: len(plan.slots.node_of),
            unplaced: len(plan.outcome.unplaced),
            Pending.GATED: sum(bool(pod.scheduling_gates) for pod in plan.slots.snapshot.pending),
        }
    )
    for reason in Pending:
        metrics.pending.labels(reason).set(counts[reason])
    log.info(
        event(
            "plan_ready",
            mode=mode,
            generation=plan.sighting.generation,
            verdict=plan.outcome.verdict.value,
            proof=plan.outcome.proof.value,
            placed=len(plan.slots.node_of),
            unplaced=len(plan.outcome.unplaced),
            groups=len(plan.slots.groups),
            ms=round(1000 * seconds),
        )
    )
