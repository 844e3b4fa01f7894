"""What is said about objects that are read but not, or not in full, modelled."""

from __future__ import annotations

from collections.abc import Iterator

from solver.kube.inventory import Loaded
from solver.kube.mirror.table import Table
from solver.kube.storage import says_bound
from solver.kube.stored import binding_warnings, skipped_feature
from solver.kube.unsupported import Feature, SkipList
from solver.model.snapshot import Skipped


class Remarks:
    def __init__(self) -> None:
        self._skipped: dict[str, Table[Feature]] = {}
        """By kind, then label."""
        self._half_bound: Table[str] = Table()

    def change(self, kind: str, label: str, loaded: Loaded | None) -> None:
        feature = skipped_feature(loaded) if loaded is not None else None
        self._skipped.setdefault(kind, Table()).set(label, feature)
        if kind == "PersistentVolumeClaim":
            half_bound = loaded is not None and says_bound(loaded.stored)
            self._half_bound.set(label, label if half_bound else None)

    def skipped(self) -> tuple[Skipped, ...]:
        rows = SkipList()
        for kind, table in self._skipped.items():
            for label, feature in zip(table, table.values(), strict=True):
                rows.add(feature, f"{kind}/{label}")
        return tuple(rows.rows())

    def warnings(self) -> Iterator[str]:
        return binding_warnings(self._half_bound.values(), lenient=False)
