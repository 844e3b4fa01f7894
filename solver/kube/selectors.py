"""Label selectors and node selectors: raw to model, and what is wrong with them (L4-L7, S1, A14).

A manifest with a bad selector is refused; a stored object keeps it, with the meaning the scheduler gives
it: a node selector term becomes unusable (L6), a label selector carries an error and selects nothing
(A14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.syntax import LABEL_KEY, LABEL_VALUE, is_label_key, is_label_value
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.selector import LabelSelector

_SET_OPERATORS = (Operator.IN, Operator.NOT_IN)
_PRESENCE_OPERATORS = (Operator.EXISTS, Operator.DOES_NOT_EXIST)
_ORDER_OPERATORS = (Operator.GT, Operator.LT)
_LABEL_OPERATORS = frozenset({*_SET_OPERATORS, *_PRESENCE_OPERATORS})
_NODE_OPERATORS = frozenset(Operator)
_NAME_FIELD = "metadata.name"


def label_selector(selector: raw.LabelSelector | None) -> LabelSelector | None:
    """S1: absent stays None, ``{}`` is the empty selector."""
    if selector is None:
        return None
    problem = next(label_selector_problems(selector), None)
    if problem is not None:
        return LabelSelector(error=f"{problem.path}: {problem.found} is not {problem.expected}")
    labels = sorted((selector.match_labels or {}).items())
    equal = tuple(Requirement(key=k, operator=Operator.IN, values=(v,)) for k, v in labels)
    return LabelSelector(requirements=equal + _requirements(selector.match_expressions))


def node_selector(selector: raw.NodeSelector | None) -> NodeSelector | None:
    if selector is None:
        return None
    return NodeSelector(terms=tuple(node_term(term) for term in selector.node_selector_terms or ()))


def node_term(term: raw.NodeSelectorTerm) -> NodeSelectorTerm:
    if next(_node_term_problems(term), None) is not None:
        return NodeSelectorTerm(
            usable=False, fields=_requirements(filter(_lists_names, term.match_fields or ()))
        )
    return NodeSelectorTerm(
        expressions=_requirements(term.match_expressions), fields=_requirements(term.match_fields)
    )


def _lists_names(field: raw.SelectorRequirement) -> bool:
    """L8 narrows the search to listed names even where the term is unusable."""
    return field.key == _NAME_FIELD and field.operator == Operator.IN


def _requirements(expressions: Iterable[raw.SelectorRequirement] | None) -> tuple[Requirement, ...]:
    """Of expressions already found to be sound."""
    return tuple(
        Requirement(key=e.key or "", operator=Operator(e.operator or ""), values=tuple(e.values or ()))
        for e in expressions or ()
    )


def label_selector_problems(selector: raw.LabelSelector | None, path: str = "") -> Iterator[Problem]:
    if selector is None:
        return
    for key, value in (selector.match_labels or {}).items():
        yield from label_problems(key, value, f"{path}.matchLabels" if path else "matchLabels")
    for i, expression in enumerate(selector.match_expressions or ()):
        where = f"{path}.matchExpressions[{i}]" if path else f"matchExpressions[{i}]"
        yield from _expression_problems(expression, where, _LABEL_OPERATORS)


def node_selector_problems(selector: raw.NodeSelector | None, path: str) -> Iterator[Problem]:
    """For manifests: at least one term (L4), every term sound (L5-L7)."""
    if selector is None:
        return
    if not selector.node_selector_terms:
        yield Problem(f"{path}.nodeSelectorTerms", "no terms", "at least one term")
    for i, term in enumerate(selector.node_selector_terms or ()):
        yield from node_term_problems(term, f"{path}.nodeSelectorTerms[{i}]")


def node_term_problems(term: raw.NodeSelectorTerm, path: str) -> Iterator[Problem]:
    for problem in _node_term_problems(term):
        yield problem.under(path)


def _node_term_problems(term: raw.NodeSelectorTerm) -> Iterator[Problem]:
    for i, expression in enumerate(term.match_expressions or ()):
        yield from _expression_problems(expression, f"matchExpressions[{i}]", _NODE_OPERATORS)
    for i, field in enumerate(term.match_fields or ()):
        yield from _field_problems(field, f"matchFields[{i}]")


def label_problems(key: str, value: str, path: str) -> Iterator[Problem]:
    if not is_label_key(key):
        yield Problem(path, f"key {show(key)}", LABEL_KEY)
    if not is_label_value(value):
        yield Problem(f"{path}[{key}]", show(value), LABEL_VALUE)


def _expression_problems(
    expression: raw.SelectorRequirement, path: str, operators: frozenset[Operator]
) -> Iterator[Problem]:
    """L5's table and L6."""
    if not is_label_key(expression.key or ""):
        yield Problem(f"{path}.key", show(expression.key), LABEL_KEY)
    values = expression.values or ()
    if expression.operator not in operators:
        yield Problem(f"{path}.operator", show(expression.operator), f"one of {', '.join(sorted(operators))}")
    elif expression.operator in _SET_OPERATORS and not values:
        yield Problem(f"{path}.values", "no values", f"at least one value for {expression.operator}")
    elif expression.operator in _PRESENCE_OPERATORS and values:
        yield Problem(f"{path}.values", show(list(values)), f"no values for {expression.operator}")
    elif expression.operator in _ORDER_OPERATORS and not _is_one_integer(values):
        yield Problem(f"{path}.values", show(list(values)), "exactly one integer")
    for i, value in enumerate(values):
        if not is_label_value(value):
            yield Problem(f"{path}.values[{i}]", show(value), LABEL_VALUE)


def _field_problems(field: raw.SelectorRequirement, path: str) -> Iterator[Problem]:
    """L7."""
    if field.key != _NAME_FIELD:
        yield Problem(f"{path}.key", show(field.key), _NAME_FIELD)
    if field.operator not in _SET_OPERATORS:
        yield Problem(f"{path}.operator", show(field.operator), "In or NotIn")
    if len(field.values or ()) != 1:
        yield Problem(f"{path}.values", show(field.values), "exactly one value")


def _is_one_integer(values: Sequence[str]) -> bool:
    return len(values) == 1 and _is_int64(values[0])


def _is_int64(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdigit() and len(digits) <= 19 and -(2**63) <= int(text) <= 2**63 - 1
