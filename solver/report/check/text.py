"""A policy's checks as a table: those that failed first, and why."""

from __future__ import annotations

from solver.planning.check.answer import Result
from solver.report.check.facts import CheckFacts, Row
from solver.report.skipped import skipped_block
from solver.report.table import columns, comma_separated, paragraphs
from solver.report.units import count

_ORDER = (Result.FAILED, Result.UNKNOWN, Result.PASSED)
_WORD = {Result.PASSED: "ok", Result.FAILED: "FAILED", Result.UNKNOWN: "UNKNOWN"}
_DETAILS = 5


def render(facts: CheckFacts, *, wide: bool = False) -> str:
    blocks = [
        _headline(facts),
        _table(facts),
        _details(facts, wide),
        skipped_block(facts.skipped),
        _next(facts),
    ]
    return paragraphs(blocks)


def names(facts: CheckFacts) -> str:
    """``survive/zone-a Failed``, a line each."""
    return "".join(f"{_name(row)} {row.result.value}\n" for row in facts.rows)


def rows(facts: CheckFacts) -> str:
    head = ("rule", "subject", "result", "why")
    return comma_separated(head, [[r.rule, r.subject, r.result.value, r.sentence] for r in facts.rows])


def _name(row: Row) -> str:
    return f"{row.rule}/{row.subject.replace(' ', '-')}" if row.subject else row.rule


def _headline(facts: CheckFacts) -> list[str]:
    numbers = [(result, len(facts.with_result(result))) for result in _ORDER]
    told = ", ".join(f"{number} {result.value.lower()}" for result, number in numbers if number)
    word = facts.answer.result.value.upper()
    lines = [f"{word}   {told} of {count(len(facts.rows), 'check')}"]
    proved = {
        Result.PASSED: "every check is proved",
        Result.FAILED: "proved",
        Result.UNKNOWN: "not proved: what is unknown is never taken for passed",
    }
    return [*lines, " " * (len(word) + 3) + proved[facts.answer.result]]


def _table(facts: CheckFacts) -> list[str]:
    ordered = [row for result in _ORDER for row in facts.with_result(result)]
    cells = [[_WORD[row.result], row.rule, row.subject or "-", row.sentence] for row in ordered]
    return columns([["RESULT", "RULE", "SUBJECT", "WHY"], *cells])


def _details(facts: CheckFacts, wide: bool) -> list[str]:
    lines: list[str] = []
    for row in (row for result in _ORDER for row in facts.with_result(result)):
        if row.details and (wide or row.result is not Result.PASSED):
            shown = row.details if wide else row.details[:_DETAILS]
            lines.append(f"{row.rule} {row.subject}".rstrip())
            lines += [f"  {detail}" for detail in shown]
            hidden = len(row.details) - len(shown)
            lines += [f"  … and {hidden} more; -o wide lists all"] * bool(hidden)
    return ["DETAILS", *lines] if lines else []


def _next(facts: CheckFacts) -> list[str]:
    """The verb that says more about the first check that did not pass."""
    arguments = facts.run.arguments
    for row in (row for result in _ORDER[:2] for row in facts.with_result(result)):
        key, _, value = row.subject.removeprefix("without ").partition(" ")
        quorum = f" --quorum {row.quorums}" if row.quorums else ""
        flags = {
            "fit": f"solve why {arguments}",
            "survive": f"solve outage --lose {key}={value}{quorum} {arguments}",
            "headroom": f"solve outage --lose {key}={value} {arguments}",
            "lint": f"solve lint {arguments}",
        }
        return [f"next: {flags[row.rule].strip()}"]
    return [f"next: solve fit {arguments} {facts.run.selection}".rstrip()]
