"""In this process, one piece of work after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from solver.executors.base import Item, Result, Stop


class Inline:
    slots = 1

    def map(self, work: Callable[[Item, Stop], Result], items: Iterable[Item], stop: Stop) -> list[Result]:
        return [work(item, stop) for item in items]
