"""What the renderings of ``solve storage`` are made from."""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.snapshot import Skipped
from solver.planning.storage import DriverRow, StorageRow
from solver.planning.storage.nature import Kind
from solver.report.facts import Run


@dataclass(frozen=True, kw_only=True)
class StorageFacts:
    run: Run
    rows: tuple[StorageRow, ...]
    drivers: tuple[DriverRow, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    has_zones: bool

    @property
    def unknown(self) -> int:
        return sum(row.nature.kind is Kind.UNKNOWN for row in self.rows)
