"""Time: a wall clock guard, and deterministic work limits inside it.

CP-SAT's deterministic time is the same on every run and machine; the wall clock is not. Searches are limited
by the former and only guarded by the latter, and the answer says which of the two ended them.
"""

from __future__ import annotations

import time

from solver.model.outcome import StoppedBy


class Budget:
    """What is left of the time limit. ``stopped_by`` remembers the strongest reason so far."""

    def __init__(self, limit_s: float) -> None:
        self._started = time.monotonic()
        self._limit_s = limit_s
        self.stopped_by = StoppedBy.COMPLETE

    @property
    def left_s(self) -> float:
        return max(0.0, self._limit_s - (time.monotonic() - self._started))

    @property
    def spent(self) -> bool:
        """No time left worth starting a search for."""
        if self.left_s > _TICK_S:
            return False
        self.stopped_by = StoppedBy.WALL
        return True

    def share_s(self, fraction: float) -> float:
        """Wall seconds for one step that may use ``fraction`` of the whole limit."""
        return min(self.left_s, fraction * self._limit_s)

    def note(self, *, hit_wall: bool) -> None:
        """A search ended undecided: by its wall guard or by its deterministic limit."""
        if hit_wall:
            self.stopped_by = StoppedBy.WALL
        elif self.stopped_by is StoppedBy.COMPLETE:
            self.stopped_by = StoppedBy.DETERMINISTIC


_TICK_S = 0.02
