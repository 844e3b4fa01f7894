"""The first pods of a cluster reach several threads at once."""

from __future__ import annotations

import subprocess
import sys

from tests.paths import PROJECT


def test_threads_that_read_the_first_pods_at_once_leave_the_process_alive() -> None:
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.extender.first_pods"]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
