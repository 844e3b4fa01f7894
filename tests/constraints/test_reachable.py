"""No rule may be stricter than kube-scheduler, but for what the problem names as tightened."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.constraints.judge import LENIENT, STRICT, allows, compiled
from tests.oracle import reachable
from tests.strategies import World, question_of
from tests.wild import wild_worlds

RELAXABLE = ("a spread constraint counts", "affinity between workloads")
"""Beginnings of the notes about rules whose relaxed form is not tightened."""


@settings(max_examples=100, deadline=None)
@given(wild_worlds(max_pods=4), st.sampled_from([STRICT, LENIENT]), st.data())
def test_what_some_order_reaches_is_allowed(world: World, config, data: st.DataObject):
    snapshot = world.read()
    found = list(reachable(snapshot, question_of(snapshot), config))
    placement = data.draw(st.sampled_from(found))
    notes = compiled(snapshot, config).approximations
    if not notes:
        assert allows(snapshot, placement.node_of, config=config)
    if all(note.startswith(RELAXABLE) for note in notes):
        assert allows(snapshot, placement.node_of, config=config, relaxed=True)
