"""Pieces of work that tests send out. They live here because a worker imports what it runs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from solver.executors import Stop


def doubled(item: int, stop: Stop) -> int:
    return 2 * item


def refused(item: int, stop: Stop) -> int:
    raise ValueError(f"no {item}")


def until_told(started: Path, stop: Stop) -> str:
    """Says that it runs, and runs until it is told to stop."""
    started.write_text("running")
    while not stop.is_set():
        time.sleep(0.01)
    return "stopped"


@dataclass(frozen=True)
class DiesElsewhere:
    """Kills every process that runs it, but for the one that made it."""

    home: int

    def __call__(self, item: int, _stop: Stop) -> int:
        if os.getpid() != self.home:
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * item


@dataclass(frozen=True)
class KilledOnce:
    """``work``, except that the first to run it says who it is and then waits, half-way, to be killed."""

    folder: Path
    work: Callable[[Any, Stop], Any]

    def __call__(self, item: Any, stop: Stop) -> Any:
        if self._is_first():
            (self.folder / "who").write_text(str(os.getpid()))
            (self.folder / "never").read_text()
        return self.work(item, stop)

    def _is_first(self) -> bool:
        try:
            (self.folder / "first").mkdir()
        except FileExistsError:
            return False
        return True


class Killer:
    """Kills the process that says it is half-way through ``KilledOnce``; no clock is involved."""

    def __init__(self, folder: Path) -> None:
        self.killed: int | None = None
        self._who = folder / "who"
        os.mkfifo(self._who)  # reading and writing both wait for the other side
        os.mkfifo(folder / "never")
        self._thread = Thread(target=self._kill, daemon=True)
        self._thread.start()

    def _kill(self) -> None:
        self.killed = int(self._who.read_text())
        os.kill(self.killed, signal.SIGKILL)

    def join(self) -> None:
        self._thread.join()
