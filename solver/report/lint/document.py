"""A LintReport document."""

from __future__ import annotations

from solver.planning.lint import Finding
from solver.report.envelope import Document, head
from solver.report.lint.facts import LintFacts


def lint_report(facts: LintFacts) -> Document:
    answer = facts.answer
    return {
        **head(facts.run, "LintReport"),
        "question": {
            "verb": "lint",
            "failOn": facts.fail_on.value if facts.fail_on else "never",
            "cluster": answer.has_cluster,
        },
        "answer": {"passed": facts.passed, "exitCode": facts.run.exit_code},
        "summary": {
            "objects": len(answer.checked),
            **{f"{severity.value}s": number for severity, number in facts.counts},
            "suppressed": len(answer.suppressed),
        },
        "findings": [finding_entry(finding) for finding in answer.findings],
        "warnings": list(answer.warnings),
        "suppressed": [{**finding_entry(one.finding), "by": one.by} for one in answer.suppressed],
    }


def finding_entry(finding: Finding) -> Document:
    return {
        "code": finding.code.id,
        "name": finding.code.name,
        "severity": finding.severity.value,
        "object": f"{finding.kind}/{finding.object}",
        "path": finding.path,
        "message": finding.sentence,
        "file": finding.source,
    }
