"""How soon a reflector asks again for what it may not read."""

from __future__ import annotations

import threading
from typing import Any
from unittest.mock import create_autospec

from kubernetes.client import ApiException

from extender.config import ClusterConfig
from extender.watch.backoff import PATIENCE
from extender.watch.connection import Kind
from extender.watch.reflector import REFUSALS, REFUSED_RETRY_S, Reflector, Sink


class Waits(threading.Event):
    """Notes how long somebody wanted to wait, and is set the last time."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._times = times

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        if len(self.seconds) == self._times:
            self.set()
        return self.is_set()


def forbidden(**_: Any) -> None:
    raise ApiException(status=403, reason="Forbidden")


def waits_of(*, required: bool) -> list[float]:
    """Between one refusal and the next."""
    sink, stopping = create_autospec(Sink, instance=True), Waits(REFUSALS + 2)
    Reflector(Kind("LimitRange", forbidden, required), sink, ClusterConfig(), stopping).run()
    assert sink.refused.call_count == REFUSALS + 2
    return stopping.seconds


def test_a_kind_that_is_not_needed_is_asked_for_soon_at_first_and_seldom_then() -> None:
    waits = waits_of(required=False)
    assert max(waits[:REFUSALS]) <= PATIENCE.longest_s
    assert waits[REFUSALS:] == [REFUSED_RETRY_S] * 2


def test_a_kind_that_is_needed_is_asked_for_soon_for_ever() -> None:
    assert max(waits_of(required=True)) <= PATIENCE.longest_s
