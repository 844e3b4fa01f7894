"""The gate that CI keeps: ratios measured now against thresholds somebody committed, never absolute times."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ratios import RATIOS

THRESHOLDS = Path(__file__).with_name("gate.toml")


class GateError(Exception):
    """Ratios and thresholds do not belong together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One of the two bounds is set."""

    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is None or value <= self.at_most

    def __str__(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return f"at most {self.at_most:g}"


def thresholds(path: Path = THRESHOLDS) -> dict[str, Threshold]:
    """Raises GateError for one that is not a single bound."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _threshold(name, table) for name, table in document.items()}


def _threshold(name: str, table: Mapping[str, Any]) -> Threshold:
    bounds = {key: float(table[key]) for key in ("at_least", "at_most") if key in table}
    if len(bounds) != 1:
        raise GateError(f"{name} needs one of at_least and at_most")
    return Threshold(**bounds)


def verdict(
    limits: Mapping[str, Threshold],
    only: Sequence[str] = (),
    ratios: Mapping[str, Callable[[], float]] = RATIOS,
) -> tuple[list[str], list[str]]:
    """A line for each ratio measured, and a sentence for each that does not hold.

    Raises GateError when a ratio has no threshold, a threshold no ratio, or ``only`` names neither.
    """
    strangers = sorted((set(limits) ^ set(ratios)) | (set(only) - set(ratios)))
    if strangers:
        raise GateError(f"ratios and thresholds differ, or no such ratio: {', '.join(strangers)}")
    lines: list[str] = []
    broken: list[str] = []
    for name in only or ratios:
        value, limit = ratios[name](), limits[name]
        lines.append(f"{name:22} {value:8.2f}   {limit}")
        if not limit.holds(value):
            broken.append(
                f"{name} is {value:.2f}, and has to be {limit} (benchmarks/gate.toml);"
                f" see it again with: python -m benchmarks gate --only {name}"
            )
    return lines, broken
