"""The plan book: the plan in use, and the answers it gives. Making a plan is a solve; asking it is a lookup.

An answer for a pod with a slot is a function of snapshot, plan and request alone, so it is the same after a
restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from frozendict import frozendict

from extender.book.groups import Group
from extender.book.newcomers import Newcomers
from extender.book.slots import Slots
from extender.book.verdicts import Answer, Refusal, SlotJudge
from extender.config import ExtenderConfig
from extender.logs import event
from extender.metrics import Fallback, Metrics, Pending
from extender.snapshots import Sighting, SnapshotSource
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome, Question, Unplaced, Verdict
from solver.model.pod import Pod
from solver.pipeline import place

log = logging.getLogger(__name__)

NOT_READY = "the plan is not ready yet"
MODE = "snapshot"
"""How plans are made; a label of the metrics."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A joint placement of the pending pods of one snapshot, and the nodes each of them may take."""

    sighting: Sighting
    outcome: Outcome
    slots: Slots
    made_at: float
    """On the monotonic clock."""

    @property
    def unplaced(self) -> frozendict[PodKey, Unplaced]:
        return frozendict({pod.pod: pod for pod in self.outcome.unplaced})

    @property
    def is_proved(self) -> bool:
        """What is not placed was shown not to fit."""
        return self.outcome.verdict is not Verdict.UNKNOWN

    def group(self, pod: Pod) -> Group | None:
        """The slot of this pod; None without one, and when the plan knows this name with other needs.

        A pod that the plan only expected (a replica still to be created) is known by its name alone: what the
        API server fills in at its creation is not in the template.
        """
        group = self.slots.group_of.get(pod.key)
        if group is None:
            return None
        known = self.slots.snapshot.pod_by_key[pod.key]
        needs = self.slots.kind_book.needs
        return group if known.from_manifest or needs(known) == needs(pod) else None


def make_plan(sighting: Sighting, config: ExtenderConfig) -> Plan:
    """Solve for every pending pod that waits for no gate (Q1)."""
    snapshot = sighting.snapshot
    question = Question(pods=tuple(pod.key for pod in snapshot.pending if not pod.scheduling_gates))
    outcome = place(snapshot, question, config.solve)
    slots = Slots(snapshot, outcome.placement, config.shared_nodes)
    return Plan(sighting=sighting, outcome=outcome, slots=slots, made_at=time.monotonic())


class NotReadyError(Exception):
    """Asked before there is a plan."""


class PlanBook:
    """The plan in use. Safe to share between threads; a plan is asked by one at a time."""

    def __init__(self, config: ExtenderConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._plan: Plan | None = None

    def adopt(self, plan: Plan) -> None:
        with self._lock:
            self._plan = plan
            self._judge = SlotJudge(plan.slots)
            self._newcomers = Newcomers(plan.slots, self._config.newcomers)

    @property
    def is_ready(self) -> bool:
        return self._plan is not None

    @property
    def plan(self) -> Plan:
        """Raises NotReadyError."""
        if self._plan is None:
            raise NotReadyError(NOT_READY)
        return self._plan

    def age_s(self) -> float:
        """0 before the first plan."""
        return time.monotonic() - self._plan.made_at if self._plan else 0.0

    def judge(self, pod: Pod, nodes: Sequence[NodeName]) -> Answer:
        """The verdict on every node, each named once. Raises NotReadyError."""
        with self._lock:
            plan = self.plan
            group = plan.group(pod)
            if group is None:
                return self._as_new(plan, pod, nodes)
            refused = self._judge.refusals(group, nodes)
            if nodes and len(refused) == len(nodes):
                return self._elsewhere(plan, pod, group, refused)
        return _answer(plan, pod, nodes, refused, None)

    def slot_verdicts(self, pod: Pod, group: Group) -> Answer:
        """The verdicts on all nodes of the snapshot for a pod on its slot. Sets nothing aside."""
        with self._lock:
            plan = self.plan
            nodes = [node.name for node in plan.slots.snapshot.nodes]
            return _answer(plan, pod, nodes, self._judge.refusals(group, nodes), None)

    def _as_new(self, plan: Plan, pod: Pod, nodes: Sequence[NodeName]) -> Answer:
        refused = self._newcomers.judge(pod, nodes)
        reason = Fallback.NEWCOMER
        if pod.key in plan.unplaced:
            reason = Fallback.INFEASIBLE if plan.is_proved else Fallback.UNDECIDED
        return _answer(plan, pod, nodes, refused, reason)

    def _elsewhere(self, plan: Plan, pod: Pod, group: Group, refused: dict[NodeName, Refusal]) -> Answer:
        """None of the pod's nodes was in the request."""
        nodes = list(refused)
        found = self._newcomers.reseat(pod, group, nodes)
        if found is not None:
            del refused[found]
        return _answer(plan, pod, nodes, refused, Fallback.REPLANNED)


def _answer(
    plan: Plan,
    pod: Pod,
    nodes: Sequence[NodeName],
    refused: dict[NodeName, Refusal],
    fallback: Fallback | None,
) -> Answer:
    return Answer(
        pod=pod,
        kept=tuple(name for name in nodes if name not in refused),
        refused=refused,
        planned=plan.slots.node_of.get(pod.key) if plan.group(pod) is not None else None,
        fallback=fallback,
    )


class Planner:
    """Makes the plan of the newest snapshot and hands it to the book."""

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
        snapshot = sighting.snapshot
        log.info(
            event(
                "snapshot_read",
                generation=sighting.generation,
                nodes=len(snapshot.nodes),
                pods=len(snapshot.pods),
                pending=len(snapshot.pending),
                ms=_ms_since(started),
            )
        )
        for warning in snapshot.warnings:
            log.warning(event("snapshot_warning", text=warning))
        started = time.perf_counter()
        plan = make_plan(sighting, self._config)
        self._record(plan, time.perf_counter() - started)
        self.book.adopt(plan)
        log.info(
            event(
                "plan_ready",
                generation=sighting.generation,
                verdict=plan.outcome.verdict.value,
                proof=plan.outcome.proof.value,
                placed=len(plan.outcome.placement.assignments),
                unplaced=len(plan.outcome.unplaced),
                groups=len(plan.slots.groups),
                ms=_ms_since(started),
            )
        )
        return plan

    def _record(self, plan: Plan, seconds: float) -> None:
        self._metrics.solves.labels(MODE, plan.outcome.verdict.value).inc()
        self._metrics.solve_duration.labels(MODE).observe(seconds)
        unplaced = Pending.INFEASIBLE if plan.is_proved else Pending.UNDECIDED
        counts = Counter(
            {
                Pending.PLANNED: len(plan.outcome.placement.assignments),
                unplaced: len(plan.outcome.unplaced),
                Pending.GATED: sum(bool(pod.scheduling_gates) for pod in plan.slots.snapshot.pending),
            }
        )
        for reason in Pending:
            self._metrics.pending.labels(reason).set(counts[reason])


def _ms_since(started: float) -> int:
    return round(1000 * (time.perf_counter() - started))
