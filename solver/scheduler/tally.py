"""How many pods of some kind stand in each place, kept up to date from the journal.

A place is a domain of a topology key, or a node's name. The caller says what kind of pod counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from solver.model.pod import Pod
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.journal import Cursor


class Places(tuple[str | None, ...]):
    """By node index: the place the node belongs to, or None."""

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """Every place once."""
        return tuple(dict.fromkeys(place for place in self if place is not None))

    @cached_property
    def number_of(self) -> dict[str | None, int]:
        """Every distinct place by its position; None is -1."""
        return {**{place: number for number, place in enumerate(self.distinct)}, None: -1}

    @cached_property
    def numbers(self) -> IntArray:
        """[N], by node index: the number of its place."""
        return np.array([self.number_of[place] for place in self], dtype=np.int64)

    def are(self, place: str | None) -> BoolArray:
        """[N], nodes of this place."""
        found: BoolArray = self.numbers == self.number_of.get(place, len(self.distinct))
        return found


class Counts:
    """Pods per place. ``occupied`` holds no zeros; ``total`` is the sum."""

    __slots__ = ("occupied", "total")

    def __init__(self) -> None:
        self.occupied: dict[str, int] = {}
        self.total = 0

    def become(self, other: Counts) -> None:
        self.occupied = {**other.occupied}
        self.total = other.total

    def shift(self, place: str, delta: int) -> None:
        count = self.occupied.get(place, 0) + delta
        if count:
            self.occupied[place] = count
        else:
            del self.occupied[place]
        self.total += delta

    def at(self, place: str | None) -> int:
        return 0 if place is None else self.occupied.get(place, 0)


class Tally(Counts):
    """Counts of the pods that satisfy ``matches``; ``place_of`` gives the place of each node by index.

    A node whose place is None is not counted. A place that holds no pod is known all the same, but not
    stored: there may be thousands of nodes to thousands of tallies.
    """

    __slots__ = ("_cursor", "_matches", "_minimum", "_place_of")

    def __init__(self, cursor: Cursor, matches: Callable[[Pod], bool], place_of: Places) -> None:
        super().__init__()
        self._cursor = cursor
        self._matches = matches
        self._place_of = place_of
        self._minimum: int | None = None

    def refresh(self) -> Tally:
        """Take in what happened since the last call."""
        for change in self._cursor.fresh():
            place = self._place_of[change.node]
            if place is not None and self._matches(change.pod):
                self.shift(place, change.delta)
                self._minimum = None
        return self

    @property
    def by_place(self) -> dict[str, int]:
        """A copy of the counts in which every place has its own, empty ones included."""
        return {**dict.fromkeys(self._place_of.distinct, 0), **self.occupied}

    @property
    def place_count(self) -> int:
        return len(self._place_of.distinct)

    @property
    def minimum(self) -> int:
        """Smallest count over all places; 0 when there is none."""
        if self._minimum is None:
            is_full = 0 < len(self.occupied) == self.place_count
            self._minimum = min(self.occupied.values()) if is_full else 0
        return self._minimum
