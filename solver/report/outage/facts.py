"""What the renderings of ``solve outage`` are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from solver.model.names import PodKey
from solver.model.outcome import Outcome, SearchReport, StoppedBy
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Skipped, Snapshot
from solver.planning.outage.answer import Assumptions, LossFate, LossVerdict, Obstacle, Outage
from solver.planning.outage.remedy import Remedies
from solver.report.facts import Run


@dataclass(frozen=True, kw_only=True)
class OutageFacts:
    run: Run
    assumptions: Assumptions
    settled: Snapshot
    """What was lost from: waiting pods stand where they were planned."""
    before: Outcome | None
    """The plan that was carried out before anything was lost; None where no pod waited."""
    outage: Outage
    remedies: Remedies
    stopped_by: StoppedBy
    """The strongest reason for which any search ended, those for fixes included."""
    with_timeline: bool
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    again: str
    """The verb's own flags, for suggesting a next command."""

    @property
    def pods(self) -> Mapping[PodKey, Pod]:
        return self.settled.pod_by_key

    def label(self, workload: WorkloadKey) -> str:
        """Without a namespace while there is only one."""
        several = len({one.workload.namespace for fate in self.outage.fates for one in fate.workloads}) > 1
        return f"{workload.namespace}/{workload.name}" if several else workload.name

    def with_verdict(self, verdict: LossVerdict) -> list[LossFate]:
        return [fate for fate in self.outage.fates if fate.verdict is verdict]

    @property
    def search(self) -> SearchReport:
        before = self.before.search if self.before is not None else SearchReport()
        return replace(before, stopped_by=self.stopped_by)

    @property
    def is_proved(self) -> bool:
        """Nothing was left undecided by the search."""
        undecided = (
            one.obstacle is Obstacle.NOT_DECIDED
            for fate in self.outage.fates
            for workload in fate.workloads
            for one in workload.down
        )
        return not any(undecided) and self.outage.verdict is not LossVerdict.UNKNOWN
