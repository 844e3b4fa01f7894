"""The smallest part of a list that still shows something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def smallest(items: Sequence[T], shows: Callable[[Sequence[T]], bool]) -> list[T]:
    """A part from which nothing more can be left out, found by leaving out ever smaller pieces.

    ``shows`` is true of ``items``; how often it is asked grows with ``n log n`` in the usual case.
    """
    left = list(items)
    piece = max(1, len(left) // 2)
    while True:
        found = next((part for part in _without_a_piece(left, piece) if shows(part)), None)
        if found is not None:
            left = found
        elif piece == 1:
            return left
        else:
            piece //= 2


def _without_a_piece(items: Sequence[T], piece: int) -> list[list[T]]:
    return [[*items[:start], *items[start + piece :]] for start in range(0, len(items), piece)]
