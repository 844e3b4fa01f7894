"""How many pods of some kind stand in each place, kept up to date from the journal.

A place is a domain of a topology key, or a node's name. The caller says what kind of pod counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from solver.model.pod import Pod
from solver.scheduler.journal import Cursor


class Counts:
    """Pods per place. ``by_place`` may hold zeros; ``total`` is the sum."""

    __slots__ = ("by_place", "total")

    def __init__(self, places: Iterable[str] = ()) -> None:
        self.by_place: dict[str, int] = dict.fromkeys(places, 0)
        self.total = 0

    def shift(self, place: str, delta: int) -> None:
        self.by_place[place] = self.by_place.get(place, 0) + delta
        self.total += delta

    def at(self, place: str | None) -> int:
        return 0 if place is None else self.by_place.get(place, 0)


class Tally(Counts):
    """Counts of the pods that satisfy ``matches``; ``place_of`` gives the place of each node by index.

    A node whose place is None is not counted. Every place starts at 0, so ``by_place`` knows all of them.
    """

    __slots__ = ("_cursor", "_matches", "_minimum", "_place_of")

    def __init__(
        self, cursor: Cursor, matches: Callable[[Pod], bool], place_of: Sequence[str | None]
    ) -> None:
        super().__init__(place for place in place_of if place is not None)
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
    def minimum(self) -> int:
        """Smallest count over all places; 0 when there is none."""
        if self._minimum is None:
            self._minimum = min(self.by_place.values(), default=0)
        return self._minimum
