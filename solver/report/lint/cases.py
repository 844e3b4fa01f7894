"""Lint findings as test cases: one for each object that was looked at."""

from __future__ import annotations

from collections import defaultdict

from solver.planning.lint import Finding
from solver.report.junit import Case, junit
from solver.report.lint.facts import LintFacts


def lint_junit(facts: LintFacts) -> str:
    found: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in facts.answer.findings:
        found[finding.kind, finding.object].append(finding)
    objects = dict.fromkeys((*facts.answer.checked, *found))
    cases = [
        Case(
            group=kind,
            name=name,
            failures=tuple((f.code.id, _text(f)) for f in found[kind, name] if facts.fails(f)),
            remarks=tuple(f"{f.code.id} {_text(f)}" for f in found[kind, name] if not facts.fails(f)),
        )
        for kind, name in objects
    ]
    return junit("solve lint", cases)


def _text(finding: Finding) -> str:
    where = f" {finding.path}" if finding.path else ""
    return f"({finding.severity.value}){where}: {finding.code.title}: {finding.sentence}"
