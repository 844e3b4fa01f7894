"""What the renderings of a rebalance are made from."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from solver.model.names import ZONE, DomainName, NodeName
from solver.model.outcome import Outcome
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Skipped, Snapshot
from solver.planning.rebalance.answer import RebalanceAnswer, Step, StepKind
from solver.report.facts import Run
from solver.report.spread import zones_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Running pods of a workload by zone, before and after, zones in the order of
    ``RebalanceFacts.zones``."""

    workload: WorkloadKey
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RebalanceFacts:
    run: Run
    verb: str
    goals: tuple[str, ...]
    renewable: tuple[str, ...]
    answer: RebalanceAnswer
    leaving: tuple[NodeName, ...]
    """Nodes that are emptied."""
    hindered: Outcome | None
    """Where the pods that have to leave could not go, when there is no plan."""
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    most_cost: int | None = None
    """What the plan may cost."""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        return self.answer.steps or ()

    def of_kind(self, kind: StepKind) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.kind is kind)

    @cached_property
    def zones(self) -> tuple[DomainName, ...]:
        return zones_of(self.answer.before)

    @cached_property
    def spreads(self) -> tuple[Spread, ...]:
        """Of every workload with two running pods or more."""
        before, after = (self._by_zone(snapshot) for snapshot in (self.answer.before, self.answer.after))
        return tuple(
            Spread(
                workload=workload,
                before=tuple(before[workload][zone] for zone in self.zones),
                after=tuple(after[workload][zone] for zone in self.zones),
            )
            for workload in sorted(after)
            if after[workload].total() > 1
        )

    def _by_zone(self, snapshot: Snapshot) -> dict[WorkloadKey, Counter[DomainName]]:
        found: dict[WorkloadKey, Counter[DomainName]] = defaultdict(Counter)
        for pod in snapshot.running:
            if pod.workload is None or pod.node_name is None or pod.terminating:
                continue
            zone = snapshot.node_by_name[pod.node_name].labels.get(ZONE)
            if zone is not None:
                found[pod.workload][DomainName(zone)] += 1
        return found
