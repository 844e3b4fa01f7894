"""Diving: round the relaxation node by node until what is left is small enough to search.

Each step keeps the patterns that the relaxation uses whole and rounds up the largest fraction among the
rest; a step that makes the relaxation infeasible is taken back. Random column costs make every dive another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.engine.budget import Budget
from solver.engine.relaxation import Column, Fractions, Relaxation

_OPEN_NODES = 16
"""Nodes left to the search."""
_OPEN_COLUMNS = 60
"""Columns left to choose from on each of them."""
_DIVING_COLUMNS = 150
"""Columns a node has while diving."""
_MOST_RETREATS = 20
_WHOLE = 0.999
_STEPS = 12
"""A dive rounds about one in so many open nodes at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Columns to choose from; ``favoured`` ones are tried first."""

    columns: tuple[Column, ...]
    favoured: frozenset[Column]


def dives(relaxation: Relaxation, random: np.random.Generator, budget: Budget) -> Iterator[Pool]:
    """One pool a dive, as many as there is time for; none when the relaxation itself is infeasible."""
    everything = np.ones(len(relaxation.columns), dtype=np.bool_)
    while not budget.spent:
        costs = random.random(len(relaxation.columns))
        start = relaxation.cheapest(costs, budget.left_s)
        if start is None:
            return
        kept = _cheapest(relaxation, start.price, everything, _DIVING_COLUMNS)
        narrow = Fractions(used=start.used[kept], price=start.price[kept])
        yield _Dive(relaxation.narrowed(kept), costs[kept], narrow, budget).pool()


class _Dive:
    def __init__(
        self,
        relaxation: Relaxation,
        costs: NDArray[np.float64],
        start: Fractions,
        budget: Budget,
    ) -> None:
        self._relaxation = relaxation
        self._node_of = relaxation.node_of
        self._costs = costs
        self._open = np.ones(len(relaxation.columns), dtype=np.bool_)
        self._fractions = start
        self._budget = budget
        self._settled: set[int] = set()
        self._everyone = {int(node) for node in np.unique(relaxation.node_of)}

    def pool(self) -> Pool:
        self._settle_whole()
        retreats = 0
        while self._unsettled() > _OPEN_NODES and retreats < _MOST_RETREATS and not self._budget.spent:
            several = 1 if retreats else max(1, self._unsettled() // _STEPS)
            if self._round_up(several):
                self._settle_whole()
            else:
                retreats += 1
        kept = _cheapest(self._relaxation, self._fractions.price, self._open, _OPEN_COLUMNS)
        columns = self._relaxation.columns
        return Pool(
            columns=tuple(columns[i] for i in np.flatnonzero(kept)),
            favoured=frozenset(columns[i] for i in np.flatnonzero(self._fractions.used > 0.5)),
        )

    def _unsettled(self) -> int:
        return len(self._everyone) - len(self._settled)

    def _settle_whole(self) -> None:
        for column in np.flatnonzero(self._fractions.used > _WHOLE):
            node = int(self._node_of[column])
            if node not in self._settled:
                self._settle(node, int(column))

    def _settle(self, node: int, column: int) -> None:
        self._open[self._node_of == node] = False
        self._open[column] = True
        self._settled.add(node)

    def _round_up(self, several: int) -> bool:
        """Settle the nodes with the largest fractions; False when that had to be taken back."""
        before, settled_before = self._open.copy(), set(self._settled)
        chosen = self._largest(several)
        for column in chosen:
            self._settle(int(self._node_of[column]), column)
        self._relaxation.open(self._open)
        fractions = self._relaxation.cheapest(self._costs, self._budget.left_s)
        if fractions is None:
            self._open, self._settled = before, settled_before
            if len(chosen) == 1:
                self._open[chosen[0]] = False
            return False
        self._fractions = fractions
        return True

    def _largest(self, several: int) -> list[int]:
        """Columns with the largest fractions, one a node, beyond the first only those above one half."""
        chosen: dict[int, int] = {}
        for column in np.argsort(-self._fractions.used, kind="stable"):
            node = int(self._node_of[column])
            too_little = chosen and self._fractions.used[column] <= 0.5
            if len(chosen) == several or too_little:
                break
            if node not in self._settled and node not in chosen and self._open[column]:
                chosen[node] = int(column)
        return list(chosen.values())


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
