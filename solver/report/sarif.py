"""SARIF 2.1.0, which code hosts show beside files.

Objects are named as logical locations: the position in a file is not known once a document has been read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str
    name: str
    title: str
    why: str
    remedy: str
    level: str
    """``error``, ``warning`` or ``note``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    rule: str
    level: str
    where: str
    """Object and path, or what else was looked at."""
    message: str
    file: str = ""
    """"" where there is none, "-" for standard input."""
    suppressed_by: str = ""
    """An annotation, a flag, or "" for nothing."""


def sarif(tool: str, version: str, rules: Sequence[Rule], results: Sequence[Result]) -> str:
    index = {rule.id: number for number, rule in enumerate(rules)}
    driver = {"name": tool, "semanticVersion": version, "rules": [_rule(rule) for rule in rules]}
    run = {"tool": {"driver": driver}, "results": [_result(one, index[one.rule]) for one in results]}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(result: Result, index: int) -> dict[str, Any]:
    made = {
        "ruleId": result.rule,
        "ruleIndex": index,
        "level": result.level,
        "message": {"text": f"{result.where}: {result.message}"},
        "locations": [_location(result)],
        "partialFingerprints": {"ruleAndPlace/v1": f"{result.rule} {result.where}"},
    }
    if result.suppressed_by:
        kind = "external" if result.suppressed_by.startswith("--") else "inSource"
        made["suppressions"] = [{"kind": kind, "justification": result.suppressed_by}]
    return made


def _location(result: Result) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": result.where, "kind": "resource"}]
    }
    if result.file and result.file != "-":
        location["physicalLocation"] = {
            "artifactLocation": {"uri": result.file.replace("\\", "/")},
            "region": {"startLine": 1},
        }
    return location
