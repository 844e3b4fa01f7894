"""Pods by something they share."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Generic, TypeVar

from solver.model.names import PodKey

K = TypeVar("K", bound=Hashable)


class Groups(Generic[K]):
    def __init__(self) -> None:
        self._members: dict[K, set[PodKey]] = {}

    def __iter__(self) -> Iterator[K]:
        return iter(self._members)

    def of(self, group: K) -> Collection[PodKey]:
        return self._members.get(group, ())

    def add(self, group: K, key: PodKey) -> None:
        self._members.setdefault(group, set()).add(key)

    def discard(self, group: K, key: PodKey) -> None:
        members = self._members.get(group, set())
        members.discard(key)
        if not members:
            self._members.pop(group, None)
