"""Many questions, each answered on its own, through one executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TypeVar

from solver.executors import Stop, opened
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.pipeline import place

Item = TypeVar("Item")
Result = TypeVar("Result")
Scenario = tuple[Snapshot, Question]


def sweep(
    scenarios: Iterable[Scenario],
    config: SolveConfig,
    stop: Stop | None = None,
    watch: Watcher = unwatched,
    total: int | None = None,
) -> list[Outcome]:
    """Outcomes in the order of the scenarios; each has the whole time limit to itself.

    The executor of ``config`` spreads the scenarios; inside, each is solved inline. Raises as ``place`` does.
    """
    answer = partial(_answer, replace(config, executor="inline"))
    return spread(answer, scenarios, config, stop, watch, total)


def spread(
    answer: Callable[[Item, Stop], Result],
    items: Iterable[Item],
    config: SolveConfig,
    stop: Stop | None = None,
    watch: Watcher = unwatched,
    total: int | None = None,
) -> list[Result]:
    """``answer`` to every item in their order, wherever the executor of ``config`` runs it. ``watch`` hears
    how many of ``total`` were begun."""
    with opened(config.executor, config.time_limit_s) as executor:
        return executor.map(answer, _counted(items, watch, total), stop or Event())


def _counted(items: Iterable[Item], watch: Watcher, total: int | None) -> Iterator[Item]:
    """Executors draw an item when its turn comes."""
    for number, item in enumerate(items, start=1):
        watch(Progress(phase=Phase.SEARCH, done=number, total=total))
        yield item


def _answer(config: SolveConfig, scenario: Scenario, stop: Stop) -> Outcome:
    snapshot, question = scenario
    return place(snapshot, question, config, stop)
