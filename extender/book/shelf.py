"""Where the plan in use stands: one at a time, changed at once, with everybody told who waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from extender.book.plans import NOT_READY, NotReadyError, Plan


class PlanBook:
    """Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._plan: Plan | None = None

    def adopt(self, plan: Plan) -> None:
        with self._changed:
            self._plan = plan
            self._changed.notify_all()

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
