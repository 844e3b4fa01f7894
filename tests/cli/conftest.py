"""The command run in this process, for tests that look at its words and exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from solver.cli import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def solve(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Ran]:
    def run(*arguments: str) -> Ran:
        code = main(arguments)
        said = capfdbinary.readouterr()
        return Ran(code, said.out.decode(), said.err.decode())

    return run
