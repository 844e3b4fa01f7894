"""How an executor is named: ``inline``, ``processes``, ``processes=4``, ``dask=tcp://host:8786``."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

from solver.executors.base import Executor
from solver.executors.dask import dask
from solver.executors.inline import Inline
from solver.executors.processes import Processes

_MOST_PROCESSES = 1024
_GRACE_S = 30.0
"""Beyond the limit of a piece of work, before a cluster that says nothing is given up."""


class Kind(StrEnum):
    INLINE = "inline"
    PROCESSES = "processes"
    DASK = "dask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    kind: Kind
    processes: int = 1
    address: str = ""


def parsed(text: str) -> Choice:
    """Raises ValueError for text that names no executor."""
    name, given, rest = text.partition("=")
    if text == Kind.INLINE:
        return Choice(kind=Kind.INLINE)
    if name == Kind.PROCESSES and not given:
        return Choice(kind=Kind.PROCESSES, processes=os.cpu_count() or 1)
    if name == Kind.PROCESSES and rest.isdecimal() and 1 <= int(rest) <= _MOST_PROCESSES:
        return Choice(kind=Kind.PROCESSES, processes=int(rest))
    if name == Kind.DASK and rest:
        return Choice(kind=Kind.DASK, address=rest)
    raise ValueError(f"{text!r} is no executor; write inline, processes, processes=N or dask=ADDRESS")


def opened(text: str, limit_s: float) -> AbstractContextManager[Executor]:
    """``limit_s`` is what one piece of work may take. Entering raises ExecutorError where the executor
    cannot be had."""
    choice = parsed(text)
    match choice.kind:
        case Kind.INLINE:
            return nullcontext(Inline())
        case Kind.PROCESSES:
            return nullcontext(Processes(choice.processes))
        case Kind.DASK:
            return dask(choice.address, patience_s=limit_s + _GRACE_S)
