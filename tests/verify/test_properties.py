"""What must hold for the checks and the replay in every small world.

Both directions: nothing the filters allow may be refused, and whatever is accepted must be reachable.
"""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler import ClusterState, check
from solver.verify import verify
from solver.verify.replay import replay
from tests.oracle import passes_in_turn, reachable
from tests.strategies import World, question_of, worlds

LENIENT = SolveConfig(strict_rwo=False)
STRICT = SolveConfig()
ORDER_DEPENDENT = {
    "PodTopologySpread",
    "InterPodAffinity",  # A9, A18
    "VolumeBinding",  # V33
    "NodeVolumeLimits",  # V14
    "",  # W14: not created yet
}


def random_placement(data: st.DataObject, world: Snapshot) -> Placement:
    """Any pods on any nodes, whatever the rules say."""
    nodes = st.sampled_from([None, *(node.name for node in world.nodes)])
    chosen = [(pod.key, data.draw(nodes)) for pod in world.pending]
    return Placement(assignments=tuple(Assignment(pod=key, node=node) for key, node in chosen if node))


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_every_reachable_placement_is_accepted(world: World):
    snapshot = world.read()
    question = question_of(snapshot)
    for placement in reachable(snapshot, question, STRICT):
        assert verify(snapshot, question, placement, STRICT) == ()


@settings(max_examples=60, deadline=None)
@given(worlds(max_pods=4), st.data())
def test_replay_finds_an_order_for_every_reachable_placement(world: World, data: st.DataObject):
    snapshot = world.read()
    found = list(reachable(snapshot, question_of(snapshot), LENIENT))
    reached = data.draw(st.sampled_from(found))
    shuffled = Placement(assignments=tuple(data.draw(st.permutations(reached.assignments))))
    result = replay(snapshot, shuffled, LENIENT)
    assert result.stuck == ()
    assert len(result.order) == len(reached.assignments)


@settings(max_examples=150, deadline=None)
@given(worlds(), st.data())
def test_order_that_replay_gives_is_accepted_step_by_step(world: World, data: st.DataObject):
    snapshot = world.read()
    placement = random_placement(data, snapshot)
    result = replay(snapshot, placement, STRICT)
    assert passes_in_turn(snapshot, result.order)
    told = [a.pod for a in result.order] + [pod for pod, _ in result.stuck]
    assert sorted(told) == sorted(placement.node_of)


@settings(max_examples=150, deadline=None)
@given(worlds(max_pods=4), st.data())
def test_stuck_means_that_no_order_exists(world: World, data: st.DataObject):
    snapshot = world.read()
    placement = random_placement(data, snapshot)
    if replay(snapshot, placement, STRICT).stuck:
        assert not any(passes_in_turn(snapshot, order) for order in permutations(placement.assignments))


@settings(max_examples=150, deadline=None)
@given(worlds(), st.data())
def test_trading_nodes_keeps_every_rule(world: World, data: st.DataObject):
    """Pods may trade nodes during the replay: what held before must hold afterwards."""
    snapshot = world.read()
    placement, question = random_placement(data, snapshot), question_of(snapshot)
    result = replay(snapshot, placement, STRICT)
    if not result.stuck and not verify(snapshot, question, placement, STRICT):
        assert verify(snapshot, question, Placement(assignments=result.order), STRICT) == ()


@settings(max_examples=200, deadline=None)
@given(worlds(), st.data())
def test_lone_pod_is_refused_exactly_where_the_filters_refuse_it(world: World, data: st.DataObject):
    snapshot = world.read()
    pod: Pod = data.draw(st.sampled_from([p for p in snapshot.pending if p.created_after is None]))
    node = data.draw(st.sampled_from([n.name for n in snapshot.nodes]))
    placement = Placement(assignments=(Assignment(pod=pod.key, node=node),))
    found = verify(snapshot, Question(pods=(pod.key,)), placement, LENIENT)
    assert bool(found) == (check(pod, node, ClusterState.of(snapshot)) is not None)


@settings(max_examples=200, deadline=None)
@given(worlds(), st.data())
def test_what_the_checks_let_pass_can_only_fail_for_its_order(world: World, data: st.DataObject):
    """J3: everything else must have been caught in the final state."""
    snapshot = world.read()
    placement = random_placement(data, snapshot)
    if not verify(snapshot, question_of(snapshot), placement, LENIENT):
        for _, refusal in replay(snapshot, placement, LENIENT).stuck:
            assert refusal.plugin in ORDER_DEPENDENT
