"""How fast pods are bound: when a watch was told of each binding."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from tests.e2e.harness.api import Api, Raw, key_of
from tests.e2e.harness.watching import NotInTimeError, Watched


class Pace:
    """Of the pods of one namespace, from here on."""

    def __init__(self, api: Api, namespace: str, broken: Callable[[], Sequence[str]]) -> None:
        """``broken`` tells what makes waiting vain."""
        self._bound: dict[str, float] = {}
        self._broken = broken
        self._changed = threading.Condition()
        self._pods = Watched(api, "Pod", namespace, seen=self._note)

    def until_bound(self, count: int, seconds: float) -> float:
        """Pods bound per second, from the first to the last of ``count``. Raises NotInTimeError."""
        ends = time.monotonic() + seconds
        with self._changed:
            while len(self._bound) < count:
                broken = "\n".join(self._broken())
                if broken or time.monotonic() > ends:
                    bound = len(self._bound)
                    raise NotInTimeError(f"{bound} of {count} pods are bound after {seconds:.0f} s. {broken}")
                self._changed.wait(1)
        self._pods.close()
        times = self._bound.values()
        return (count - 1) / (max(times) - min(times))

    def _note(self, pod: Raw) -> None:
        if not pod["spec"].get("nodeName"):
            return
        with self._changed:
            self._bound.setdefault(key_of(pod), time.monotonic())
            self._changed.notify_all()
