"""Several parts told of as one question."""

from __future__ import annotations

from solver.engine.tally import Tally
from solver.model.progress import Phase, Progress


def test_parts_add_up_and_what_was_reached_is_kept() -> None:
    told: list[Progress] = []
    tally = Tally(told.append, asked=10)
    first = tally.of_part(6)
    first(Progress(phase=Phase.SEARCH, placed=4, at_best=5))
    first(Progress(phase=Phase.SEARCH, placed=3))  # a worse plan does not replace a better one
    first(Progress(phase=Phase.IMPROVE, objective="even use", cost=3, cost_at_best=1))
    tally.end_part(6, placed=5, at_best=5)
    second = tally.of_part(4)
    second(Progress(phase=Phase.SEARCH, placed=4))
    assert [(p.placed, p.at_best) for p in told] == [(0, None), (4, 9), (4, 9), (4, 9), (5, 9), (9, 9)]
    assert {p.asked for p in told} == {10}
    assert (told[3].objective, told[3].cost, told[3].cost_at_best) == ("even use", 3, 1)
