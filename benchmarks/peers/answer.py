"""What a peer answers, and how its answer is judged: by the project's own independent check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    placed: int
    seconds: float
    """Wall time from the instance in memory to the last pod placed."""
    note: str = ""


def judged(snapshot: Snapshot, question: Question, assignments: Sequence[Assignment]) -> str:
    """Empty if the placement holds, else what is wrong with it."""
    placement = Placement(assignments=tuple(assignments))
    violations = verify(snapshot, question, placement, SolveConfig())
    if not violations:
        return ""
    rules = sorted({violation.rule for violation in violations})
    return f"breaks {len(violations)} rules ({', '.join(rules)})"
