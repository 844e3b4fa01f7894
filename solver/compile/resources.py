"""Requests and free room as small integers (R8-R13)."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from solver.compile.problem import PODS, IntArray, PodClass
from solver.compile.running import RunningPods

_LARGEST = 2**50
"""Most that all requests of one resource may add up to, so that no sum in a model overflows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    names: tuple[str, ...]
    request: IntArray
    """[C, R]"""
    free: IntArray
    """[N, R]"""
    grain: tuple[int, ...]
    """[R], how much of the resource one of these integers is."""
    rounded: bool
    """Requests were too large to count exactly: rounded up, and free room down."""

    def fits(self, index: int) -> IntArray:
        """[N], most pods of a class that each node's free room takes; what is not requested never limits
        (R13)."""
        fits: IntArray = np.full(len(self.free), np.iinfo(np.int64).max)
        for column in np.flatnonzero(self.request[index]):
            np.minimum(fits, self.free[:, column] // self.request[index, column], out=fits)
        return fits


def room(classes: tuple[PodClass, ...], running: RunningPods) -> Room:
    """Resources that some class requests, each divided by the greatest common divisor of its requests.

    Free room is rounded down to that grain, which loses nothing: sums of requests are multiples of it.
    It is also capped at the sum of all requests, so that huge quantities stay small. Where they do not, the
    grain is coarser than that.
    """
    names = (
        PODS,
        *sorted({name for c in classes for name, amount in c.sample.requests.items() if amount > 0}),
    )
    request = np.zeros((len(classes), len(names)), dtype=np.int64)
    free = np.zeros((running.size, len(names)), dtype=np.int64)
    counts = np.array([c.count for c in classes], dtype=np.int64)
    grains: list[int] = []
    rounded = False
    for column, name in enumerate(names):
        asked = [1 if name == PODS else c.sample.requests.get(name, 0) for c in classes]
        total = sum(a * c.count for a, c in zip(asked, classes, strict=True))
        exact = gcd(*asked) or 1
        grain = max(exact, -(-total // _LARGEST))
        grains.append(grain)
        rounded |= grain > exact
        request[:, column] = [-(-a // grain) for a in asked]
        most = int(request[:, column] @ counts)
        left = np.array(running.left(name), dtype=object)  # may be too large for 64 bits
        free[:, column] = np.clip(left // grain, 0, most)
    return Room(names=names, request=request, free=free, grain=tuple(grains), rounded=rounded)
