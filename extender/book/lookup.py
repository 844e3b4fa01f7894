"""Names in the text of a JSON list, found without making a string of each.

kube-scheduler names up to every node in every call, each time in another order. To decode five thousand names
and to look each up takes longer than all the rest of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solver.scheduler.columns import BoolArray, IntArray

_WORD = 8
"""Names are compared by so many bytes at a time."""
_QUOTE = ord('"')
_BETWEEN = len('","')
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_SPARSE = 16
"""Slots of the table for each name, so that few names have to share one."""
_FREE = -1

Words = NDArray[np.uint64]
"""[K, W], the bytes of each name, filled up with zeros."""
Hashes = NDArray[np.uint64]
"""[K]."""


class NameTable:
    """A hash table with open addressing that looks up all names of a list at once."""

    def __init__(self, names: Sequence[str]) -> None:
        """The names differ from each other and are written in JSON as they are."""
        encoded = [name.encode() for name in names]
        self._width = max(map(len, encoded), default=0) // _WORD + 1
        self._ends = _ends(self._width)
        padded = b"".join(name.ljust(_WORD * self._width, b"\0") for name in encoded)
        self._words: Words = np.frombuffer(padded, dtype="<u8").reshape(-1, self._width)
        self._hashes = _hashed(self._words)
        bits = (_SPARSE * len(names)).bit_length()
        self._shift = np.uint64(64 - bits)
        self._table = np.full(1 << bits, _FREE, dtype=np.int64)
        for index, slot in enumerate(self._slots(self._hashes).tolist()):
            while self._table[slot] != _FREE:
                slot = (slot + 1) % len(self._table)
            self._table[slot] = index

    def find(self, text: bytes) -> IntArray | None:
        """Of each name in the text, its position in the list that the table was made of.

        None when the text, which is valid JSON, is anything but a list of such names without blanks and
        escapes: it has to be decoded then.
        """
        words = self._split(text) if self._words.size else None
        if words is None:
            return None
        found = self._look_up(_hashed(words))
        return found if np.array_equal(self._words.take(found, axis=0, mode="wrap"), words) else None

    def _split(self, text: bytes) -> Words | None:
        """The names of a list that is written without blanks and escapes; None for any other, and when a name
        is longer than all that are known."""
        longest = _WORD * self._width
        padded = text + bytes(longest)
        quotes = np.flatnonzero(np.frombuffer(padded, dtype=np.uint8) == _QUOTE)
        starts, ends = quotes[::2] + 1, quotes[1::2]
        if not _is_plain(text, starts, ends):
            return None
        sizes = ends - starts
        if sizes.max() >= longest:
            return None
        from_each_byte = np.ndarray(len(text), dtype=f"V{longest}", buffer=padded, strides=(1,))
        words: Words = from_each_byte[starts].view("<u8").reshape(-1, self._width)
        words &= self._ends.take(sizes, axis=0)
        return words

    def _look_up(self, hashes: Hashes) -> IntArray:
        """For a name that is not there, any position."""
        slots = self._slots(hashes)
        found = self._table.take(slots)
        missed = np.flatnonzero(self._is_other(found, hashes))
        while missed.size:
            slots[missed] = (slots[missed] + 1) % len(self._table)
            found[missed] = self._table[slots[missed]]
            missed = missed[self._is_other(found[missed], hashes[missed])]
        return found

    def _is_other(self, found: IntArray, hashes: Hashes) -> BoolArray:
        """Where another name has the slot, so that the one looked for may stand in the next."""
        other: BoolArray = (self._hashes.take(found, mode="wrap") != hashes) & (found != _FREE)
        return other

    def _slots(self, hashes: Hashes) -> IntArray:
        return (hashes >> self._shift).astype(np.int64)


def _ends(width: int) -> Words:
    """[S, W], for each size of a name the bits of its words that belong to it."""
    sizes = np.arange(_WORD * width)
    inside = np.arange(_WORD * width) < sizes[:, np.newaxis]
    return (np.uint8(255) * inside).astype(np.uint8).view("<u8")


def _is_plain(text: bytes, starts: IntArray, ends: IntArray) -> bool:
    return (
        text.startswith(b'["')
        and text.endswith(b'"]')
        and b"\\" not in text
        and len(starts) == len(ends)
        and bool((starts[1:] - ends[:-1] == _BETWEEN).all())
    )


def _hashed(words: Words) -> Hashes:
    found = np.zeros(len(words), dtype=np.uint64)
    for word in words.T:
        found = (found ^ word) * _SPREAD
        found ^= found >> _HALF
    return found
