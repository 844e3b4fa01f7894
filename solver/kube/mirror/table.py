"""Values in key order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class Table(Generic[V]):
    """Cheap to change in one place and to take as a whole."""

    def __init__(self) -> None:
        self._values: dict[str, V] = {}
        self._keys: list[str] = []
        self._taken: tuple[V, ...] | None = ()

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._keys)

    def get(self, key: str) -> V | None:
        return self._values.get(key)

    def set(self, key: str, value: V | None) -> None:
        """None: there is no such value (any more)."""
        if value is not None:
            if key not in self._values:
                insort(self._keys, key)
            self._values[key] = value
        elif key in self._values:
            del self._values[key]
            del self._keys[bisect_left(self._keys, key)]
        self._taken = None

    def values(self) -> tuple[V, ...]:
        """The same tuple until something changes."""
        if self._taken is None:
            self._taken = tuple(map(self._values.__getitem__, self._keys))
        return self._taken
