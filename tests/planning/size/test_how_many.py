"""How many replicas fit is found by asking about few numbers of them."""

from __future__ import annotations

import pytest

from solver.model.outcome import Outcome, Proof, Verdict
from solver.model.placement import Placement
from solver.planning.size.how_many import how_many


@pytest.mark.parametrize("now", [0, 1, 3, 7, 12])
@pytest.mark.parametrize("room", [0, 1, 2, 6, 11, 12])
def test_the_largest_number_that_fits_is_found(now: int, room: int) -> None:
    asked: list[int] = []

    def ask(replicas: int) -> Outcome:
        asked.append(replicas)
        verdict = Verdict.FITS if replicas <= room else Verdict.DOES_NOT_FIT
        return Outcome(verdict=verdict, proof=Proof.PROVED, placement=Placement())

    found = how_many(now, 12, ask)
    assert found.fits == room
    assert found.proved
    assert (found.refused is None) == (room == 12)
    assert len(asked) == len(set(asked)) <= 9


def test_a_number_that_was_not_placed_in_time_is_no_proof() -> None:
    def ask(replicas: int) -> Outcome:
        verdict, proof = (Verdict.FITS, Proof.PROVED) if replicas < 3 else (Verdict.UNKNOWN, Proof.NOT_PROVED)
        return Outcome(verdict=verdict, proof=proof, placement=Placement())

    assert not how_many(1, 10, ask).proved
