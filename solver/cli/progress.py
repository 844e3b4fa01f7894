"""``--progress``: how far an answer has got, on stderr, while it is worked out.

A terminal gets one line that is drawn again and again, anything else a plain line every ten seconds; both
are silent for the first second. JSON lines come as things change.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TextIO

from solver.cli.flags import OutputFlags, ProgressMode
from solver.cli.interrupt import stop_on_interrupt
from solver.model.config import SolveConfig
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.report.progress import line, words

SILENT_S = 1.0
EVERY_S = 10.0
"""Between two plain lines."""
REDRAWN_S = 0.2

_ERASED = "\r\x1b[K"
_USUAL_WIDTH = 80


@contextmanager
def watching(
    mode: ProgressMode, config: SolveConfig, *, limited: bool = True, stream: TextIO | None = None
) -> Iterator[Watcher]:
    """What to hand to the planner; shows what it hears until the block ends.

    ``limited``: the time limit holds for the whole, not for each of many questions.
    """
    stream = sys.stderr if stream is None else stream
    if mode is ProgressMode.NONE:
        yield unwatched
        return
    shown = _Shown(config, config.time_limit_s if limited else None, stream)
    shown.hear(Progress(phase=Phase.READ))
    if mode is ProgressMode.JSON:
        shown.print_line()
        yield shown.hear_and_print
        return
    redrawn = mode is ProgressMode.AUTO and stream.isatty()
    show = shown.redraw if redrawn else shown.print_words
    try:
        with _at_intervals(show, REDRAWN_S if redrawn else EVERY_S):
            yield shown.hear
    finally:
        shown.erase()


@contextmanager
def answering(
    show: OutputFlags, config: SolveConfig, phase: Phase = Phase.SEARCH
) -> Iterator[tuple[Event, Watcher]]:
    """What a planning verb works inside of: the event that Ctrl-C sets, and whom to tell how far it is."""
    with watching(show.progress_mode, config) as watch, stop_on_interrupt() as stop:
        watch(Progress(phase=phase))
        yield stop, watch


class _Shown:
    """The latest of what was heard, and how to write it."""

    def __init__(self, config: SolveConfig, limit_s: float | None, stream: TextIO) -> None:
        self._workers = config.workers
        self._limit_s = limit_s
        self._stream = stream
        self._began = time.monotonic()
        self._latest = Progress(phase=Phase.READ)
        self._lock = Lock()
        self._drawn = False

    def hear(self, progress: Progress, /) -> None:
        self._latest = progress

    def hear_and_print(self, progress: Progress, /) -> None:
        with self._lock:
            changed, self._latest = progress != self._latest, progress
            if changed:
                self.print_line()

    def print_line(self) -> None:
        self._write(line(self._latest, *self._circumstances()) + "\n")

    def print_words(self) -> None:
        self._write(words(self._latest, *self._circumstances()) + "\n")

    def redraw(self) -> None:
        self._drawn = True
        self._write(_ERASED + words(self._latest, *self._circumstances())[: _width(self._stream) - 1])

    def erase(self) -> None:
        if self._drawn:
            self._write(_ERASED)

    def _circumstances(self) -> tuple[float, float | None, int]:
        return time.monotonic() - self._began, self._limit_s, self._workers

    def _write(self, text: str) -> None:
        """Somebody who no longer listens is no reason to stop working."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def _width(stream: TextIO) -> int:
    """A longer line would not be drawn over but scroll away. A terminal of unknown width says 0."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):
        return _USUAL_WIDTH


@contextmanager
def _at_intervals(show: Callable[[], None], seconds: float) -> Iterator[None]:
    """``show`` in a thread of its own: after the silence, and then again and again."""
    ended = Event()

    def run() -> None:
        wait = max(SILENT_S, seconds)
        while not ended.wait(wait):
            show()
            wait = seconds

    thread = Thread(target=run, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
