"""The picture as code: one line per stage."""

from __future__ import annotations

from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.snapshot import Snapshot


def place(snapshot: Snapshot, question: Question, config: SolveConfig) -> Outcome:
    """One joint placement of every pod the question names."""
    raise NotImplementedError
