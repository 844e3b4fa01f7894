"""kubectl's label selector syntax (``-l``)."""

from __future__ import annotations

import re

from solver.model.requirement import Operator, Requirement
from solver.model.selector import LabelSelector

_KEY = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?"
_EQUAL = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s+\(\s*({_VALUE}(?:\s*,\s*{_VALUE})*)\s*\)")
_PRESENT = re.compile(rf"(!?)\s*({_KEY})")
_SEPARATOR = re.compile(r",(?![^(]*\))")
"""A comma outside parentheses."""


def parse_label_selector(text: str) -> LabelSelector:
    """``app=db,tier!=cache,zone in (a,b),gpu,!spot`` as requirements. Raises ValueError."""
    if not text.strip():
        return LabelSelector()
    return LabelSelector(requirements=tuple(_requirement(part.strip()) for part in _SEPARATOR.split(text)))


def written(selector: LabelSelector) -> str:
    """The selector in kubectl's syntax again."""
    return ",".join(_written(requirement) for requirement in selector.requirements)


def _written(requirement: Requirement) -> str:
    match requirement.operator:
        case Operator.EXISTS:
            return requirement.key
        case Operator.DOES_NOT_EXIST:
            return f"!{requirement.key}"
        case operator:
            word = "in" if operator is Operator.IN else "notin"
            if len(requirement.values) == 1:
                sign = "=" if operator is Operator.IN else "!="
                return f"{requirement.key}{sign}{requirement.values[0]}"
            return f"{requirement.key} {word} ({','.join(requirement.values)})"


def _requirement(text: str) -> Requirement:
    if found := _EQUAL.fullmatch(text):
        key, sign, value = found.groups()
        return Requirement(
            key=key, operator=Operator.NOT_IN if sign == "!=" else Operator.IN, values=(value,)
        )
    if found := _SET.fullmatch(text):
        key, word, values = found.groups()
        return Requirement(
            key=key,
            operator=Operator.IN if word == "in" else Operator.NOT_IN,
            values=tuple(value.strip() for value in values.split(",")),
        )
    if found := _PRESENT.fullmatch(text):
        absent, key = found.groups()
        return Requirement(key=key, operator=Operator.DOES_NOT_EXIST if absent else Operator.EXISTS)
    raise ValueError(f"{text!r} is not a label requirement; write key=value, key!=value, key in (a,b) or key")
