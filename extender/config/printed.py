"""A configuration as the file that makes it, with a comment for every field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import wrap

from extender.config.file import API_VERSION, KIND, value_of
from extender.config.policies import PolicyRule
from extender.config.settings import SECTIONS, SETTINGS, Setting
from extender.config.values import ExtenderConfig
from solver.model.selector import LabelSelector

WIDTH = 100
_RULES_ABOUT = "For some pods: the first rule whose selectors match namespace and pod decides."
_RULES_EXAMPLE = (
    "rules:",
    "- namespaceSelector: {matchLabels: {team: data}}",
    "  podSelector: {matchExpressions: [{key: app, operator: Exists}]}",
    "  onInfeasible: Hold",
)


def printed(config: ExtenderConfig) -> str:
    """Reads back as the same configuration."""
    lines = [f"apiVersion: {API_VERSION}", f"kind: {KIND}"]
    opened: list[str] = []
    for setting in SETTINGS:
        *sections, _ = setting.path.split(".")
        for depth in range(len(sections)):
            above = sections[: depth + 1]
            if opened[: depth + 1] != above:
                lines.extend(_section(".".join(above), depth))
        opened = sections
        lines.extend(_setting(config, setting, len(sections)))
        if setting.path == "policies.onUndecided":
            lines.extend(_rules(config.policies.rules))
    return "\n".join(lines) + "\n"


def _section(path: str, depth: int) -> Iterator[str]:
    if depth == 0:
        yield ""
    yield from _comment(SECTIONS[path], depth)
    yield f"{'  ' * depth}{path.rpartition('.')[2]}:"


def _setting(config: ExtenderConfig, setting: Setting, depth: int) -> Iterator[str]:
    yield from _comment(setting.about, depth)
    name = setting.path.rpartition(".")[2]
    yield f"{'  ' * depth}{name}: {setting.form.write(value_of(config, setting))}"


def _comment(text: str, depth: int) -> list[str]:
    prefix = f"{'  ' * depth}# "
    return wrap(text, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False)


def _rules(rules: tuple[PolicyRule, ...]) -> Iterator[str]:
    yield from _comment(_RULES_ABOUT, 1)
    if not rules:
        yield from (f"  # {line}" for line in _RULES_EXAMPLE)
        return
    yield "  rules:"
    for rule in rules:
        written = {
            "namespaceSelector": _selector(rule.namespaces),
            "podSelector": _selector(rule.pods),
            "onInfeasible": rule.policy.on_infeasible.value,
            "onUndecided": rule.policy.on_undecided.value,
        }
        yield f"  - {json.dumps(written)}"


def _selector(selector: LabelSelector) -> dict[str, object]:
    expressions = [
        {"key": r.key, "operator": r.operator.value, **({"values": list(r.values)} if r.values else {})}
        for r in selector.requirements
    ]
    return {"matchExpressions": expressions} if expressions else {}
