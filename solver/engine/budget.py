"""Time: a wall clock guard, deterministic work limits inside it, and the user's wish to stop or to watch.

CP-SAT's deterministic time is the same on every run and machine; the wall clock is not. Searches are limited
by the former and only guarded by the latter, and the answer says what ended them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Event

from solver.executors import Stop
from solver.model.outcome import StoppedBy
from solver.model.progress import Watcher, unwatched

_STRENGTH = (StoppedBy.COMPLETE, StoppedBy.DETERMINISTIC, StoppedBy.WALL, StoppedBy.INTERRUPT)
_TICK_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one search."""

    deterministic: float
    """CP-SAT's unit of work, about a second of one core."""
    wall_s: float
    seed: int
    stop: Stop


class Budget:
    """What is left of a time limit. ``stopped_by`` remembers the strongest reason a search ended for."""

    def __init__(
        self,
        limit_s: float,
        stop: Stop | None = None,
        watch: Watcher = unwatched,
        parent: Budget | None = None,
    ) -> None:
        self._began = time.monotonic()
        self._ends = self._began + limit_s
        self.stop = stop or Event()
        self.watch = watch
        self._parent = parent
        self.stopped_by = StoppedBy.COMPLETE

    def within(self, limit_s: float) -> Budget:
        """A part of this budget that ends after ``limit_s`` wall seconds, or with the whole."""
        return Budget(min(limit_s, self.left_s), stop=self.stop, watch=self.watch, parent=self)

    def overtime(self, extra_s: float) -> Budget:
        """What is left and a little longer: for work that is worth little when left half done."""
        return Budget(self.left_s + extra_s, stop=self.stop, watch=self.watch, parent=self)

    def limits(self, deterministic: float, seed: int) -> Limits:
        return Limits(deterministic=deterministic, wall_s=self.left_s, seed=seed, stop=self.stop)

    @property
    def left_s(self) -> float:
        return max(0.0, self._ends - time.monotonic())

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began

    @property
    def spent(self) -> bool:
        """No time left worth starting a search for; work that was wanted stays undone."""
        if self.left_s > _TICK_S and not self.stop.is_set():
            return False
        self.note(hit_wall=True)
        return True

    def note(self, *, hit_wall: bool) -> None:
        """A search ended undecided: by its wall guard or the user, or by its deterministic limit."""
        reason = StoppedBy.WALL if hit_wall else StoppedBy.DETERMINISTIC
        self.note_reason(StoppedBy.INTERRUPT if self.stop.is_set() else reason)

    def note_reason(self, reason: StoppedBy) -> None:
        """What ended a search, here or wherever a part was solved."""
        self.stopped_by = max(self.stopped_by, reason, key=_STRENGTH.index)
        if self._parent is not None:
            self._parent.note_reason(reason)
