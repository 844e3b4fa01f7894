"""One requirement on one label, and node selector terms made of them (L3-L8, S1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    """Operators of label and node selector requirements (L5)."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"


NEGATIVE = frozenset({Operator.NOT_IN, Operator.DOES_NOT_EXIST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """``key operator values``, as L5's table reads it."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value is not None and value in self.values
            case Operator.NOT_IN:
                return value is None or value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
            case Operator.GT | Operator.LT:
                return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        have, want = _int64(value), _int64(self.values[0])
        if have is None or want is None:
            return False
        return have > want if self.operator is Operator.GT else have < want


def _int64(text: str) -> int | None:
    """Base-10 signed 64-bit integer as Go's strconv reads it, or None."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits.isascii() or not digits.isdigit():
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSelectorTerm:
    """One ORed term. ``usable`` is False for a term that breaks L6; such a term matches nothing."""

    expressions: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    """Requirements on ``metadata.name`` (L7)."""
    usable: bool = True

    def matches(self, labels: Mapping[str, str], node_name: str) -> bool:
        """L4. A term with neither expressions nor fields matches nothing."""
        if not self.usable or not (self.expressions or self.fields):
            return False
        name = {"metadata.name": node_name}
        return all(e.matches(labels) for e in self.expressions) and all(f.matches(name) for f in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSelector:
    """Required node affinity or a volume's node affinity: ORed terms; zero terms match no node (L4)."""

    terms: tuple[NodeSelectorTerm, ...]

    def matches(self, labels: Mapping[str, str], node_name: str) -> bool:
        return any(term.matches(labels, node_name) for term in self.terms)

    @property
    def label_keys(self) -> frozenset[str]:
        """Labels that its terms look at."""
        return frozenset(e.key for term in self.terms for e in term.expressions)

    def reaches(self, labels: Mapping[str, str]) -> bool:
        """How a volume's node affinity is read (V24): fields count as satisfied, the name is irrelevant."""
        return any(
            term.usable
            and (bool(term.expressions) or bool(term.fields))
            and all(e.matches(labels) for e in term.expressions)
            for term in self.terms
        )
