"""How an executor is named on the command line, and what is said when it cannot be had."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from solver.errors import ExecutorError
from solver.executors import opened, parsed
from solver.executors.choice import Choice, Kind
from tests import builders as b
from tests.cli.conftest import Ran, solve

__all__ = ["solve"]  # the fixture


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("inline", Choice(kind=Kind.INLINE)),
        ("processes", Choice(kind=Kind.PROCESSES, processes=os.cpu_count() or 1)),
        ("processes=3", Choice(kind=Kind.PROCESSES, processes=3)),
        ("dask=tcp://10.0.0.7:8786", Choice(kind=Kind.DASK, address="tcp://10.0.0.7:8786")),
        ("dask=tls://host:1?x=y", Choice(kind=Kind.DASK, address="tls://host:1?x=y")),
    ],
)
def test_names_of_executors(text: str, choice: Choice) -> None:
    assert parsed(text) == choice


@pytest.mark.parametrize(
    "text",
    ["", "threads", "inline=2", "processes=", "processes=0", "processes=-1", "processes=x", "dask", "dask="],
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no executor"):
        parsed(text)


def test_a_wrong_name_is_a_wrong_flag(solve: Callable[..., Ran]) -> None:
    ran = solve("fit", "--executor", "threads")
    assert ran.code == 2
    assert "write inline, processes, processes=N or dask=ADDRESS" in ran.err


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"pip install 'kube-bulkhead\[dask\]'"), opened("dask=x:1", 1.0):
        pass


def test_cluster_out_of_reach_is_an_error_of_one_line(
    solve: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solver.executors.dask._CONNECT_S", 0.5)
    dump = tmp_path / "dump.json"
    dump.write_bytes(b.document(b.node(name="n"), b.pod(name="p")).data)
    ran = solve("fit", "--snapshot", str(dump), "--executor", "dask=tcp://127.0.0.1:1")
    assert ran.code == 1
    assert ran.err.startswith("error: no Dask cluster answers at tcp://127.0.0.1:1: ")
    assert len(ran.err.splitlines()) == 1
