"""Items on their way: out at a pool, at most so many at a time, until they land or are lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from typing import Generic

from solver.executors.base import Item, Result

_LISTEN_S = 0.1


class Flight(Generic[Item, Result]):
    """``results`` by the number of the item; ``lost`` are items whose worker, or the whole pool, is gone."""

    def __init__(
        self,
        pool: Executor,
        work: Callable[[Item], Result],
        slots: int,
        losses: tuple[type[BaseException], ...],
    ) -> None:
        """``losses`` are the exceptions by which the pool says that a worker died; others are the work's."""
        self._pool = pool
        self._work = work
        self._slots = slots
        self._losses: tuple[type[BaseException], ...] = (*losses, CancelledError)
        self._out: dict[Future[Result], tuple[int, Item]] = {}
        self.results: dict[int, Result] = {}
        self.lost: list[tuple[int, Item]] = []

    def run(self, numbered: Iterable[tuple[int, Item]], give_up: Callable[[float], bool]) -> None:
        """Until every item landed, or after a loss until no other item is out.

        ``give_up`` is asked now and then, with the seconds since anything landed; what is still out when it
        says so is lost.
        """
        for number, item in numbered:
            self._out[self._launched(item)] = number, item
            self._land(give_up, room_for=1)
            if self.lost:
                break
        self._land(give_up, room_for=self._slots)

    def _launched(self, item: Item) -> Future[Result]:
        try:
            return self._pool.submit(self._work, item)
        except self._losses as broken:  # the pool learnt of it since the last result
            future: Future[Result] = Future()
            future.set_exception(broken)
            return future

    def _land(self, give_up: Callable[[float], bool], room_for: int) -> None:
        landed_at = time.monotonic()
        while len(self._out) > self._slots - room_for:
            landed, _ = wait(self._out, timeout=_LISTEN_S, return_when=FIRST_COMPLETED)
            if landed:
                landed_at = time.monotonic()
            for future in landed:
                self._keep(future, *self._out.pop(future))
            if give_up(time.monotonic() - landed_at):
                self._abandon()

    def _keep(self, future: Future[Result], number: int, item: Item) -> None:
        try:
            self.results[number] = future.result()
        except self._losses:
            self.lost.append((number, item))

    def _abandon(self) -> None:
        for future, numbered in self._out.items():
            future.cancel()
            self.lost.append(numbered)
        self._out.clear()
