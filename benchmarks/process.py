"""One process from start to end: wall and CPU seconds and its peak memory, as the kernel counted them.

The kernel hands a new process the peak of the one that started it, so whoever calls this has to stay
smaller than what is measured: instances are made, and stages run, in processes of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

SOLVE = (sys.executable, "-m", "solver")
BENCHMARKS = (sys.executable, "-m", "benchmarks")
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class ProcessFailedError(Exception):
    """A process that had to answer did not; the text has its command and what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    exit_code: int
    """Negative: the signal that ended it."""
    stdout: bytes
    stderr: str
    usage: Usage
    stopped: bool
    """It was ended because its time was over."""


def run(command: Sequence[str], *, limit_s: float | None = None) -> Finished:
    """Run a command to its end, or for ``limit_s`` wall seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            process.kill()

        guard = threading.Timer(limit_s, stop) if limit_s is not None else None
        if guard:
            guard.start()
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        if guard:
            guard.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait again
        out.seek(0)
        err.seek(0)
        return Finished(
            exit_code=process.returncode,
            stdout=out.read(),
            stderr=err.read().decode(errors="replace"),
            usage=Usage(
                wall_s=wall_s,
                cpu_s=used.ru_utime + used.ru_stime,
                peak_mib=used.ru_maxrss * _RSS_UNIT / 2**20,
            ),
            stopped=stopped.is_set(),
        )


def answered(command: Sequence[str], *, limit_s: float | None = None, well: Sequence[int] = (0,)) -> Finished:
    """``run``, for a process that has to end with one of the exit codes ``well``.

    Raises ProcessFailedError when it does not.
    """
    finished = run(command, limit_s=limit_s)
    if finished.exit_code not in well:
        why = "was stopped, its time was over" if finished.stopped else f"ended with {finished.exit_code}"
        raise ProcessFailedError(f"{' '.join(command)} {why}: {finished.stderr[-2000:].strip()}")
    return finished
