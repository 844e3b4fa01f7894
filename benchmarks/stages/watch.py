"""A live cluster followed: the first snapshot, changes at a steady rate, and as many as there can be.

The API server is the one of ``benchmarks.loopback``, a process of its own, with objects as large as real
ones; it shares the machine with what is measured.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from benchmarks.case import Stage
from benchmarks.process import BENCHMARKS, ProcessFailedError
from benchmarks.results import StageTime

_RATE, _STEADY, _BURST = 200, 3000, 10_000
_AT_ONCE = 10**9
"""A rate nobody can keep: as fast as the server can."""


def measure(path: Path, *, rate: int = _RATE, steady: int = _STEADY, burst: int = _BURST) -> StageTime:
    """``steady`` changes at ``rate`` a second, then ``burst`` at once.

    Raises ProcessFailedError when one of the processes ends early.
    """
    with TemporaryDirectory() as folder:
        kubeconfig = str(Path(folder) / "kubeconfig")
        with (
            _Partner("apiserver", str(path), kubeconfig).running() as server,
            _Partner("follow", kubeconfig).running() as follower,
        ):
            synced = follower.hear()
            follower.tell(str(steady))
            server.tell(f"{rate} {steady}")
            calm = follower.hear()
            server.hear()
            follower.tell(str(burst))
            server.tell(f"{_AT_ONCE} {burst}")
            busy = follower.hear()
    return StageTime(
        stage=Stage.WATCH,
        wall_s=synced["wall_s"],
        cpu_s=synced["cpu_s"],
        repeats=1,
        facts={
            "nodes": synced["nodes"],
            "pods": synced["pods"],
            "peak MiB": busy["peak_mib"],
            f"lag p50 ms at {rate}/s": calm["lag_p50_ms"],
            f"lag p99 ms at {rate}/s": calm["lag_p99_ms"],
            "CPU ms per event": calm["cpu_ms"],
            "most events/s": busy["per_s"],
        },
    )


class _Partner:
    """A process that is told what to do on its stdin and answers on its stdout; ready once this returns."""

    def __init__(self, *command: str) -> None:
        self._command = (*BENCHMARKS, *command)
        self._process: subprocess.Popen[str]

    @contextmanager
    def running(self) -> Iterator[_Partner]:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            if self._command[len(BENCHMARKS)] == "apiserver":
                self.hear()
            yield self
        finally:
            self._process.kill()
            self._process.communicate()

    def tell(self, line: str) -> None:
        stdin: IO[str] | None = self._process.stdin
        assert stdin is not None  # asked for above
        stdin.write(line + "\n")
        stdin.flush()

    def hear(self) -> Any:
        stdout: IO[str] | None = self._process.stdout
        assert stdout is not None  # asked for above
        line = stdout.readline()
        if not line:
            raise ProcessFailedError(f"{' '.join(self._command)} ended early")
        return json.loads(line)
