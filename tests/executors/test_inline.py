"""Work done in this process: in order, one item at a time, errors passed on."""

from __future__ import annotations

from threading import Event

import pytest

from solver.executors import Inline
from tests.executors.work import doubled, refused


def test_results_come_in_the_order_of_the_items() -> None:
    assert Inline().map(doubled, iter([3, 1, 2]), Event()) == [6, 2, 4]


def test_an_item_is_drawn_only_when_the_one_before_is_done() -> None:
    seen = []

    def items():
        for item in range(3):
            seen.append(("drawn", item))
            yield item

    def work(item, stop):
        seen.append(("done", item))

    Inline().map(work, items(), Event())
    assert seen == [(word, item) for item in range(3) for word in ("drawn", "done")]


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="no 1"):
        Inline().map(refused, [1], Event())
