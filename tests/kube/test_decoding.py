"""Types are complete before anybody decodes with them, whichever thread met them first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.paths import PROJECT


@pytest.mark.parametrize("way", ["decode", "convert"])
def test_a_thread_waits_until_another_has_looked_through_the_type(way: str) -> None:
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.kube.at_once", way]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
