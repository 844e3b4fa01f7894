"""Things that several classes use, by class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from solver.compile.problem import SharedClaim, SharedVolume

_Shared = TypeVar("_Shared", SharedClaim, SharedVolume)


def by_user(things: Iterable[_Shared]) -> dict[int, list[_Shared]]:
    found: dict[int, list[_Shared]] = {}
    for thing in things:
        for user in thing.users:
            found.setdefault(user, []).append(thing)
    return found
