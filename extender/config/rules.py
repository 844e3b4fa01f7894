"""Policies for some pods: the list ``policies.rules`` of the configuration file (A10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from extender.config.forms import FormError, choice
from extender.config.policies import EVERYTHING, OnInfeasible, OnUndecided, Policy, PolicyRule
from extender.config.unknown import unknown_fields
from solver.kube import raw
from solver.kube.faults import Problem, join, show
from solver.kube.selectors import label_selector, label_selector_problems
from solver.kube.shape import ShapeError, typed
from solver.model.selector import LabelSelector

_CHOICES = {"onInfeasible": choice(OnInfeasible), "onUndecided": choice(OnUndecided)}
_SELECTORS = ("namespaceSelector", "podSelector")
FIELDS = (*_SELECTORS, *_CHOICES)
_SELECTOR_FIELDS = ("matchLabels", "matchExpressions")
_EXPRESSION_FIELDS = ("key", "operator", "values")

Tell = Callable[[Problem], None]


def read_rules(value: Any, path: str, default: Policy, tell: Tell) -> tuple[PolicyRule, ...]:
    """What a rule leaves out is as in ``default``. Of a rule with problems nothing is made."""
    if not isinstance(value, list):
        tell(Problem(path, show(value), "a list of rules"))
        return ()
    rules = (_rule(item, f"{path}[{i}]", default, tell) for i, item in enumerate(value))
    return tuple(rule for rule in rules if rule is not None)


def _rule(value: Any, path: str, default: Policy, tell: Tell) -> PolicyRule | None:
    if not isinstance(value, Mapping):
        tell(Problem(path, show(value), f"an object with some of {', '.join(FIELDS)}"))
        return None
    for problem in unknown_fields(value, FIELDS, path):
        tell(problem)
    namespaces, pods = (_selector(value.get(name), join(path, name), tell) for name in _SELECTORS)
    chosen = {name: _chosen(value.get(name), name, path, tell) for name in _CHOICES}
    policy = Policy(
        on_infeasible=chosen["onInfeasible"] or default.on_infeasible,
        on_undecided=chosen["onUndecided"] or default.on_undecided,
    )
    return PolicyRule(namespaces=namespaces, pods=pods, policy=policy)


def _chosen(value: Any, name: str, path: str, tell: Tell) -> Any:
    form = _CHOICES[name]
    try:
        return None if value is None else form.read(value)
    except FormError:
        tell(Problem(join(path, name), show(value), form.expected))
        return None


def _selector(value: Any, path: str, tell: Tell) -> LabelSelector:
    """A mistyped field would make a selector match everything, so unknown ones are refused here, too."""
    problems = list(_unknown_in(value, path))
    try:
        stored = typed(value, raw.LabelSelector) if value is not None else None
    except ShapeError as error:
        stored = None
        problems.extend(problem.under(path) for problem in error.problems)
    problems.extend(label_selector_problems(stored, path))
    for problem in problems:
        tell(problem)
    return label_selector(stored) or EVERYTHING


def _unknown_in(value: Any, path: str) -> list[Problem]:
    if not isinstance(value, Mapping):
        return []
    problems = list(unknown_fields(value, _SELECTOR_FIELDS, path))
    expressions = value.get("matchExpressions")
    for i, expression in enumerate(expressions if isinstance(expressions, list) else ()):
        if isinstance(expression, Mapping):
            where = f"{path}.matchExpressions[{i}]"
            problems.extend(unknown_fields(expression, _EXPRESSION_FIELDS, where))
    return problems
