"""The SKIPPED block of every verb: what the input or the question holds and no rule models."""

from __future__ import annotations

from collections.abc import Iterable

from solver.model.snapshot import Skipped
from solver.report.table import columns


def skipped_block(skipped: Iterable[Skipped]) -> list[str]:
    """Nothing where nothing was skipped."""
    rows = [
        [
            skip.code,
            skip.feature,
            f"×{skip.count}" if skip.example else "",
            f"e.g. {skip.example}" if skip.example else "",
        ]
        for skip in skipped
    ]
    return ["SKIPPED   not part of the answer", *columns(rows)] if rows else []
