"""Local processes: order, errors, the wish to stop, and workers that die."""

from __future__ import annotations

import logging
import multiprocessing
import os
from pathlib import Path
from threading import Event, Thread

import pytest

from solver.executors.processes import Processes
from tests.executors.work import DiesElsewhere, KilledOnce, Killer, doubled, refused, until_told


def test_results_come_in_the_order_of_the_items_and_no_process_stays() -> None:
    assert Processes(2).map(doubled, iter(range(20)), Event()) == [2 * n for n in range(20)]
    assert multiprocessing.active_children() == []


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ValueError, match=r"no [12]"):  # whichever comes first
        Processes(2).map(refused, [1, 2], Event())


def test_the_wish_to_stop_reaches_the_workers(tmp_path: Path) -> None:
    stop, started = Event(), [tmp_path / "a", tmp_path / "b"]
    for path in started:
        os.mkfifo(path)

    def stop_once_both_run() -> None:
        for path in started:
            path.read_text()
        stop.set()

    Thread(target=stop_once_both_run, daemon=True).start()
    assert Processes(2).map(until_told, started, stop) == ["stopped", "stopped"]


def test_work_of_a_killed_worker_is_done_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    killer = Killer(tmp_path)
    with caplog.at_level(logging.WARNING):
        results = Processes(2).map(KilledOnce(tmp_path, doubled), range(10), Event())
    killer.join()
    assert results == [2 * n for n in range(10)]
    assert caplog.messages == ["a worker process died; what it had not finished is done again"]


def test_work_that_kills_every_worker_is_done_here() -> None:
    assert Processes(2).map(DiesElsewhere(os.getpid()), range(4), Event()) == [0, 2, 4, 6]
