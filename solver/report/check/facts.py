"""A policy's checks as rows: what was checked, what came of it, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

from solver.model.names import PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Skipped
from solver.planning.check.answer import (
    Check,
    CheckAnswer,
    FitCheck,
    HeadroomCheck,
    LintCheck,
    Result,
    SurviveCheck,
)
from solver.planning.lint import Finding
from solver.planning.outage.answer import LossFate, WorkloadVerdict
from solver.report import reasons
from solver.report.facts import Run
from solver.report.outage import words
from solver.report.units import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    rule: str
    """``fit``, ``survive``, ``headroom`` or ``lint``."""
    subject: str
    """``zone a``, say; "" for the whole."""
    result: Result
    sentence: str
    details: tuple[str, ...] = ()
    quorums: str = ""
    """The policy's, as ``solve outage`` takes them."""


@dataclass(frozen=True, kw_only=True)
class CheckFacts:
    run: Run
    answer: CheckAnswer
    policy_file: str
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        return tuple(map(self._row, self.answer.checks))

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(
            f for check in self.answer.checks if isinstance(check, LintCheck) for f in check.answer.findings
        )

    def with_result(self, result: Result) -> list[Row]:
        return [row for row in self.rows if row.result is result]

    def _row(self, check: Check) -> Row:
        pods = self.answer.settled.pod_by_key
        match check:
            case FitCheck():
                return _fit(check)
            case SurviveCheck():
                return Row(
                    rule="survive",
                    subject=check.fate.loss.label,
                    result=check.result,
                    sentence=_fate(check.fate),
                    details=tuple(_down(check.fate, pods)),
                    quorums=",".join(f"{q.name}={q.needs or 'majority'}" for q in check.rule.quorums),
                )
            case HeadroomCheck():
                return _headroom(check, pods)
            case LintCheck():
                return _lint(check)
            case _:
                assert_never(check)


def _fit(check: FitCheck) -> Row:
    outcome = check.outcome
    if outcome is None:
        return Row(rule="fit", subject="", result=check.result, sentence="no pod waits")
    placed = len(outcome.placement.assignments)
    asked = placed + len(outcome.unplaced)
    told = tuple(
        f"{unplaced.pod}: {reasons.sentence(reason)}"
        for unplaced in outcome.unplaced
        for reason in unplaced.reasons[:1]
    )
    told += tuple(
        f"{over.namespace}/{over.quota} {over.resource}: {count(len(over.refused), 'pod')} beyond it"
        for over in check.over_quota
    )
    sentence = f"{placed} of {count(asked, 'pod')}, {reasons.certainty(outcome)}"
    if check.not_created:
        sentence += f"; a quota refuses {count(check.not_created, 'pod')}"
    return Row(rule="fit", subject="", result=check.result, sentence=sentence, details=told)


def _fate(fate: LossFate) -> str:
    """The workloads that the loss reaches, and what becomes of each."""
    hit = [one for one in fate.workloads if one.verdict is not WorkloadVerdict.UNAFFECTED]
    told = [f"{one.workload.name} {words.verdict(one)}" for one in hit]
    return "; ".join(told) or "nothing is affected"


def _down(fate: LossFate, pods: Mapping[PodKey, Pod]) -> list[str]:
    return [f"{one.workload.name} down: {words.stays_down(one, pods)}" for one in fate.workloads if one.down]


def _headroom(check: HeadroomCheck, pods: Mapping[PodKey, Pod]) -> Row:
    down = check.without_room or check.not_known
    if not down:
        sentence = "every pod that can move has room elsewhere"
    elif check.without_room:
        sentence = f"{count(len(down), 'pod')} would find no room"
    else:
        sentence = f"not known for {count(len(down), 'pod')}"
    details = tuple(f"{one.pod}: {words.why(one, pods[one.pod])}" for one in down)
    return Row(
        rule="headroom",
        subject=f"without {check.fate.loss.label}",
        result=check.result,
        sentence=sentence,
        details=details,
    )


def _lint(check: LintCheck) -> Row:
    findings = check.answer.findings
    told = tuple(f"{f.code.id} {f.kind}/{f.object}: {f.sentence}" for f in findings)
    sentence = (
        f"{count(check.failing, 'finding')} at or above {check.rule.fail_on.value}, {len(findings)} in all"
    )
    return Row(rule="lint", subject="", result=check.result, sentence=sentence, details=told)
