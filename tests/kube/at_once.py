"""A thread that meets a type while another one looks it through for the first time.

A process of its own: where types are not looked through one at a time, it dies. Its argument says how to ask.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import msgspec

from solver.kube.decoding import convert, decode

BOUND_S = 0.5
"""How long the first thread gives the second one, which waits for it all the while if all is well."""
TOLD = {"inner": {"number": 2}, "text": "x"}


def meanwhile() -> type[int]:
    """An annotation: msgspec evaluates it when it knows of ``Outer``, but not yet of its fields."""
    second.start()
    second.join(BOUND_S)
    return int


Inner = msgspec.defstruct("Inner", [("number", "meanwhile()")], module=__name__)
Outer = msgspec.defstruct("Outer", [("inner", Inner), ("text", str)], module=__name__)


def ask() -> None:
    found.append(decode(json.dumps(TOLD), Outer) if sys.argv[1] == "decode" else convert(TOLD, Outer))


found: list[Any] = []
second = threading.Thread(target=ask)

if __name__ == "__main__":
    ask()
    second.join()
    assert found == [Outer(inner=Inner(number=2), text="x")] * 2, found
