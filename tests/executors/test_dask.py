"""A real Dask cluster of two worker processes on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from distributed import LocalCluster

from solver.errors import ExecutorError
from solver.executors import Executor, opened
from solver.executors.dask import Dask
from solver.model.config import SolveConfig
from tests.executors.islands import answer, islands
from tests.executors.work import DiesElsewhere, KilledOnce, Killer, doubled, refused

CONFIG = SolveConfig(workers=1, time_limit_s=120.0)


def local_cluster(workers: int) -> LocalCluster:
    return LocalCluster(n_workers=workers, processes=True, threads_per_worker=1, dashboard_address=":0")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with local_cluster(2) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def dask(address: str) -> Iterator[Executor]:
    with opened(f"dask={address}", limit_s=60.0) as executor:
        yield executor


def test_results_come_in_the_order_of_the_items(dask: Executor) -> None:
    assert dask.slots == 2
    assert dask.map(doubled, iter(range(20)), Event()) == [2 * n for n in range(20)]


def test_what_the_work_raises_is_raised(dask: Executor) -> None:
    with pytest.raises(ValueError, match="no 1"):
        dask.map(refused, [1], Event())


def test_equal_items_are_each_done(dask: Executor) -> None:
    assert dask.map(doubled, [4, 4, 4], Event()) == [8, 8, 8]


def test_answer_is_the_same_text_as_inline(address: str) -> None:
    world, question = islands(count=4, seed=0)
    inline = answer(world, question, CONFIG)
    assert answer(world, question, replace(CONFIG, executor=f"dask={address}")) == inline


def test_a_worker_killed_half_way_neither_loses_nor_changes_the_answer(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, question = islands(count=4, seed=0)
    inline = answer(world, question, CONFIG)
    whole_map = Dask.map

    def with_a_killed_worker(self: Dask, work: Any, items: Any, stop: Any) -> Any:
        return whole_map(self, KilledOnce(tmp_path, work), items, stop)

    monkeypatch.setattr(Dask, "map", with_a_killed_worker)
    killer = Killer(tmp_path)
    assert answer(world, question, replace(CONFIG, executor=f"dask={address}")) == inline
    killer.join()
    assert killer.killed not in (None, os.getpid())


def test_work_that_kills_every_worker_is_done_here(dask: Executor, caplog: pytest.LogCaptureFixture) -> None:
    assert dask.map(DiesElsewhere(os.getpid()), [1, 2], Event()) == [2, 4]
    assert "the Dask cluster did not finish its work; the rest is done here" in caplog.messages


def test_what_is_out_when_the_user_stops_is_done_here(dask: Executor, tmp_path: Path) -> None:
    stop, who, never = Event(), tmp_path / "who", tmp_path / "never"
    os.mkfifo(who)
    os.mkfifo(never)

    def stop_once_it_runs() -> None:
        assert int(who.read_text()) != os.getpid()
        stop.set()

    Thread(target=stop_once_it_runs, daemon=True).start()
    assert dask.map(KilledOnce(tmp_path, doubled), [1], stop) == [2]
    assert stop.is_set()
    never.write_text("")  # lets the worker go


def test_a_cluster_without_workers_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.executors.dask._CONNECT_S", 0.5)
    with (
        local_cluster(0) as empty,
        pytest.raises(ExecutorError, match="has no workers"),
        opened(f"dask={empty.scheduler_address}", limit_s=1.0),
    ):
        pass


def test_workers_of_another_version_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.executors.dask.version", lambda package: f"0.0-{package}")
    with (
        pytest.raises(ExecutorError, match="run both from the same image"),
        opened(f"dask={address}", limit_s=1.0),
    ):
        pass
