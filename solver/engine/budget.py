"""Time: a wall clock guard, and deterministic work limits inside it.

CP-SAT's deterministic time is the same on every run and machine; the wall clock is not. Searches are limited
by the former and only guarded by the latter, and the answer says which of the two ended them.
"""

from __future__ import annotations

import time

from solver.model.outcome import StoppedBy


class Budget:
    """What is left of a time limit. ``stopped_by`` remembers the strongest reason a search ended for."""

    def __init__(self, limit_s: float, parent: Budget | None = None) -> None:
        self._ends = time.monotonic() + limit_s
        self._parent = parent
        self.stopped_by = StoppedBy.COMPLETE

    def within(self, limit_s: float) -> Budget:
        """A part of this budget that ends after ``limit_s`` wall seconds, or with the whole."""
        return Budget(min(limit_s, self.left_s), parent=self)

    @property
    def left_s(self) -> float:
        return max(0.0, self._ends - time.monotonic())

    @property
    def spent(self) -> bool:
        """No time left worth starting a search for; work that was wanted stays undone."""
        if self.left_s > _TICK_S:
            return False
        self.note(hit_wall=True)
        return True

    def note(self, *, hit_wall: bool) -> None:
        """A search ended undecided: by its wall guard or by its deterministic limit."""
        if hit_wall:
            self.stopped_by = StoppedBy.WALL
        elif self.stopped_by is StoppedBy.COMPLETE:
            self.stopped_by = StoppedBy.DETERMINISTIC
        if self._parent is not None:
            self._parent.note(hit_wall=hit_wall)


_TICK_S = 0.02
