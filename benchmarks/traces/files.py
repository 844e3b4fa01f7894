"""Where the trace files are: a folder the user names, by ``--data`` or in the environment."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.case import UnavailableError

FOLDER = "BULKHEAD_TRACES"
"""Environment variable; ``--data`` sets it."""


def folder() -> Path:
    """Raises UnavailableError, in one line."""
    named = os.environ.get(FOLDER)
    if not named:
        raise UnavailableError(f"no trace data: say --data DIR or set {FOLDER}")
    return Path(named)


def file(name: str) -> Path:
    """``name`` is relative to the folder. Raises UnavailableError, in one line."""
    path = folder() / name
    if not path.is_file():
        raise UnavailableError(f"no trace data: {path} is not there")
    return path


def rows(name: str) -> Iterator[dict[str, str]]:
    with file(name).open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)
