"""Findings as SARIF rules and results; its three levels are called as our severities."""

from __future__ import annotations

from solver.planning.lint import CODES, Code, Finding
from solver.report.lint.facts import LintFacts
from solver.report.sarif import Result, Rule, sarif


def lint_sarif(facts: LintFacts) -> str:
    results = [sarif_result(finding) for finding in facts.answer.findings]
    results += [sarif_result(one.finding, one.by) for one in facts.answer.suppressed]
    return sarif("solve lint", facts.run.version, [sarif_rule(code) for code in CODES], results)


def sarif_rule(code: Code) -> Rule:
    return Rule(
        id=code.id,
        name=code.name,
        title=f"{code.title}.",
        why=code.why,
        remedy=code.remedy,
        level=code.severity.value,
    )


def sarif_result(finding: Finding, suppressed_by: str = "") -> Result:
    return Result(
        rule=finding.code.id,
        level=finding.severity.value,
        where=f"{finding.kind}/{finding.object} {finding.path}".rstrip(),
        message=finding.sentence,
        file=finding.source,
        suppressed_by=suppressed_by,
    )
