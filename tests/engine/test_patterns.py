"""Node patterns against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.engine.patterns import SAMPLES, Pattern, maximal_patterns

Rows = list[tuple[dict[int, int], int]]


def fits(counts: dict[int, int], limits: dict[int, int], rows: Rows) -> bool:
    return all(counts[c] <= limits[c] for c in limits) and all(
        sum(coefficient * counts[c] for c, coefficient in terms.items()) <= most for terms, most in rows
    )


def is_maximal(counts: dict[int, int], limits: dict[int, int], rows: Rows) -> bool:
    return not any(fits({**counts, c: counts[c] + 1}, limits, rows) for c in limits)


def counts_of(pattern: Pattern, limits: dict[int, int]) -> dict[int, int]:
    return {**dict.fromkeys(limits, 0), **dict(pattern)}


def brute_force(limits: dict[int, int], rows: Rows) -> set[Pattern]:
    found = set()
    for amounts in product(*(range(most + 1) for most in limits.values())):
        counts = dict(zip(limits, amounts, strict=True))
        if any(amounts) and fits(counts, limits, rows) and is_maximal(counts, limits, rows):
            found.add(tuple((c, n) for c, n in counts.items() if n))
    return found


@st.composite
def small_nodes(draw: st.DrawFn) -> tuple[dict[int, int], Rows]:
    classes = sorted(draw(st.sets(st.integers(0, 9), min_size=1, max_size=4)))
    limits = {c: draw(st.integers(1, 3)) for c in classes}
    rows = [
        (
            {c: draw(st.integers(1, 4)) for c in draw(st.sets(st.sampled_from(classes), min_size=1))},
            draw(st.integers(0, 12)),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    return limits, rows


@settings(max_examples=200, deadline=None)
@given(small_nodes())
def test_all_maximal_patterns_are_listed_and_nothing_else(node):
    limits, rows = node
    found = maximal_patterns(limits, rows, np.random.default_rng(0))
    assert len(found) == len(set(found))
    assert set(found) == brute_force(limits, rows)


def test_node_without_room_has_no_pattern():
    assert maximal_patterns({0: 3}, [({0: 2}, 1)], np.random.default_rng(0)) == []


def test_where_they_are_too_many_a_sample_stands_for_them():
    """Each of the sample fits and is maximal, and the same seed draws the same sample."""
    limits = dict.fromkeys(range(30), 1)
    rows: Rows = [({c: 3 + c for c in limits}, 120), ({c: 40 - c for c in limits}, 190)]
    found = maximal_patterns(limits, rows, np.random.default_rng(7))
    assert 100 < len(found) <= SAMPLES
    assert len(found) == len(set(found))
    for pattern in found:
        counts = counts_of(pattern, limits)
        assert fits(counts, limits, rows)
        assert is_maximal(counts, limits, rows)
    assert found == maximal_patterns(limits, rows, np.random.default_rng(7))
    assert found != maximal_patterns(limits, rows, np.random.default_rng(8))
