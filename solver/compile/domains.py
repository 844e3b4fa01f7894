"""Node labels as arrays: the domain of every node for each key, and the nodes that a selector means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from solver.compile.problem import BoolArray, IntArray
from solver.model.node import Node
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.selector import LabelSelector


class _Column:
    """The values of one label over the nodes; None where it is missing."""

    def __init__(self, values: Sequence[str | None]) -> None:
        self.names = tuple(sorted({value for value in values if value is not None}))
        self._index = {value: i for i, value in enumerate(self.names)}
        self.domain_of = np.array([-1 if v is None else self._index[v] for v in values], dtype=np.int64)

    def where(self, requirement: Requirement) -> BoolArray:
        """[N], the requirement asked once per value and once for its absence."""
        met = np.zeros(len(self._index) + 1, dtype=np.bool_)
        if requirement.operator is Operator.IN:
            met[[self._index[value] for value in requirement.values if value in self._index]] = True
        else:
            met[:-1] = [requirement.matches({requirement.key: value}) for value in self._index]
            met[-1] = requirement.matches({})
        return met[self.domain_of]


class Domains:
    """Questions about the labels of one list of nodes; each key is indexed once."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._columns: dict[str, _Column] = {}
        self._names = _Column([node.name for node in nodes])

    def of(self, key: str) -> IntArray:
        """[N], domain index by sorted domain name, -1 where the label is missing."""
        return self._column(key).domain_of

    def names(self, key: str) -> tuple[str, ...]:
        """Of the domains, in the order of their index."""
        return self._column(key).names

    def where(self, requirements: Iterable[Requirement]) -> BoolArray:
        """[N], nodes whose labels meet all of the requirements."""
        mask = np.ones(len(self._nodes), dtype=np.bool_)
        for requirement in requirements:
            mask &= self._column(requirement.key).where(requirement)
        return mask

    def labelled(self, selector: LabelSelector) -> BoolArray:
        """[N], S1."""
        return self.where(selector.requirements) & (not selector.error)

    def selected(self, selector: NodeSelector) -> BoolArray:
        """[N], L4."""
        mask = np.zeros(len(self._nodes), dtype=np.bool_)
        for term in selector.terms:
            mask |= self.matching(term)
        return mask

    def matching(self, term: NodeSelectorTerm) -> BoolArray:
        """[N], nodes that one term means (L4, L7)."""
        if not term.usable or not (term.expressions or term.fields):
            return np.zeros(len(self._nodes), dtype=np.bool_)
        mask = self.where(term.expressions)
        for field in term.fields:
            mask &= self._names.where(field)
        return mask

    def reached(self, affinity: NodeSelector) -> BoolArray:
        """[N], nodes that a volume's affinity admits: fields count as satisfied (V24)."""
        mask = np.zeros(len(self._nodes), dtype=np.bool_)
        for term in affinity.terms:
            if term.usable and (term.expressions or term.fields):
                mask |= self.where(term.expressions)
        return mask

    def named(self, name: str) -> BoolArray:
        """[N], the node of this name."""
        return self._names.where(Requirement(key="", operator=Operator.IN, values=(name,)))

    def _column(self, key: str) -> _Column:
        if key not in self._columns:
            self._columns[key] = _Column([node.labels.get(key) for node in self._nodes])
        return self._columns[key]


def restricted(domain_of: IntArray, eligible: BoolArray) -> IntArray:
    """Domains over the eligible nodes only, renumbered without gaps (T5)."""
    kept = np.where(eligible, domain_of, -1)
    used = np.unique(kept[kept >= 0])
    renumbered = np.full(kept.shape, -1, dtype=np.int64)
    inside = kept >= 0
    renumbered[inside] = np.searchsorted(used, kept[inside])
    return renumbered


def domain_count(domain_of: IntArray) -> int:
    return int(domain_of.max(initial=-1)) + 1


def per_domain(values: IntArray, domain_of: IntArray) -> IntArray:
    """[D], the sum of ``values`` [N] over each domain's nodes."""
    inside = domain_of >= 0
    return np.bincount(domain_of[inside], weights=values[inside], minlength=domain_count(domain_of)).astype(
        np.int64
    )
