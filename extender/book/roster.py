"""The nodes of a snapshot in their order, and the JSON text about each, made once.

A call about five thousand nodes is answered by picking rows of text, not by writing every name again. Rows
of one kind are equally long, filled up with blanks in front, so that they are picked all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from extender.book.lookup import NameTable
from solver.model.names import NodeName
from solver.scheduler.columns import IntArray

Rows = NDArray[np.bytes_]
"""[N], equally long pieces of JSON, each with a comma at its end."""
NOWHERE = -1
TOP = 10
"""The highest score (X7)."""
_SCORES = np.array([b"%2d" % score for score in range(TOP + 1)])


class Roster:
    """Index by name, and the other way round. Safe to share between threads."""

    def __init__(self, names: Iterable[NodeName]) -> None:
        self.names = tuple(names)
        self.index_of = {name: index for index, name in enumerate(self.names)}
        self._refused: dict[str, Rows] = {}
        self._last: tuple[Sequence[NodeName], IntArray] | None = None
        """What was located last, which is often asked for again at once."""

    def __len__(self) -> int:
        return len(self.names)

    def read(self, text: bytes) -> Located | None:
        """The nodes of a JSON list of names; None when it has others, or has to be decoded for its form."""
        found = self._table.find(text)
        return None if found is None else Located(self, found)

    def locate(self, names: Sequence[NodeName]) -> IntArray:
        """Index of each; ``NOWHERE`` for a name that is not known."""
        if isinstance(names, Located) and names.roster is self:
            return names.indices
        last = self._last
        if last is not None and last[0] is names:
            return last[1]
        found = np.array([self.index_of.get(name, NOWHERE) for name in names], dtype=np.int64)
        self._last = (names, found)
        return found

    def distinct(self, names: Sequence[NodeName]) -> Sequence[NodeName]:
        """Each name once, in order."""
        located = self.locate(names)
        if not located.size or (located.min() >= 0 and np.bincount(located).max() == 1):
            return names
        return tuple(dict.fromkeys(names))

    def kept(self, located: IntArray) -> bytes:
        """``"name",`` for each of these nodes."""
        return self._quoted.take(located).tobytes()

    def refused(self, located: IntArray, reason: str) -> bytes:
        """``"name":"reason",`` for each of these nodes."""
        if reason not in self._refused:
            told = msgspec.json.encode(reason)
            self._refused[reason] = _rows(b"%b:%b," % (name, told) for name in self._encoded())
        return self._refused[reason].take(located).tobytes()

    def scored(self, located: IntArray, scores: IntArray) -> bytes:
        """``{"Host":"name","Score":7},`` for each of these nodes."""
        rows = self._hosts.take(located)
        rows["score"] = _SCORES.take(scores)
        return rows.tobytes()

    def prepare(self) -> None:
        """Make what most calls need."""
        assert len(self._quoted) == len(self._hosts) == len(self)
        assert self._table.find(b"[]") is None

    def _encoded(self) -> Iterator[bytes]:
        return map(msgspec.json.encode, self.names)

    @cached_property
    def _quoted(self) -> Rows:
        return _rows(name + b"," for name in self._encoded())

    @cached_property
    def _hosts(self) -> NDArray[np.void]:
        """[N], like ``Rows``, with the score to be filled in."""
        hosts = _rows(b'{"Host":%b,"Score":' % name for name in self._encoded())
        rows = np.empty(len(self), dtype=[("host", hosts.dtype), ("score", _SCORES.dtype), ("end", "S2")])
        rows["host"], rows["end"] = hosts, b"},"
        return rows

    @cached_property
    def _table(self) -> NameTable:
        return NameTable(self.names)


class Located(Sequence[NodeName]):
    """Nodes of a roster in the order of a request. Their names are there when they are asked for."""

    def __init__(self, roster: Roster, indices: IntArray) -> None:
        self.roster = roster
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[NodeName]:
        return map(self.roster.names.__getitem__, self.indices.tolist())

    @overload
    def __getitem__(self, position: int) -> NodeName: ...
    @overload
    def __getitem__(self, position: slice) -> Located: ...
    def __getitem__(self, position: int | slice) -> NodeName | Located:
        if isinstance(position, slice):
            return Located(self.roster, self.indices[position])
        return self.roster.names[int(self.indices[position])]


def _rows(texts: Iterable[bytes]) -> Rows:
    listed = list(texts)
    width = max(map(len, listed), default=0)
    return np.array([text.rjust(width) for text in listed], dtype=f"S{width or 1}")
