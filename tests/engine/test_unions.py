"""Sets joined one after another, held against those of networkx."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from networkx.utils import UnionFind

from solver.engine.unions import Unions


def test_numbers_that_nothing_joins_stay_alone() -> None:
    assert Unions(3).sets() == [(0,), (1,), (2,)]


def test_joining_nothing_changes_nothing() -> None:
    parts = Unions(2)
    parts.join()
    assert parts.sets() == [(0,), (1,)]


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=4), max_size=12))
def test_sets_are_those_of_networkx(joined: list[list[int]]) -> None:
    ours, theirs = Unions(10), UnionFind(range(10))
    for together in joined:
        ours.join(*together)
        theirs.union(*together)
    assert ours.sets() == sorted(tuple(sorted(part)) for part in theirs.to_sets())
