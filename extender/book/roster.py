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


class Roster:
    """Index by name, and the other way round. Safe to share between threads."""

    def __init__(self, names: Iterable[NodeName]) -> None:
        self.names = tuple(names)
        self.index_of = {name: index for index, name in enumerate(self.names)}
        self._refused: dict[str, Pieces] = {}
        self._scored: dict[int, Pieces] = {}

    def __len__(self) -> int:
        return len(self.names)

    def locate(self, names: Sequence[NodeName]) -> IntArray:
        """Index of each; ``NOWHERE`` for a name that is not known."""
        find = self.index_of.get
        return np.fromiter((find(name, NOWHERE) for name in names), dtype=np.int64, count=len(names))

    @cached_property
    def quoted(self) -> Pieces:
        return _pieces(msgspec.json.encode(name) for name in self.names)

    def refused(self, reason: str) -> Pieces:
        """``"name":"reason"``."""
        if reason not in self._refused:
            told = b":" + msgspec.json.encode(reason)
            self._refused[reason] = _pieces(name + told for name in self.quoted)
        return self._refused[reason]

    def scored(self, score: int) -> Pieces:
        """``{"Host":"name","Score":7}``."""
        if score not in self._scored:
            told = b',"Score":%d}' % score
            self._scored[score] = _pieces(b'{"Host":' + name + told for name in self.quoted)
        return self._scored[score]


def _pieces(texts: Iterable[bytes]) -> Pieces:
    listed = list(texts)
    pieces = np.empty(len(listed), dtype=np.object_)
    pieces[:] = listed
    return pieces
