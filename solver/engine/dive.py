"""Diving: round the relaxation node by node until what is left is small enough to search.

Each step keeps the patterns that the relaxation uses whole and rounds up the largest fraction among the
rest; a step that makes the relaxation infeasible is taken back. Random column costs make every dive another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.engine.relaxation import Column, Fractions, Relaxation

_OPEN_NODES = 20
"""Nodes left to the search."""
_OPEN_COLUMNS = 60
"""Columns left to choose from on each of them."""
_DIVING_COLUMNS = 150
"""Columns a node has while diving."""
_MOST_RETREATS = 20
_WHOLE = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Columns to choose from; ``favoured`` ones are tried first."""

    columns: tuple[Column, ...]
    favoured: frozenset[Column]


def dives(relaxation: Relaxation, random: np.random.Generator) -> Iterator[Pool]:
    """One pool a dive, as many as wanted; none when the relaxation is infeasible from the start."""
    everything = np.ones(len(relaxation.columns), dtype=np.bool_)
    while True:
        costs = random.random(len(relaxation.columns))
        start = relaxation.cheapest(costs)
        if start is None:
            return
        kept = _cheapest(relaxation, start.price, everything, _DIVING_COLUMNS)
        narrow = Fractions(used=start.used[kept], price=start.price[kept])
        yield _Dive(relaxation.narrowed(kept), costs[kept], narrow).pool()


class _Dive:
    def __init__(
        self,
        relaxation: Relaxation,
        costs: NDArray[np.float64],
        start: Fractions,
    ) -> None:
        self._relaxation = relaxation
        self._node_of = relaxation.node_of
        self._costs = costs
        self._open = np.ones(len(relaxation.columns), dtype=np.bool_)
        self._fractions = start
        self._settled: set[int] = set()
        self._everyone = {int(node) for node in np.unique(relaxation.node_of)}

    def pool(self) -> Pool:
        self._settle_whole()
        retreats = 0
        while len(self._everyone) - len(self._settled) > _OPEN_NODES and retreats < _MOST_RETREATS:
            if self._round_one():
                self._settle_whole()
            else:
                retreats += 1
        kept = _cheapest(self._relaxation, self._fractions.price, self._open, _OPEN_COLUMNS)
        columns = self._relaxation.columns
        return Pool(
            columns=tuple(columns[i] for i in np.flatnonzero(kept)),
            favoured=frozenset(columns[i] for i in np.flatnonzero(self._fractions.used > 0.5)),
        )

    def _settle_whole(self) -> None:
        for column in np.flatnonzero(self._fractions.used > _WHOLE):
            node = int(self._node_of[column])
            if node not in self._settled:
                self._settle(node, int(column))

    def _settle(self, node: int, column: int) -> None:
        self._open[self._node_of == node] = False
        self._open[column] = True
        self._settled.add(node)

    def _round_one(self) -> bool:
        """Settle the node with the largest fraction; False when that had to be taken back."""
        unsettled = ~np.isin(self._node_of, list(self._settled))
        column = int(np.argmax(np.where(unsettled & self._open, self._fractions.used, -1.0)))
        node = int(self._node_of[column])
        before = self._open.copy()
        self._settle(node, column)
        self._relaxation.open(self._open)
        fractions = self._relaxation.cheapest(self._costs)
        if fractions is None:
            self._open = before
            self._open[column] = False
            self._settled.discard(node)
            return False
        self._fractions = fractions
        return True


def _cheapest(
    relaxation: Relaxation, price: NDArray[np.float64], among: NDArray[np.bool_], most: int
) -> NDArray[np.bool_]:
    """The ``most`` cheapest columns of each node, ties by column order."""
    order = np.lexsort((np.arange(len(price)), price, relaxation.node_of))
    order = order[among[order]]
    nodes = relaxation.node_of[order]
    first = np.searchsorted(nodes, nodes, side="left")
    kept = np.zeros(len(price), dtype=np.bool_)
    kept[order[np.arange(len(order)) - first < most]] = True
    return kept
