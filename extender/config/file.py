"""The configuration file, read strictly: unknown fields are refused, and all faults are told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from extender.config.forms import FormError
from extender.config.rules import read_rules
from extender.config.settings import RULES, SETTINGS, Setting
from extender.config.unknown import unknown_fields
from extender.config.values import ConfigError, ExtenderConfig
from solver.errors import Fault, InputError
from solver.kube.faults import Problem, join, show
from solver.kube.yamltext import YamlError, load_all

API_VERSION = "bulkhead.dev/v1alpha1"
KIND = "ExtenderConfiguration"
_HEAD = {"apiVersion": API_VERSION, "kind": KIND}

Tree = dict[str, "Tree | Setting | str"]
"""The fields of the file; a text stands for one that is read elsewhere."""


def parse_config(text: str, source: str) -> ExtenderConfig:
    """What the file does not say is as by default. Raises InputError naming every fault."""
    problems: list[Problem] = []
    content = _content(text, problems)
    if content is not None:
        config = _config(content, problems)
    if problems or content is None:
        raise InputError(
            Fault(kind=KIND, name=source, path=p.path, found=p.found, expected=p.expected) for p in problems
        )
    return config


def _content(text: str, problems: list[Problem]) -> Mapping[str, Any] | None:
    try:
        documents = [document for document in load_all(text) if document is not None]
    except YamlError as error:
        problems.append(Problem("", str(error), "valid YAML"))
        return None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        found = show(documents[0]) if len(documents) == 1 else f"{len(documents)} documents"
        problems.append(Problem("", found, f"one {KIND} object"))
        return None
    for field, expected in _HEAD.items():
        if documents[0].get(field) != expected:
            problems.append(Problem(field, show(documents[0].get(field)), expected))
    return {name: value for name, value in documents[0].items() if name not in _HEAD}


def _config(content: Mapping[str, Any], problems: list[Problem]) -> ExtenderConfig:
    config = ExtenderConfig()
    for setting, value in _given(content, _tree(), "", problems):
        try:
            read = setting.form.read(value)
        except FormError:
            problems.append(Problem(setting.path, show(value), setting.form.expected))
            continue
        try:
            config = with_setting(config, setting, read)
        except ConfigError as error:
            problems.append(Problem(setting.path, error.found, error.expected))
    section = content.get("policies")
    rules = section.get("rules") if isinstance(section, dict) else None
    if rules is None:
        return config
    read_as = read_rules(rules, RULES, config.policies.default, problems.append)
    return replace(config, policies=replace(config.policies, rules=read_as))


def with_setting(config: ExtenderConfig, setting: Setting, value: Any) -> ExtenderConfig:
    """Raises ConfigError when the value cannot work."""
    values = value if len(setting.fields) > 1 else (value,)
    for field, one in zip(setting.fields, values, strict=True):
        config = _with(config, field.split("."), one)
    return config


def value_of(config: ExtenderConfig, setting: Setting) -> Any:
    values = []
    for field in setting.fields:
        found: Any = config
        for name in field.split("."):
            found = getattr(found, name)
        values.append(found)
    return tuple(values) if len(values) > 1 else values[0]


def _with(config: Any, names: list[str], value: Any) -> Any:
    name, *inner = names
    return replace(config, **{name: _with(getattr(config, name), inner, value) if inner else value})


def _tree() -> Tree:
    tree: Tree = {"policies": {"rules": RULES}}
    for setting in SETTINGS:
        *sections, name = setting.path.split(".")
        level = tree
        for section in sections:
            inner = level.setdefault(section, {})
            assert isinstance(inner, dict)
            level = inner
        level[name] = setting
    return tree


def _given(
    content: Mapping[str, Any], tree: Tree, path: str, problems: list[Problem]
) -> list[tuple[Setting, Any]]:
    """The settings that the file makes. A field that is null is left out."""
    problems.extend(unknown_fields(content, tree, path, _ELSEWHERE))
    found: list[tuple[Setting, Any]] = []
    for name, known in tree.items():
        value = content.get(name)
        if value is None or isinstance(known, str):
            continue
        if isinstance(known, Setting):
            found.append((known, value))
        elif isinstance(value, dict):
            found.extend(_given(value, known, join(path, name), problems))
        else:
            problems.append(Problem(join(path, name), show(value), f"an object with {', '.join(known)}"))
    return found


_ELSEWHERE = {setting.path.rpartition(".")[2]: setting.path for setting in SETTINGS}
