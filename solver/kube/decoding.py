"""JSON text and plain data to values of a type, from any thread. How faults are told is in ``shape``.

msgspec looks through a class when it first meets it, and remembers the class before it has looked through its
fields. It calls Python meanwhile, so another thread may come upon the half-known class: it decodes with null
pointers, and the process dies (seen with msgspec 0.22). Therefore types are looked through here, one at a
time; whoever gets a decoder gets one that is complete, with everything in it.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_looking = threading.Lock()
_complete: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:
    found = _complete.get(wanted)
    if found is None:
        with _looking:
            found = _complete[wanted] = msgspec.json.Decoder(wanted)
    return found


def decode(text: bytes | str | msgspec.Raw, wanted: type[T]) -> T:
    """Raises what msgspec raises: MsgspecError, UnicodeDecodeError and RecursionError."""
    decoded: T = _decoder(wanted).decode(text)
    return decoded


def convert(value: Any, wanted: type[T]) -> T:
    """The same for plain data."""
    _decoder(wanted)  # so that the type is known
    return msgspec.convert(value, wanted)
