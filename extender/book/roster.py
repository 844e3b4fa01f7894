"""The nodes of a snapshot in their order, and pieces of JSON about each, made once.

A call about five thousand nodes is answered by picking pieces, not by writing every name again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from solver.model.names import NodeName
from solver.scheduler.columns import IntArray

Pieces = NDArray[np.object_]
"""[N], bytes."""
NOWHERE = -1
TOP = 10
"""The highest score (X7)."""


class Roster:
    """Index by name, and the other way round. Safe to share between threads."""

    def __init__(self, names: Iterable[NodeName]) -> None:
        self.names = tuple(names)
        self.index_of = {name: index for index, name in enumerate(self.names)}
        self._refused: dict[str, Pieces] = {}
        self._last: tuple[Sequence[NodeName], IntArray] | None = None
        """What was located last, which is often asked for again at once."""

    def __len__(self) -> int:
        return len(self.names)

    def locate(self, names: Sequence[NodeName]) -> IntArray:
        """Index of each; ``NOWHERE`` for a name that is not known."""
        last = self._last
        if last is not None and last[0] is names:
            return last[1]
        try:
            found = np.fromiter(map(self.index_of.__getitem__, names), dtype=np.int64, count=len(names))
        except KeyError:
            found = np.array([self.index_of.get(name, NOWHERE) for name in names], dtype=np.int64)
        self._last = (names, found)
        return found

    def distinct(self, names: tuple[NodeName, ...]) -> tuple[NodeName, ...]:
        """Each name once, in order."""
        located = self.locate(names)
        if not located.size or (located.min() >= 0 and np.bincount(located).max() == 1):
            return names
        return tuple(dict.fromkeys(names))

    @cached_property
    def quoted(self) -> Pieces:
        return _pieces(msgspec.json.encode(name) for name in self.names)

    def refused(self, reason: str) -> Pieces:
        """``"name":"reason"``."""
        if reason not in self._refused:
            told = b":" + msgspec.json.encode(reason)
            self._refused[reason] = _pieces(name + told for name in self.quoted)
        return self._refused[reason]

    def scored(self, located: IntArray, scores: IntArray) -> list[bytes]:
        """For each of these nodes ``{"Host":"name","Score":`` and ``7},``: in two halves there are few
        enough pieces to stay in a processor's cache."""
        halves = np.empty(2 * len(located), dtype=np.object_)
        halves[::2] = self._hosts[located]
        halves[1::2] = _SCORES[scores]
        found: list[bytes] = halves.tolist()
        return found

    @cached_property
    def _hosts(self) -> Pieces:
        return _pieces(b'{"Host":%b,"Score":' % name for name in self.quoted)

    def prepare(self) -> None:
        """Make the pieces that most answers are made of."""
        assert self.quoted.shape == self._hosts.shape


def _pieces(texts: Iterable[bytes]) -> Pieces:
    listed = list(texts)
    pieces = np.empty(len(listed), dtype=np.object_)
    pieces[:] = listed
    return pieces


_SCORES = _pieces(b"%d}," % score for score in range(TOP + 1))
