"""What followers were told last, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from solver.kube.mirror.change import Change
from solver.model.event import Gone, Put, Thing

K = TypeVar("K", bound=str)
V = TypeVar("V", bound=Thing)


class Shown(Generic[K, V]):
    """``now`` is asked for what there is under a key."""

    def __init__(self, now: Callable[[K], V | None]) -> None:
        self._now = now
        self._told: dict[K, V] = {}

    def look(self, keys: Iterable[K]) -> list[Change]:
        """The events that tell what has become of these keys, in their order."""
        changes: list[Change] = []
        for key in sorted(keys):
            before, now = self._told.get(key), self._now(key)
            if now == before:
                continue
            if now is None:
                changes.append(Gone(self._told.pop(key)))
            else:
                self._told[key] = now
                changes.append(Put(now))
        return changes
