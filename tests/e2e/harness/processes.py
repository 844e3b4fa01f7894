"""Child processes that end with the test run, whatever happens to it; each with a log of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOP_S = 20
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Process:
    """A running program, in a process group of its own."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.log = name, log
        self.command = [str(word) for word in command]
        self.environment = {**plain_environment(), **(environment or {})}
        self._running: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Also again after ``kill`` or ``stop``; the log goes on."""
        # The kernel kills the child should this process die without a chance to.
        guard = [shutil.which("setpriv") or "setpriv", "--pdeathsig", "KILL", "--"]
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [*guard, *self.command],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and after ``kill`` or ``stop``."""
        return self._running.poll() if self._running else None

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def kill(self) -> None:
        """``kill -9``, for the whole group. Nothing happens to one that ended."""
        self._signal(signal.SIGKILL)
        self._wait(None)
        self._running = None

    def stop(self) -> None:
        """SIGTERM, and what the program makes of it. Raises subprocess.TimeoutExpired."""
        self._signal(signal.SIGTERM)
        self._wait(_STOP_S)
        self._running = None

    def _signal(self, number: signal.Signals) -> None:
        if self._running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, number)

    def _wait(self, seconds: float | None) -> None:
        if self._running is not None:
            self._running.wait(seconds)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> dict[str, str]:
    """Ours without proxies: everything is on loopback."""
    return {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES}
