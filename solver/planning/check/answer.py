"""What a policy came to, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from solver.model.outcome import Outcome, StoppedBy, Verdict
from solver.model.snapshot import Snapshot
from solver.planning.check.policy import LintRule, Survive
from solver.planning.lint import LintAnswer
from solver.planning.outage.answer import LossFate, LossVerdict, Obstacle, StaysDown
from solver.planning.quota import OverQuota


class Result(StrEnum):
    PASSED = "Passed"
    FAILED = "Failed"
    """Proved."""
    UNKNOWN = "Unknown"
    """Neither; never taken for passed."""


_NO_ROOM = frozenset({Obstacle.RESOURCES, Obstacle.SPREAD, Obstacle.SEPARATION, Obstacle.RULES})
_NOT_KNOWN = frozenset({Obstacle.NOT_DECIDED, Obstacle.UNKNOWN_CONTROLLER, Obstacle.UNKNOWN_STORAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class FitCheck:
    """``outcome`` is None where no pod waits."""

    outcome: Outcome | None
    over_quota: tuple[OverQuota, ...] = ()
    """Limits beyond which some of the pods would not even be created."""

    @property
    def not_created(self) -> int:
        return len({pod for over in self.over_quota for pod in over.refused})

    @property
    def result(self) -> Result:
        if self.over_quota:
            return Result.FAILED
        verdict = Verdict.FITS if self.outcome is None else self.outcome.verdict
        match verdict:
            case Verdict.FITS:
                return Result.PASSED
            case Verdict.DOES_NOT_FIT | Verdict.CONTRADICTION:
                return Result.FAILED
            case Verdict.UNKNOWN:
                return Result.UNKNOWN
            case _:
                assert_never(verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurviveCheck:
    rule: Survive
    fate: LossFate

    @property
    def result(self) -> Result:
        match self.fate.verdict:
            case LossVerdict.UNKNOWN:
                return Result.UNKNOWN
            case LossVerdict.FAILS:
                return Result.FAILED
            case LossVerdict.DEGRADED if self.rule.at_worst is LossVerdict.OK:
                return Result.FAILED
            case _:
                return Result.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadroomCheck:
    """Whether pods whose data can be reached find room elsewhere, by themselves or once a node is fenced."""

    fate: LossFate

    @property
    def without_room(self) -> tuple[StaysDown, ...]:
        return self._down(_NO_ROOM)

    @property
    def not_known(self) -> tuple[StaysDown, ...]:
        return self._down(_NOT_KNOWN)

    @property
    def result(self) -> Result:
        if self.without_room:
            return Result.FAILED
        return Result.UNKNOWN if self.not_known else Result.PASSED

    def _down(self, obstacles: frozenset[Obstacle]) -> tuple[StaysDown, ...]:
        return tuple(one for fate in self.fate.workloads for one in fate.down if one.obstacle in obstacles)


@dataclass(frozen=True, slots=True, kw_only=True)
class LintCheck:
    rule: LintRule
    answer: LintAnswer

    @property
    def failing(self) -> int:
        return sum(f.severity.weight >= self.rule.fail_on.weight for f in self.answer.findings)

    @property
    def result(self) -> Result:
        return Result.FAILED if self.failing else Result.PASSED


Check = FitCheck | SurviveCheck | HeadroomCheck | LintCheck


@dataclass(frozen=True, kw_only=True)
class CheckAnswer:
    checks: tuple[Check, ...]
    """In the policy's order, losses by name."""
    settled: Snapshot
    """With waiting pods where they were planned: what losses are taken from."""
    stopped_by: StoppedBy

    @property
    def result(self) -> Result:
        """A proved failure outweighs what is not known."""
        found = {check.result for check in self.checks}
        for result in (Result.FAILED, Result.UNKNOWN):
            if result in found:
                return result
        return Result.PASSED
