"""Where the plan in use stands: one at a time, changed at once, with everybody told who waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from extender.book.answers import Answer, Rung, Why
from extender.book.plans import NOT_READY, NotReadyError, Plan
from extender.book.reservations import Reservation
from solver.model.names import PodKey

REMEMBERED = 10_000
"""Pods whose last answers are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What a pod was answered last."""

    rung: Rung
    why: Why | None
    nodes: int
    kept: int


class PlanBook:
    """Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._plan: Plan | None = None
        self._noted: dict[PodKey, Noted] = {}
        self.reservations: tuple[Reservation, ...] = ()
        """Slots of the plan that nobody took yet, as of the last change."""

    def adopt(self, plan: Plan) -> None:
        with self._changed:
            replaced, self._plan = self._plan, plan
            self._changed.notify_all()
        del replaced  # takes milliseconds, and nobody should wait for the lock meanwhile

    def note(self, answer: Answer) -> None:
        """Remember the last answer about each pod, for people who ask."""
        with self._changed:
            self._noted.pop(answer.pod.key, None)
            self._noted[answer.pod.key] = Noted(
                rung=answer.rung, why=answer.why, nodes=len(answer.nodes), kept=answer.kept_count
            )
            if len(self._noted) > REMEMBERED:
                del self._noted[next(iter(self._noted))]

    def noted(self, key: PodKey) -> Noted | None:
        return self._noted.get(key)

    def wait_until(self, holds: Callable[[Plan], bool], timeout_s: float) -> bool:
        """Until this is so of the plan in use, at most so long. Whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._plan is not None and holds(self._plan), timeout_s)

    @property
    def is_ready(self) -> bool:
        return self._plan is not None

    @property
    def plan(self) -> Plan:
        """Raises NotReadyError."""
        if self._plan is None:
            raise NotReadyError(NOT_READY)
        return self._plan

    def age_s(self) -> float:
        """0 before the first plan."""
        return self._clock() - self._plan.made_at if self._plan else 0.0
