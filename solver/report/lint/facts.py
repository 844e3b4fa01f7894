"""What a lint report says besides the findings: what was asked for, and what it comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from solver.planning.lint import Finding, LintAnswer, Severity
from solver.report.facts import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFacts:
    answer: LintAnswer
    fail_on: Severity | None
    """The least severity that fails; None: nothing does."""
    run: Run

    def fails(self, finding: Finding) -> bool:
        return self.fail_on is not None and finding.severity.weight >= self.fail_on.weight

    @property
    def passed(self) -> bool:
        return not any(map(self.fails, self.answer.findings))

    @property
    def counts(self) -> tuple[tuple[Severity, int], ...]:
        """The heaviest first; all three."""
        found = Counter(finding.severity for finding in self.answer.findings)
        return tuple((severity, found[severity]) for severity in reversed(Severity))
