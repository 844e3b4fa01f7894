"""What the kernel counted, for processes that end by themselves and for those that are ended."""

from __future__ import annotations

import signal
import sys

import msgspec
import pytest

from benchmarks.process import BENCHMARKS, ProcessFailedError, Usage, answered, run

PYTHON = (sys.executable, "-c")


def test_output_and_exit_code_are_those_of_the_command() -> None:
    found = run((*PYTHON, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
    assert (found.exit_code, found.stdout, found.stderr, found.stopped) == (3, b"out\n", "err\n", False)


def test_memory_and_cpu_are_those_of_the_process() -> None:
    idle = used_by("pass")
    busy = used_by("x = bytearray(200 * 2**20); sum(range(3_000_000))")
    assert busy.peak_mib - idle.peak_mib > 100
    assert busy.cpu_s > idle.cpu_s


def used_by(program: str) -> Usage:
    """Measured by a process that is smaller than this one."""
    found = answered((*BENCHMARKS, "usage", "--", *PYTHON, program))
    return msgspec.json.decode(found.stdout, type=Usage)


def test_a_process_over_its_time_is_stopped() -> None:
    found = run((*PYTHON, "import time; time.sleep(60)"), limit_s=0.2)
    assert found.stopped
    assert found.exit_code == -signal.SIGKILL


def test_a_process_that_had_to_answer_and_did_not_is_an_error_with_what_it_said() -> None:
    with pytest.raises(ProcessFailedError, match=r"ended with 1: (.|\n)*no such thing"):
        answered((*PYTHON, "raise SystemExit('no such thing')"))
    assert answered((*PYTHON, "raise SystemExit(4)"), well=(0, 4)).exit_code == 4
