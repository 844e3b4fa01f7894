"""The planner against brute force in small worlds, both ways.

What it places must be reachable through kube-scheduler's filters; what it says cannot be placed must not be
placeable in any order on any nodes.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Proof, Question, Verdict
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.verify import verify
from tests.oracle import can_place_all, most_by_priority, passes_in_turn
from tests.strategies import World, question_of, worlds
from tests.wild import some_of, wild_worlds

STRICT = SolveConfig(workers=1)
LENIENT = SolveConfig(workers=1, strict_rwo=False)


def placed_by_priority(snapshot: Snapshot, question: Question, outcome: Outcome) -> tuple[int, ...]:
    """As ``most_by_priority`` counts."""
    priority = {key: snapshot.pod_by_key[key].priority for key in question.pods}
    placed = Counter(priority[key] for key in outcome.placement.node_of)
    return tuple(placed[level] for level in sorted(set(priority.values()), reverse=True))


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_what_is_placed_passes_every_filter_in_the_order_given(world: World):
    snapshot = world.read()
    question = question_of(snapshot)
    outcome = place(snapshot, question, STRICT)
    assert verify(snapshot, question, outcome.placement, STRICT) == ()
    assert passes_in_turn(snapshot, outcome.placement.assignments)
    left_out = {unplaced.pod for unplaced in outcome.unplaced}
    assert left_out == set(question.pods) - outcome.placement.node_of.keys()


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_all_pods_are_placed_exactly_when_some_order_places_all(world: World):
    snapshot = world.read()
    question = question_of(snapshot)
    outcome = place(snapshot, question, STRICT)
    if outcome.verdict is Verdict.UNKNOWN:
        assert outcome.search.approximations  # nothing else keeps a world this small from being decided
    else:
        assert (outcome.verdict is Verdict.FITS) == can_place_all(snapshot, question, STRICT)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_without_v44_exactly_what_kube_scheduler_could_place_is_placed(world: World):
    snapshot = world.read()
    question = question_of(snapshot)
    outcome = place(snapshot, question, LENIENT)
    if outcome.verdict is not Verdict.UNKNOWN:
        assert (outcome.verdict is Verdict.FITS) == can_place_all(snapshot, question, LENIENT)


@settings(max_examples=100, deadline=None)
@given(worlds(max_pods=4))
def test_proved_placement_holds_as_many_of_each_priority_as_possible(world: World):
    snapshot = world.read()
    question = question_of(snapshot)
    outcome = place(snapshot, question, STRICT)
    best = most_by_priority(snapshot, question, STRICT)
    placed = placed_by_priority(snapshot, question, outcome)
    assert placed <= best
    if outcome.proof is Proof.OPTIMAL:
        assert placed == best


@settings(max_examples=30, deadline=None)
@given(worlds())
def test_same_world_same_answer(world: World):
    snapshot = world.read()
    question = question_of(snapshot)
    assert place(snapshot, question, STRICT) == place(snapshot, question, STRICT)


@settings(max_examples=150, deadline=None)
@given(wild_worlds(), st.sampled_from([STRICT, LENIENT]), st.data())
def test_strange_worlds_break_no_rule(world: World, config: SolveConfig, data: st.DataObject):
    """Every feature at once, and questions about some of the pods only."""
    snapshot = world.read()
    question = data.draw(some_of(snapshot))
    outcome = place(snapshot, question, config)
    assert verify(snapshot, question, outcome.placement, config) == ()
    assert passes_in_turn(snapshot, outcome.placement.assignments)
    assert {u.pod for u in outcome.unplaced} == set(question.pods) - outcome.placement.node_of.keys()
    assert all(unplaced.reasons for unplaced in outcome.unplaced)


@settings(max_examples=150, deadline=None)
@given(wild_worlds(max_pods=4), st.sampled_from([STRICT, LENIENT]), st.data())
def test_what_is_proved_in_strange_worlds_is_so(world: World, config: SolveConfig, data: st.DataObject):
    snapshot = world.read()
    question = data.draw(some_of(snapshot))
    outcome = place(snapshot, question, config)
    best = most_by_priority(snapshot, question, config)
    placed = placed_by_priority(snapshot, question, outcome)
    assert placed <= best
    if outcome.verdict is not Verdict.UNKNOWN:
        assert placed == best
