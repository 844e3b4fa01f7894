"""Amounts read the way people write them."""

from __future__ import annotations

import pytest

from solver.model.units import amount, cpu, size
from solver.report import units
from solver.report.table import columns, shortened


@pytest.mark.parametrize(
    ("millis", "text"),
    [(6000, "6.0"), (2500, "2.5"), (2750, "2.75"), (125, "0.125"), (0, "0.0"), (-500, "-0.5")],
)
def test_cpu_has_at_least_one_decimal(millis: int, text: str) -> None:
    assert cpu(millis) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (24 * 2**30, "24Gi"),
        (3 * 2**29, "1.5Gi"),
        (10**9, "953.67Mi"),
        (1023, "1023"),
        (1024, "1Ki"),
        (0, "0"),
        (-(2**30), "-1Gi"),
        (5 * 2**60, "5Ei"),
    ],
)
def test_size_uses_the_largest_unit_not_below_one(amount: int, text: str) -> None:
    assert size(amount) == text


def test_amounts_have_the_unit_of_their_resource() -> None:
    assert [amount(name, 2**30) for name in ("memory", "hugepages-2Mi", "ephemeral-storage")] == ["1Gi"] * 3
    assert (amount("cpu", 2500), amount("example.com/gpu", 1024)) == ("2.5", "1024")


@pytest.mark.parametrize(
    ("part", "whole", "percent", "filled"),
    [
        (5250, 8000, "66%", 13),
        (6250, 8000, "78%", 16),
        (0, 8000, "0%", 0),
        (9000, 8000, "113%", 20),
        (1, 0, "-", 0),
    ],
)
def test_bars_and_percentages_agree(part: int, whole: int, percent: str, filled: int) -> None:
    assert units.percent(part, whole) == percent
    assert units.bar(part, whole) == "█" * filled + "░" * (20 - filled)


def test_counts_agree_with_their_noun() -> None:
    assert (units.count(1, "pod"), units.count(0, "pod"), units.count(2, "pod")) == (
        "1 pod",
        "0 pods",
        "2 pods",
    )


def test_columns_align_and_a_last_cell_never_widens_one() -> None:
    assert columns([["a", "long cell", "x"], ["bb", "c"]]) == ["a    long cell   x", "bb   c"]
    assert columns([["a", "b"], ["only this one is long"]]) == ["a   b", "only this one is long"]
    assert columns([]) == []


def test_a_shortened_table_says_how_much_it_hides() -> None:
    lines = [str(i) for i in range(5)]
    assert shortened(lines, 5, "rows") == lines
    assert shortened(lines, None, "rows") == lines
    assert shortened(lines, 3, "rows") == ["0", "1", "… and 3 more rows; -o wide or -o json lists all"]
