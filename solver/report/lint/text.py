"""Findings as a table: the heaviest first, and what to do about each in the wide form."""

from __future__ import annotations

from solver.planning.lint import Finding
from solver.report.lint.facts import LintFacts
from solver.report.table import columns, comma_separated, paragraphs, shortened
from solver.report.units import count

ROWS = 40
_HEAD = ("severity", "code", "name", "kind", "object", "path", "finding", "file")


def render(facts: LintFacts, *, wide: bool = False) -> str:
    blocks = [_headline(facts), _table(facts, wide), _suppressed(facts, wide), _next(facts)]
    return paragraphs(blocks)


def names(facts: LintFacts) -> str:
    """``statefulset/prod/db L101``, a line each."""
    return "".join(f"{f.kind.lower()}/{f.object} {f.code.id}\n" for f in facts.answer.findings)


def comma_separated_findings(facts: LintFacts) -> str:
    rows = [
        [f.severity.value, f.code.id, f.code.name, f.kind, f.object, f.path, f.sentence, f.source]
        for f in facts.answer.findings
    ]
    return comma_separated(_HEAD, rows)


def _headline(facts: LintFacts) -> list[str]:
    word = "PASSED" if facts.passed else "FAILED"
    found = ", ".join(count(number, severity.value) for severity, number in facts.counts if number)
    lines = [f"{word}   {found or 'nothing found'} in {count(len(facts.answer.checked), 'object')}"]
    return lines + [f"         {warning}" for warning in facts.answer.warnings]


def _heaviest_first(facts: LintFacts) -> list[Finding]:
    return sorted(facts.answer.findings, key=lambda finding: -finding.severity.weight)


def _table(facts: LintFacts, wide: bool) -> list[str]:
    rows = [_row(finding, wide) for finding in _heaviest_first(facts)]
    if not rows:
        return []
    head = ["SEVERITY", "CODE", "OBJECT", *(["PATH"] if wide else []), "FINDING"]
    return shortened(columns([head, *rows]), None if wide else ROWS + 1, "findings")


def _row(finding: Finding, wide: bool) -> list[str]:
    told = f"{finding.sentence}. {finding.code.remedy}" if wide else finding.sentence
    where = [finding.path] if wide else []
    code = f"{finding.code.id} {finding.code.name}"
    return [finding.severity.value, code, f"{finding.kind}/{finding.object}", *where, told]


def _suppressed(facts: LintFacts, wide: bool) -> list[str]:
    suppressed = facts.answer.suppressed
    if not suppressed:
        return []
    head = f"SUPPRESSED   {count(len(suppressed), 'finding')}"
    rows = [[one.finding.code.id, f"{one.finding.kind}/{one.finding.object}", one.by] for one in suppressed]
    return [head, *(columns(rows) if wide else [])]


def _next(facts: LintFacts) -> list[str]:
    worst = _heaviest_first(facts)
    asked = f"solve lint --explain {worst[0].code.id}" if worst else f"solve fit {facts.run.arguments}"
    return [f"next: {asked}".rstrip()]
