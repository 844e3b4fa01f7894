"""Colours: who gets them, and that they change nothing but colours."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from solver.cli.paint import painted, wants_colour
from tests.cli.conftest import Ran
from tests.paths import SHOP_PENDING


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "at_terminal", "elsewhere"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True, True),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_the_environment_decides_about_colours(
    environment: dict[str, str], at_terminal: bool, elsewhere: bool
) -> None:
    assert wants_colour(Terminal(), environment) is at_terminal
    assert wants_colour(io.StringIO(), environment) is elsewhere


def test_without_its_colours_a_painted_text_is_the_same() -> None:
    text = "DOES NOT FIT     at most 7 of 8 pods\nNODE   CPU\nok-node   ok\nUNPLACED\n"
    assert click.unstyle(painted(text)) == text
    first, second, third, *_ = painted(text).split("\n")
    assert first.startswith("\x1b[31m\x1b[1mDOES NOT FIT\x1b[0m")
    assert second.startswith("\x1b[1mNODE\x1b[0m")
    assert third.startswith("ok-node   \x1b[32m")


@pytest.mark.parametrize("form", ["json", "yaml", "name", "csv"])
def test_what_machines_read_is_never_coloured(
    solve: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert "\x1b" not in solve("nodes", "--snapshot", SHOP_PENDING, "-o", form).out
    assert "\x1b[1m" in solve("fit", "--snapshot", SHOP_PENDING).out


def test_a_pipe_gets_no_colours() -> None:
    command = [sys.executable, "-m", "solver", "fit", "--snapshot", SHOP_PENDING]
    ran = subprocess.run(command, capture_output=True, env={**os.environ, "TERM": "xterm"}, check=True)
    assert b"\x1b" not in ran.stdout + ran.stderr
