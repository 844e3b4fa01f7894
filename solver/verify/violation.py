"""What a check reports: one broken rule, with the numbers that break it. No logic."""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.names import NodeName, PodKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """``rule`` is an id of SEMANTICS.md, or ``J2`` for a placement that is not one at all."""

    rule: str
    pods: tuple[PodKey, ...]
    """The planned pods that break it, and the pods they collide with."""
    node: NodeName | None
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"
