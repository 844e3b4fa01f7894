"""Findings as SARIF 2.1.0, which code hosts show beside the files.

Objects are named as logical locations: the position in a file is not known once a document has been read.
"""

from __future__ import annotations

import json
from typing import Any

from solver.planning.lint import CODES, Code, Finding, Severity
from solver.report.lint.facts import LintFacts

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(facts: LintFacts) -> str:
    rules = {code.id: number for number, code in enumerate(CODES)}
    results = [_result(finding, rules) for finding in facts.answer.findings]
    for one in facts.answer.suppressed:
        in_source = one.by.startswith("--") is False
        kind = {"kind": "inSource" if in_source else "external", "justification": one.by}
        results.append({**_result(one.finding, rules), "suppressions": [kind]})
    driver = {
        "name": "solve lint",
        "semanticVersion": facts.run.version,
        "rules": [_rule(code) for code in CODES],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.id,
        "name": code.name,
        "shortDescription": {"text": f"{code.title}."},
        "fullDescription": {"text": code.why},
        "help": {"text": code.remedy},
        "defaultConfiguration": {"level": _level(code.severity)},
    }


def _result(finding: Finding, rules: dict[str, int]) -> dict[str, Any]:
    name = f"{finding.kind}/{finding.object}"
    whole = f"{name} {finding.path}".rstrip()
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": whole, "kind": "resource"}]}
    if finding.source and finding.source != "-":
        location["physicalLocation"] = {
            "artifactLocation": {"uri": finding.source.replace("\\", "/")},
            "region": {"startLine": 1},
        }
    return {
        "ruleId": finding.code.id,
        "ruleIndex": rules[finding.code.id],
        "level": _level(finding.severity),
        "message": {"text": f"{whole}: {finding.sentence}"},
        "locations": [location],
        "partialFingerprints": {"objectAndPath/v1": f"{finding.code.id} {whole}"},
    }


def _level(severity: Severity) -> str:
    """SARIF has the same three words."""
    return severity.value
