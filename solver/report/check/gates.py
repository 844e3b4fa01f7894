"""A policy's checks for CI systems (JUnit) and code hosts (SARIF)."""

from __future__ import annotations

from solver.planning.check.answer import Result as Answered
from solver.planning.lint import CODES
from solver.report.check.facts import CheckFacts, Row
from solver.report.junit import Case, junit
from solver.report.lint.sarif import sarif_result, sarif_rule
from solver.report.sarif import Result, Rule, sarif

_RULES = (
    Rule(
        id="C001",
        name="fit",
        title="Everything that waits fits.",
        why="A joint placement of all pods that wait and of the manifests has to exist.",
        remedy="solve why names the smallest set of reasons and what would help.",
        level="error",
    ),
    Rule(
        id="C002",
        name="survive",
        title="Each loss that the policy names is survived.",
        why="Quorums hold, and no workload is down, once the failure domain is gone.",
        remedy="solve outage tells what breaks, what comes back, and what would help.",
        level="error",
    ),
    Rule(
        id="C003",
        name="headroom",
        title="There is room for every pod that can move once a node or domain is gone.",
        why="Pods whose data can be reached from elsewhere need room there.",
        remedy="Add a node (solve size), or lower requests.",
        level="error",
    ),
)
_ID = {rule.name: rule.id for rule in _RULES}


def check_junit(facts: CheckFacts) -> str:
    return junit("solve check", [_case(row) for row in facts.rows])


def _case(row: Row) -> Case:
    text = "\n".join((row.sentence, *row.details))
    return Case(
        group=row.rule,
        name=f"{row.rule} {row.subject}".rstrip(),
        failures=((row.rule, text),) if row.result is Answered.FAILED else (),
        error=text if row.result is Answered.UNKNOWN else "",
        remarks=(text,) if row.result is Answered.PASSED else (),
    )


def check_sarif(facts: CheckFacts) -> str:
    """Findings of lint by their own codes; of the other checks those that did not pass."""
    rules = [*_RULES, *(sarif_rule(code) for code in CODES)]
    results = [
        Result(
            rule=_ID[row.rule],
            level="error" if row.result is Answered.FAILED else "warning",
            where=f"{row.rule} {row.subject}".rstrip(),
            message=row.sentence if row.result is Answered.FAILED else f"not known: {row.sentence}",
            file=facts.policy_file,
        )
        for row in facts.rows
        if row.result is not Answered.PASSED and row.rule in _ID
    ]
    results += [sarif_result(finding) for finding in facts.findings]
    return sarif("solve check", facts.run.version, rules, results)
