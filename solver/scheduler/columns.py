"""The nodes as columns: what never changes about them, as arrays by node index.

A question about labels is put once to all nodes that carry the same values. No rule is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.model.node import Node

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_EXACT = 2**53
"""Beyond this neither products in 64 bits nor quotients in floating point are exact."""


def is_exact(values: Iterable[int]) -> bool:
    return all(-_EXACT < value < _EXACT for value in values)


def exact(values: Sequence[int]) -> IntArray:
    """As an array; amounts too large for arithmetic in 64 bits stay Python's own integers."""
    return np.array(values, dtype=np.int64 if is_exact(values) else object)


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Nodes that carry the same values of some labels look alike."""

    of: IntArray
    """[N], the number of each node's look."""
    first: IntArray
    """By look: the first node that has it."""

    def nodes(self, looks: Sequence[int]) -> BoolArray:
        """[N], nodes of these looks."""
        chosen = np.zeros(len(self.first), dtype=np.bool_)
        chosen[looks] = True
        return chosen[self.of]

    def divided(self, where: BoolArray, by: Looks) -> Looks:
        """These looks, but among the nodes ``where`` those of ``by``."""
        of = np.where(where, by.of + len(self.first), self.of)
        _, first, place = np.unique(of, return_index=True, return_inverse=True)
        return Looks(place, first)


class Columns:
    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._looks: dict[tuple[str, ...], Looks] = {}
        self._numbers: dict[str, tuple[dict[str, int], IntArray]] = {}
        self._allocatable: dict[str, IntArray] = {}
        names = sorted(range(len(nodes)), key=lambda index: nodes[index].name)
        self.name_rank: IntArray = np.empty(len(nodes), dtype=np.int64)
        """[N], the place of each node in the order of names."""
        self.name_rank[names] = np.arange(len(nodes))

    def none(self) -> BoolArray:
        """[N], a fresh array without any node."""
        return np.zeros(len(self._nodes), dtype=np.bool_)

    def labelled(self, key: str) -> BoolArray:
        """[N], nodes that have the label at all."""
        numbers, of = self._values(key)
        return of < len(numbers)

    def carrying(self, key: str, values: Iterable[str]) -> BoolArray:
        """[N], nodes whose label is one of these."""
        return self.amounts(key, dict.fromkeys(values, 1)) > 0

    def amounts(self, key: str, amount_of: Mapping[str, int]) -> IntArray:
        """[N], the amount for the value each node carries; 0 where nothing is said of it."""
        numbers, of = self._values(key)
        amounts = np.zeros(len(numbers) + 1, dtype=np.int64)
        for value, amount in amount_of.items():
            if value in numbers:
                amounts[numbers[value]] = amount
        return amounts[of]

    def _values(self, key: str) -> tuple[dict[str, int], IntArray]:
        """The values of a label, numbered; and [N], each node's, a number beyond them without the label."""
        if key not in self._numbers:
            values = [node.labels.get(key) for node in self._nodes]
            numbers = {v: n for n, v in enumerate(dict.fromkeys(v for v in values if v is not None))}
            of = [len(numbers) if value is None else numbers[value] for value in values]
            self._numbers[key] = numbers, np.array(of, dtype=np.int64)
        return self._numbers[key]

    def looks(self, keys: Iterable[str]) -> Looks:
        names = tuple(sorted(set(keys)))
        if names not in self._looks:
            self._looks[names] = self.alike(lambda node: tuple(node.labels.get(key) for key in names))
        return self._looks[names]

    def each(self) -> Looks:
        """Every node by itself."""
        indices = np.arange(len(self._nodes))
        return Looks(indices, indices)

    def alike(self, trait: Callable[[Node], object]) -> Looks:
        """Looks by any trait of a node."""
        numbers: dict[object, int] = {}
        of = np.array([numbers.setdefault(trait(n), len(numbers)) for n in self._nodes], dtype=np.int64)
        return Looks(of, np.unique(of, return_index=True)[1])

    def allocatable(self, resource: str) -> IntArray:
        """[N]; 0 where the node does not state the resource (R12)."""
        if resource not in self._allocatable:
            self._allocatable[resource] = exact([n.allocatable.get(resource, 0) for n in self._nodes])
        return self._allocatable[resource]
