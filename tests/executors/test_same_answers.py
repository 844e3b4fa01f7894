"""Where parts and scenarios are solved changes no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.config import SolveConfig
from solver.planning.sweep import sweep
from tests.executors.islands import answer, islands
from tests.strategies import World, question_of
from tests.wild import wild_worlds

CONFIG = SolveConfig(workers=1, time_limit_s=120.0)
PROCESSES = replace(CONFIG, executor="processes=2")


@pytest.mark.parametrize("seed", range(3))
def test_parts_solved_in_processes_give_the_same_text(seed: int) -> None:
    world, question = islands(count=4, seed=seed)
    assert answer(world, question, PROCESSES) == answer(world, question, CONFIG)


def test_the_islands_are_worth_the_journey() -> None:
    """They are parts of their own, and construction alone does not settle them."""
    outcomes = [sweep([islands(count=4, seed=seed)], CONFIG)[0] for seed in range(3)]
    assert all(outcome.search.components == 4 for outcome in outcomes)
    assert any(outcome.search.variables for outcome in outcomes)
    assert {bool(outcome.unplaced) for outcome in outcomes} == {True, False}


@settings(max_examples=3)
@given(st.lists(wild_worlds(), min_size=20, max_size=20))
def test_scenarios_swept_in_processes_have_the_same_outcomes(worlds: list[World]) -> None:
    """Starting processes takes longer than such worlds do, so many share one sweep."""
    snapshots = [world.read() for world in worlds]
    scenarios = [(snapshot, question_of(snapshot)) for snapshot in snapshots]
    assert sweep(scenarios, PROCESSES) == sweep(scenarios, CONFIG)
