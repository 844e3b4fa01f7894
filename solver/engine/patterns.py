"""Node patterns: the sets of pods that fill one node. Plain packing, no Kubernetes and no solver.

All of them are listed where they are few; where they are many, a random sample stands for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_STATES = 40_000
"""Partial fillings of one node that are worth listing."""
SAMPLES = 1_500
"""Random fillings of a node that has more."""

Pattern = tuple[tuple[int, int], ...]
"""((pod class, pods), …), classes ascending."""

_Array = NDArray[np.int64]
_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Fillings:
    """Several fillings of one node at once: pods taken [S, I] and room left [S, rows]."""

    taken: _Array
    room: _Array

    def __len__(self) -> int:
        return len(self.taken)


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """One packing question: items (pod classes) with upper limits [I], needs [I, rows] and room [rows]."""

    classes: _Array
    limits: _Array
    needs: _Array
    room: _Array

    def fits(self, fillings: _Fillings, item: int) -> _Mask:
        """[S], one more pod of the item fits."""
        roomy = np.logical_and.reduce(fillings.room >= self.needs[item], axis=1)
        fits: _Mask = np.logical_and(roomy, fillings.taken[:, item] < self.limits[item])
        return fits

    def empty(self, size: int) -> _Fillings:
        return _Fillings(
            taken=np.zeros((size, len(self.classes)), dtype=np.int64), room=np.tile(self.room, (size, 1))
        )


def maximal_patterns(
    limits: dict[int, int],
    rows: Sequence[tuple[dict[int, int], int]],
    random: np.random.Generator,
) -> list[Pattern]:
    """Ways to fill one node so that no further pod fits; the empty way is left out.

    Args:
        limits: class to most pods of it.
        rows: ({class: coefficient}, most) with positive coefficients.
        random: for the sample, where the ways are too many to list.
    """
    node = _Node(
        classes=np.array(list(limits), dtype=np.int64),
        limits=np.array(list(limits.values()), dtype=np.int64),
        needs=np.array([[t.get(c, 0) for t, _ in rows] for c in limits], dtype=np.int64).reshape(
            len(limits), len(rows)
        ),
        room=np.array([most for _, most in rows], dtype=np.int64),
    )
    taken = _listed(node)
    if taken is None:
        taken = _sampled(node, random)
    return [
        tuple((int(node.classes[i]), int(row[i])) for i in np.flatnonzero(row)) for row in taken if row.any()
    ]


def _listed(node: _Node) -> _Array | None:
    """Every maximal filling, item by item; None when there are too many on the way."""
    fillings = node.empty(1)
    for item in range(len(node.classes)):
        latest = fillings
        while True:
            fits = np.flatnonzero(node.fits(latest, item))
            if not len(fits):
                break
            taken, room = latest.taken[fits], latest.room[fits] - node.needs[item]
            taken[:, item] += 1
            latest = _Fillings(taken, room)
            fillings = _Fillings(np.vstack([fillings.taken, taken]), np.vstack([fillings.room, room]))
            if len(fillings) > MOST_STATES:
                return None
    extendable = np.zeros(len(fillings), dtype=np.bool_)
    for item in range(len(node.classes)):
        extendable |= node.fits(fillings, item)
    return fillings.taken[~extendable]


def _sampled(node: _Node, random: np.random.Generator) -> _Array:
    """Fill ``SAMPLES`` nodes, each taking items in an order of its own until nothing fits."""
    fillings = node.empty(SAMPLES)
    everyone = np.arange(SAMPLES)
    while True:
        order = np.argsort(random.random((SAMPLES, len(node.classes))), axis=1)
        before = fillings.taken.sum()
        for position in range(len(node.classes)):
            item = order[:, position]
            fits = (fillings.room >= node.needs[item]).all(axis=1)
            fits &= fillings.taken[everyone, item] < node.limits[item]
            fillings.taken[everyone[fits], item[fits]] += 1
            fillings.room[fits] -= node.needs[item[fits]]
        if fillings.taken.sum() == before:
            return np.unique(fillings.taken, axis=0)
