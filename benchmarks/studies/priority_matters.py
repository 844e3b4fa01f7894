"""How often is there a better placement than kube-scheduler's, and how often is it found in a second?

Every shape and seed of ``benchmarks.traces.priority_matters`` is first placed one pod at a time. Where that
leaves a pod out, the planner has each of the time limits to place more, the higher priority first, or to
prove that nothing better exists.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from threading import Event

from benchmarks.peers import greedy
from benchmarks.studies.worlds import World, by_priority, world
from benchmarks.traces.priority_matters import SHAPES, Shape, priority_matters
from solver.executors import Stop, opened
from solver.model.config import SolveConfig
from solver.model.outcome import Verdict
from solver.pipeline import place

Levels = tuple[int, ...]
"""Pods placed at each priority, the highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    limit_s: float
    wall_s: float
    placed: Levels
    certified: bool
    """Everything is placed, or it is proved that no placement is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    shape: Shape
    seed: int
    greedy: Levels
    short: bool
    """One pod at a time leaves a pod out."""
    runs: tuple[Run, ...] = ()
    """One for each limit, the shortest first; none unless ``short``."""

    @property
    def better_exists(self) -> bool | None:
        """None where no run found a better placement or proved that there is none."""
        if any(run.placed > self.greedy for run in self.runs):
            return True
        return False if any(run.certified for run in self.runs) else None


Item = tuple[Shape, int]
"""An instance: its shape and its seed."""


def items(seeds: int, sample: int | None) -> list[Item]:
    """Seeds from 1 on of every shape, or that many of these, drawn once and for all."""
    every = [(shape, seed) for seed in range(1, seeds + 1) for shape in SHAPES]
    if sample is None or sample >= len(every):
        return every
    return random.Random(0).sample(every, sample)


def study(items: Sequence[Item], limits_s: Sequence[float], executor: str) -> list[Examined]:
    with opened(executor, 2 * sum(limits_s)) as crew:
        return crew.map(partial(examine, tuple(sorted(limits_s))), items, Event())


def examine(limits_s: tuple[float, ...], item: Item, stop: Stop) -> Examined:
    shape, seed = item
    here = world(priority_matters(**asdict(shape), seed=seed))
    assignments, _ = greedy.place(*here)
    reached = by_priority(here, (a.pod for a in assignments))
    short = len(assignments) < len(here[1].pods)
    runs = tuple(_runs(here, limits_s, stop)) if short else ()
    return Examined(shape=shape, seed=seed, greedy=reached, short=short, runs=runs)


def _runs(here: World, limits_s: Iterable[float], stop: Stop) -> Iterator[Run]:
    """More time changes nothing once a run is certified."""
    last: Run | None = None
    for limit_s in limits_s:
        if last is None or not last.certified:
            started = time.monotonic()
            outcome = place(*here, SolveConfig(time_limit_s=limit_s), stop)
            last = Run(
                limit_s=limit_s,
                wall_s=round(time.monotonic() - started, 3),
                placed=by_priority(here, outcome.placement.node_of),
                certified=outcome.verdict is not Verdict.UNKNOWN,
            )
        yield Run(limit_s=limit_s, wall_s=last.wall_s, placed=last.placed, certified=last.certified)


# Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Of the instances that one pod at a time leaves short."""

    limit_s: float
    short: int
    improvable: int
    """A better placement is known, from a run of any limit, ..."""
    undecided: int
    """... or nobody knows whether there is one."""
    improved: int
    certified_greedy: int
    """Proved: what one pod at a time placed is the best there is."""
    certified: int
    """Proved: what this run placed is the best there is."""
    longest_s: float

    @property
    def could_improve(self) -> int:
        """At most: whatever is undecided counts."""
        return self.improvable + self.undecided


def summary(examined: Sequence[Examined]) -> list[Shares]:
    """One for each limit."""
    short = [each for each in examined if each.short]
    return [_shares(short, number) for number in range(len(short[0].runs) if short else 0)]


def _shares(short: Sequence[Examined], number: int) -> Shares:
    pairs = [(each, each.runs[number]) for each in short]
    return Shares(
        limit_s=pairs[0][1].limit_s,
        short=len(short),
        improvable=sum(each.better_exists is True for each in short),
        undecided=sum(each.better_exists is None for each in short),
        improved=sum(run.placed > each.greedy for each, run in pairs),
        certified_greedy=sum(run.certified and run.placed == each.greedy for each, run in pairs),
        certified=sum(run.certified for _, run in pairs),
        longest_s=max(run.wall_s for _, run in pairs),
    )


def report(examined: Sequence[Examined]) -> str:
    """Markdown."""
    lines = [f"{len(examined)} instances; one pod at a time leaves {_shorts(examined)} of them short.", ""]
    lines += [
        "| limit | improved | proved: nothing better | proved | improved of improvable | longest run |",
        "|---|---|---|---|---|---|",
    ]
    for s in summary(examined):
        lines.append(
            f"| {s.limit_s:g} s | {_percent(s.improved, s.short)} | {_percent(s.certified_greedy, s.short)}"
            f" | {_percent(s.certified, s.short)}"
            f" | {_percent(s.improved, s.could_improve)} | {s.longest_s:.2f} s |"
        )
    for title, key in _BREAKDOWNS:
        lines += ["", *_broken_down(examined, title, key)]
    return "\n".join(lines) + "\n"


_BREAKDOWNS: tuple[tuple[str, Callable[[Shape], int]], ...] = (
    ("nodes", lambda shape: shape.nodes),
    ("pods per node", lambda shape: shape.pods_per_node),
    ("priorities", lambda shape: shape.priorities),
    ("utilisation in %", lambda shape: shape.utilisation_percent),
)


def _broken_down(examined: Sequence[Examined], title: str, key: Callable[[Shape], int]) -> list[str]:
    """By one dimension of the shapes, at the shortest limit."""
    lines = [f"| {title} | short | improved | proved | improved of improvable |", "|---|---|---|---|---|"]
    for value in sorted({key(each.shape) for each in examined}):
        for s in summary([each for each in examined if key(each.shape) == value])[:1]:
            lines.append(
                f"| {value} | {s.short} | {_percent(s.improved, s.short)} | {_percent(s.certified, s.short)}"
                f" | {_percent(s.improved, s.could_improve)} |"
            )
    return lines


def _shorts(examined: Sequence[Examined]) -> int:
    return sum(each.short for each in examined)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part})" if whole else "-"
