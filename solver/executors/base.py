"""What every executor offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stop(Protocol):
    """The user's wish to stop, wherever the work runs: a ``threading.Event`` here."""

    def is_set(self) -> bool: ...


class Executor(Protocol):
    @property
    def slots(self) -> int:
        """Pieces of work that run at the same time."""

    def map(self, work: Callable[[Item, Stop], Result], items: Iterable[Item], stop: Stop) -> list[Result]:
        """``work`` on every item, results in the order of the items.

        An item is drawn only when a slot is free for it, so that a generator may deal out time. Work, items
        and results are pickled unless they stay in this process. What the work raises is raised here; an
        item whose worker dies is run again.
        """
