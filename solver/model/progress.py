"""How far an answer has got, in the words of the question. Showing it is the front end's affair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    READ = "read"
    MODEL = "model"
    """Rules and places are worked out."""
    SEARCH = "search"
    """As many pods placed as possible."""
    IMPROVE = "improve"
    """Preferences, one after the other, with no pod given up."""
    VERIFY = "verify"
    """The independent check, and the order in which kube-scheduler would accept the plan."""
    EXPLAIN = "explain"
    """Why something is impossible, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known at one moment; None where nothing is yet."""

    phase: Phase
    asked: int | None = None
    placed: int | None = None
    """Pods of the best plan so far."""
    at_best: int | None = None
    """Pods that a plan could hold at most."""
    objective: str = ""
    """The preference being improved: its name, what it costs now, and what it will at least."""
    cost: int | None = None
    cost_at_best: int | None = None
    done: int | None = None
    """Of many questions: those begun, and how many there are where that is known."""
    total: int | None = None


class Watcher(Protocol):
    def __call__(self, progress: Progress, /) -> None:
        """Called now and then while an answer is worked out; returns at once, and changes nothing."""


def unwatched(_progress: Progress, /) -> None:
    """Nobody looks."""
