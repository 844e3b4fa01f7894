"""Ctrl-C during a search: once, stop and print the best so far; twice, quit."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType


@contextmanager
def stop_on_interrupt() -> Iterator[Event]:
    """An event that the first interrupt sets; the second raises KeyboardInterrupt.

    Outside the main thread, where signals cannot be heard, the event is simply never set.
    """
    stop = Event()

    def heed(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if current_thread() is not main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, heed)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
