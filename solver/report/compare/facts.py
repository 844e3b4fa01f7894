"""What the renderings of ``solve compare`` are made from."""

from __future__ import annotations

from dataclasses import dataclass

from solver.planning.compare import Comparison
from solver.report.facts import FitFacts, Run


@dataclass(frozen=True, kw_only=True)
class CompareFacts:
    comparison: Comparison
    joint: FitFacts
    """The joint plan, as ``fit`` tells it; also what was skipped, and warnings."""
    profiles: tuple[str, ...]
    """Names of the scheduler profiles that judged."""

    @property
    def run(self) -> Run:
        return self.joint.run
