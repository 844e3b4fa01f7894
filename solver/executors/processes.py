"""In processes of this machine, started for one ``map`` and ended with it."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_bool
from functools import partial
from itertools import chain
from multiprocessing import get_context, parent_process
from threading import Thread

from solver.executors.base import Item, Result, Stop
from solver.executors.flight import Flight

_MOST_POOLS = 3
"""Pools that may break before the rest is run in this process."""

log = logging.getLogger(__name__)


class Processes:
    """A worker that dies takes its pool with it; what the pool had not finished is run in a new one."""

    def __init__(self, slots: int) -> None:
        self.slots = slots

    def map(self, work: Callable[[Item, Stop], Result], items: Iterable[Item], stop: Stop) -> list[Result]:
        waiting = enumerate(items)
        results: dict[int, Result] = {}
        remaining: Iterator[tuple[int, Item]] = waiting
        for _ in range(_MOST_POOLS):
            flight = self._flight(work, remaining, stop)
            results |= flight.results
            if not flight.lost:
                break
            log.warning("a worker process died; what it had not finished is done again")
            remaining = chain(flight.lost, waiting)
        results |= {number: work(item, stop) for number, item in remaining}
        return [results[number] for number in sorted(results)]

    def _flight(
        self, work: Callable[[Item, Stop], Result], numbered: Iterable[tuple[int, Item]], stop: Stop
    ) -> Flight[Item, Result]:
        context = get_context("spawn")  # a fork would copy locks that threads of CP-SAT may hold
        flag = _Flag(context.RawValue(c_bool, False))

        def pass_on(_idle_s: float) -> bool:
            if stop.is_set():
                flag.set()
            return False

        with ProcessPoolExecutor(self.slots, context, initializer=_begin, initargs=(flag,)) as pool:
            flight = Flight(pool, partial(_run, work), self.slots, losses=(BrokenProcessPool,))
            try:
                flight.run(numbered, pass_on)
            finally:
                flag.set()  # after an error the others should not go on to their limits
        return flight


class _Flag:
    """A wish to stop that processes share. It has no lock, which a worker killed at the wrong moment would
    keep for ever."""

    def __init__(self, raw: c_bool) -> None:
        self._raw = raw

    def is_set(self) -> bool:
        return bool(self._raw.value)

    def set(self) -> None:
        self._raw.value = True


_told: Stop
"""In a worker: the wish to stop of the process that started it."""


def _begin(flag: _Flag) -> None:
    global _told
    _told = flag
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent passes it on
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _run(work: Callable[[Item, Stop], Result], item: Item) -> Result:
    return work(item, _told)
