"""What a comparison says, as values. Wording is in ``solver.report.compare``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome
from solver.model.placement import Assignment
from solver.model.pod import Pod, WorkloadKey, owner_of
from solver.planning.change import Change
from solver.planning.compare.orders import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    orders: int | None = 0
    """Random orders to try besides the named ones; None is all there are."""
    seeds: int = 0
    """Random tie-breaks for each order; 0 is by name."""


class OrderName(StrEnum):
    MANIFEST = "manifest"
    HELM = "helm"
    LED = "led"
    """A workload before all others."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of the default scheduler, emulated."""

    placed: tuple[Assignment, ...]
    """In placing order."""
    stranded: tuple[PodKey, ...]
    """In queue order; also pods that were never created because their predecessor is stranded (W14)."""
    cut_short: bool = False
    """Time was up before every pod had its turn; nothing is known of those stranded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An order and what became of it: one run with ties by name, or one for each seed."""

    name: OrderName
    arrival: Arrival
    attempts: tuple[Attempt, ...]
    led_by: tuple[WorkloadKey, ...] = ()

    @property
    def placed(self) -> tuple[int, int]:
        """The fewest and the most pods of any run."""
        counts = [len(attempt.placed) for attempt in self.attempts]
        return min(counts), max(counts)

    @property
    def worst(self) -> Attempt:
        return min(self.attempts, key=lambda attempt: len(attempt.placed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Over many orders."""

    orders: int
    """Tried."""
    distinct: int | None
    """That there are; None beyond counting."""
    runs: int
    complete: int
    """Runs that placed every pod."""
    fewest: int
    most: int
    strands: tuple[tuple[WorkloadKey, int], ...]
    """Workloads with the number of runs that strand pods of theirs, most first."""

    @classmethod
    def of(cls, rows: Sequence[Row], distinct: int | None) -> Tally:
        workload_of = {pod.key: owner_of(pod) for row in rows[:1] for pod in row.arrival}
        attempts = [attempt for row in rows for attempt in row.attempts]
        strands: Counter[WorkloadKey] = Counter()
        for attempt in attempts:
            strands.update({workload_of[key] for key in attempt.stranded})
        counts = [len(attempt.placed) for attempt in attempts]
        return cls(
            orders=len(rows),
            distinct=distinct,
            runs=len(attempts),
            complete=sum(not attempt.stranded for attempt in attempts),
            fewest=min(counts, default=0),
            most=max(counts, default=0),
            strands=tuple(sorted(strands.items(), key=lambda item: (-item[1], item[0]))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A placement after which the stranded pod could go on fewer nodes."""

    step: int
    """From 1."""
    pod: PodKey
    node: NodeName
    closed: tuple[NodeName, ...]
    left: int
    """Nodes still open to the stranded pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Of one resource on one node."""

    resource: str
    free: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAnswer:
    """What a node says to the stranded pod in the end."""

    node: NodeName
    plugin: str
    reasons: tuple[str, ...]
    short_of: tuple[Shortfall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WentWrong:
    """How one run made a pod impossible."""

    pod: Pod
    open_at_first: tuple[NodeName, ...]
    """Nodes it could have gone on before anything was placed."""
    closings: tuple[Closing, ...]
    answers: tuple[NodeAnswer, ...]
    """Empty where no node was looked at."""
    refusal: str
    """kube-scheduler's message for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A way to the good result without the extender; it was run before it is told."""

    workloads: tuple[WorkloadKey, ...]
    """In this order before all others."""
    row: Row
    by_priority: Change | None = None
    """The same by priority classes that do not preempt; None where the workloads are not in the input."""
    restarts: int = 0
    """Running pods of the workloads, which a new priority class restarts."""
    waiting: int = 0
    """Their pods that wait in the cluster already, and would have to be created anew."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    joint: Outcome
    requested: tuple[Pod, ...]
    manifest: Row
    helm: Row | None
    """None when it is the manifest order."""
    sampled: Tally | None
    """None when only the named orders were asked for."""
    all_orders: bool
    wrong: WentWrong | None
    """Of the manifest order, or of Helm's where only that one strands a pod."""
    remedies: tuple[Remedy, ...]
    ask: Ask
    cut_short: bool = False
    """Time was up before every order was tried."""

    @property
    def seeds(self) -> int:
        """0: ties by name."""
        return self.ask.seeds

    @property
    def named(self) -> tuple[Row, ...]:
        """The orders that have a name."""
        return (self.manifest,) if self.helm is None else (self.manifest, self.helm)

    @property
    def target(self) -> int:
        """Pods that the joint plan places."""
        return len(self.joint.placement.assignments)
