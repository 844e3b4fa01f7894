"""Wall and CPU time of one call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_ENOUGH_S = 1.0
_REPEATS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed(Generic[T_co]):
    value: T_co
    """Of the last repeat."""
    wall_s: float
    cpu_s: float
    repeats: int


def once(work: Callable[[], T]) -> Timed[T]:
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    return Timed(
        value=value,
        wall_s=time.perf_counter() - wall,
        cpu_s=time.process_time() - cpu,
        repeats=1,
    )


def quickest(work: Callable[[], T]) -> Timed[T]:
    """Up to fifteen times, until a second is spent: what is quick needs repeats, what is slow does not."""
    runs = [once(work)]
    while len(runs) < _REPEATS and sum(run.wall_s for run in runs) < _ENOUGH_S:
        runs.append(once(work))
    return Timed(
        value=runs[-1].value,
        wall_s=min(run.wall_s for run in runs),
        cpu_s=min(run.cpu_s for run in runs),
        repeats=len(runs),
    )
