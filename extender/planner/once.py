"""The plan of a cluster that was written to files: made once (A15)."""

from __future__ import annotations

import time

from extender.book.plans import Plan
from extender.book.shelf import PlanBook
from extender.book.slots import Slots
from extender.config import ExtenderConfig
from extender.metrics import Metrics, Mode
from extender.planner.telling import record, tell_snapshot
from extender.snapshots import Sighting, SnapshotSource
from solver.model.outcome import Question
from solver.pipeline import place


def make_plan(sighting: Sighting, config: ExtenderConfig) -> Plan:
    """Solve for every pending pod that waits for no gate (Q1)."""
    snapshot = sighting.snapshot
    question = Question(pods=tuple(pod.key for pod in snapshot.pending if not pod.scheduling_gates))
    outcome = place(snapshot, question, config.solve)
    return Plan(
        sighting=sighting,
        outcome=outcome,
        slots=Slots(snapshot, outcome.placement, config.shared_nodes),
        made_at=time.monotonic(),
        newcomers=config.newcomers,
    )


class Planner:
    """Makes the plan of a snapshot and hands it to the book."""

    def __init__(
        self, source: SnapshotSource, book: PlanBook, metrics: Metrics, config: ExtenderConfig
    ) -> None:
        self.source = source
        self.book = book
        self._metrics = metrics
        self._config = config

    def run(self) -> Plan:
        """Raises BulkheadError when the snapshot cannot be read or judged."""
        started = time.perf_counter()
        sighting = self.source.latest()
        tell_snapshot(sighting, time.perf_counter() - started)
        started = time.perf_counter()
        plan = make_plan(sighting, self._config)
        plan.warm(plan.slots.node_of)
        record(plan, Mode.SNAPSHOT, time.perf_counter() - started, self._metrics)
        self.book.adopt(plan)
        return plan
