"""A CheckReport document."""

from __future__ import annotations

from solver.planning.check.answer import Result
from solver.report.check.facts import CheckFacts
from solver.report.envelope import Document, head, skipped_section
from solver.report.lint.document import finding_entry


def check_report(facts: CheckFacts) -> Document:
    number = {result: len(facts.with_result(result)) for result in Result}
    return {
        **head(facts.run, "CheckReport"),
        "question": {"verb": "check", "policy": facts.policy_file},
        "answer": {"result": facts.answer.result.value, "exitCode": facts.run.exit_code},
        "summary": {
            "checks": len(facts.rows),
            "passed": number[Result.PASSED],
            "failed": number[Result.FAILED],
            "unknown": number[Result.UNKNOWN],
        },
        "checks": [
            {
                "rule": row.rule,
                "subject": row.subject,
                "result": row.result.value,
                "message": row.sentence,
                "details": list(row.details),
            }
            for row in facts.rows
        ],
        "findings": [finding_entry(finding) for finding in facts.findings],
        "skipped": skipped_section(facts.skipped),
        "warnings": list(facts.warnings),
        "solver": {
            "stoppedBy": facts.answer.stopped_by.value,
            "readSeconds": round(facts.run.read_seconds, 3),
            "wallSeconds": round(facts.run.wall_seconds, 3),
        },
    }
