"""The extender's metrics: their names and labels, and the closed sets of label values."""

from __future__ import annotations

import platform
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
NODES = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


class Verb(StrEnum):
    FILTER = "filter"
    PRIORITIZE = "prioritize"
    PREEMPT = "preempt"


class Outcome(StrEnum):
    """How one call of a verb ended."""

    KEPT = "kept"
    """At least one node was kept or scored."""
    NONE_KEPT = "none_kept"
    BAD_INPUT = "bad_input"
    NOT_READY = "not_ready"
    FAILED = "failed"
    """Our fault; the log has the traceback."""


class Fallback(StrEnum):
    """Why an answer did not come straight from a slot of the plan."""

    NOT_READY = "not_ready"
    REPLANNED = "replanned"
    """None of the pod's nodes was in the request."""
    NEWCOMER = "newcomer"
    """The snapshot does not know the pod, or knows it with other needs."""
    INFEASIBLE = "infeasible"
    UNDECIDED = "undecided"
    GREEDY = "greedy"
    """The time for a plan was up: pod by pod."""
    PASS_THROUGH = "pass_through"
    """Every node that no slot needs."""


class Mode(StrEnum):
    """How a plan is made."""

    SNAPSHOT = "snapshot"
    """Once, from files."""
    LIVE = "live"
    """When pods appear, with the time a call may wait."""
    DEEP = "deep"
    """With the whole time limit, when nothing else is to be done, for pods that were left undecided."""
    GREEDY = "greedy"
    """Pod by pod, for one call whose time was up."""
    SIMULATE = "simulate"
    """For a hypothetical question."""


class Pending(StrEnum):
    """What became of the pending pods of the snapshot."""

    PLANNED = "planned"
    INFEASIBLE = "infeasible"
    UNDECIDED = "undecided"
    GATED = "gated"


class Metrics:
    """One set per application, in a registry of its own: two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "bulkhead_extender_requests_total",
            "Calls of a verb, by how they ended.",
            ("verb", "outcome"),
            registry=self.registry,
        )
        self.duration = Histogram(
            "bulkhead_extender_request_duration_seconds",
            "Time from the whole body being there to the whole answer being ready.",
            ("verb",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.nodes = Histogram(
            "bulkhead_extender_nodes",
            "Nodes per call: asked about, and kept or given a score above 0.",
            ("verb", "stage"),
            buckets=NODES,
            registry=self.registry,
        )
        self.solves = Counter(
            "bulkhead_solves_total", "Plans made, by verdict.", ("mode", "status"), registry=self.registry
        )
        self.solve_duration = Histogram(
            "bulkhead_solve_duration_seconds",
            "Time to make a plan, from the snapshot to the nodes each pod may take.",
            ("mode",),
            buckets=(0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
            registry=self.registry,
        )
        self.plan_age = Gauge(
            "bulkhead_plan_age_seconds", "Age of the plan in use; 0 before the first.", registry=self.registry
        )
        self.reservations = Gauge(
            "bulkhead_reservations",
            "Slots that are kept free for pods still to come.",
            registry=self.registry,
        )
        self.reservations_expired = Counter(
            "bulkhead_reservations_expired_total",
            "Slots given up because their pods did not come in time.",
            registry=self.registry,
        )
        self.reservation_conflicts = Counter(
            "bulkhead_reservation_conflicts_total",
            "Pods that came to a node although a slot could be lost by that.",
            registry=self.registry,
        )
        self.quorum_kept = Gauge(
            "bulkhead_domain_loss_quorum_ok",
            "1 when a majority of the workload's replicas runs outside of the domain. Only when configured.",
            ("workload", "domain"),
            registry=self.registry,
        )
        self.fallbacks = Counter(
            "bulkhead_fallbacks_total",
            "Answers that did not come straight from a slot of the plan.",
            ("reason",),
            registry=self.registry,
        )
        self.pending = Gauge(
            "bulkhead_pending_pods",
            "Pending pods of the snapshot, by what the plan does with them.",
            ("reason",),
            registry=self.registry,
        )
        self.snapshot_age = Gauge(
            "bulkhead_snapshot_age_seconds",
            "Time since something was last heard of the kind that has been silent for longest.",
            registry=self.registry,
        )
        self.watch_restarts = Counter(
            "bulkhead_watch_restarts_total",
            "Lists and watches that ended before their time and were begun again.",
            ("kind",),
            registry=self.registry,
        )
        self.watch_events = Counter(
            "bulkhead_watch_events_total",
            "Events received from the API server, bookmarks left out.",
            ("kind",),
            registry=self.registry,
        )
        self.unreadable = Gauge(
            "bulkhead_unreadable_objects",
            "Objects of the cluster that are left out because they cannot be read.",
            ("kind",),
            registry=self.registry,
        )
        build = Gauge(
            "bulkhead_build_info",
            "Versions; always 1.",
            ("version", "python", "ortools"),
            registry=self.registry,
        )
        build.labels(version("kube-bulkhead"), platform.python_version(), version("ortools")).set(1)

    def follow_plan_age(self, age_s: Callable[[], float]) -> None:
        self.plan_age.set_function(age_s)

    def follow_snapshot_age(self, age_s: Callable[[], float]) -> None:
        self.snapshot_age.set_function(age_s)

    def value(self, name: str, **labels: str) -> float:
        """Of one sample; 0 before it was ever counted."""
        return self.registry.get_sample_value(name, labels) or 0.0

    def exposition(self) -> bytes:
        return generate_latest(self.registry)
