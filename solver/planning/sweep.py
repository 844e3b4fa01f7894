"""Many questions, each answered on its own, through one executor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from threading import Event

from solver.executors import Stop, opened
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.pipeline import place

Scenario = tuple[Snapshot, Question]


def sweep(
    scenarios: Iterable[Scenario],
    config: SolveConfig,
    stop: Stop | None = None,
    watch: Watcher = unwatched,
    total: int | None = None,
) -> list[Outcome]:
    """Outcomes in the order of the scenarios; each has the whole time limit to itself.

    The executor of ``config`` spreads the scenarios; inside, each is solved inline. ``watch`` hears how many
    of ``total`` were begun. Raises as ``place`` does.
    """
    answer = partial(_answer, replace(config, executor="inline"))
    with opened(config.executor, config.time_limit_s) as executor:
        return executor.map(answer, _counted(scenarios, watch, total), stop or Event())


def _counted(scenarios: Iterable[Scenario], watch: Watcher, total: int | None) -> Iterator[Scenario]:
    """Executors draw a scenario when its turn comes."""
    for number, scenario in enumerate(scenarios, start=1):
        watch(Progress(phase=Phase.SEARCH, done=number, total=total))
        yield scenario


def _answer(config: SolveConfig, scenario: Scenario, stop: Stop) -> Outcome:
    snapshot, question = scenario
    return place(snapshot, question, config, stop)
