"""Label selectors, parsed once (S1, S3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from solver.model.requirement import Operator, Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    """ANDed requirements; none at all matches everything. A null selector is ``None``, not this (S1).

    ``error`` is set when the stored selector cannot be parsed (A14); such a selector matches nothing.
    """

    requirements: tuple[Requirement, ...] = ()
    error: str = ""

    def matches(self, labels: Mapping[str, str]) -> bool:
        return not self.error and all(r.matches(labels) for r in self.requirements)

    @property
    def is_empty(self) -> bool:
        """True for ``{}`` (T10, A13)."""
        return not self.requirements and not self.error

    def merged(self, keys: Iterable[str], labels: Mapping[str, str], operator: Operator) -> LabelSelector:
        """S3: this selector plus ``key operator [value]`` for each listed key the labels carry."""
        extra = tuple(
            Requirement(key=key, operator=operator, values=(labels[key],)) for key in keys if key in labels
        )
        return replace(self, requirements=self.requirements + extra)


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """S1: a null selector matches nothing."""
    return selector is not None and selector.matches(labels)


def equals(labels: Mapping[str, str]) -> LabelSelector:
    """The selector that a plain ``matchLabels``-style map stands for."""
    return LabelSelector(
        requirements=tuple(
            Requirement(key=key, operator=Operator.IN, values=(value,))
            for key, value in sorted(labels.items())
        )
    )
