"""What the two renderings of ``solve size`` are made from."""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.pod import WorkloadKey
from solver.model.snapshot import Skipped
from solver.planning.size import SizeAnswer, Wish
from solver.planning.size.how_many import HowMany
from solver.report.facts import Run


@dataclass(frozen=True, kw_only=True)
class SizeFacts:
    run: Run
    wish: Wish
    answer: SizeAnswer
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """One letter for each option: A, B, …"""
        return tuple(_letter(number) for number in range(len(self.answer.options)))


def _letter(number: int) -> str:
    """A … Z, AA …, as spreadsheets count their columns."""
    letters = chr(ord("A") + number % 26)
    return letters if number < 26 else _letter(number // 26 - 1) + letters


@dataclass(frozen=True, kw_only=True)
class HowManyFacts:
    run: Run
    workload: WorkloadKey
    answer: HowMany
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
