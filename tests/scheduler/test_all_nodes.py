"""Asking all nodes at once says what asking one at a time says, however the state came about."""

from __future__ import annotations

from hypothesis import given, settings

from solver.model.names import NodeName
from solver.model.placement import Assignment
from solver.scheduler import ClusterState, check, verdict
from solver.scheduler.framework import choose
from solver.scheduler.status import Status
from tests.strategies import question_of
from tests.wild import wild_worlds


def agree(pod, state):
    """The verdict on all nodes, after comparing it with what each node says by itself."""
    told = verdict(pod, state)
    alone = {node.name: check(pod, node.name, state) for node in state.snapshot.nodes}
    if told.prefilter is not None:
        assert set(alone.values()) == {told.prefilter}
    else:
        assert told.failed == {name: status for name, status in alone.items() if status is not None}
        assert list(told.feasible) == sorted(name for name, status in alone.items() if status is None)
    return told


def best(told):
    if told.prefilter is not None:
        return told.prefilter
    return min(told.feasible, key=lambda name: (-told.totals.get(name, 0), name), default=None)


@given(drawn=wild_worlds())
@settings(max_examples=150)
def test_all_nodes_are_told_what_each_is_told_and_the_best_is_chosen(drawn):
    world = drawn.read()
    state = ClusterState.of(world)
    order = []
    for key in question_of(world).pods:
        pod = world.pod_by_key[key]
        chosen = choose(pod, state)
        assert chosen == best(agree(pod, state))
        if chosen is not None and not isinstance(chosen, Status):
            state.add(pod, NodeName(chosen))
            order.append(Assignment(pod=key, node=chosen))
    left = [agree(world.pod_by_key[key], state) for key in question_of(world).pods]
    state.become(order[: len(order) // 2])
    state.become()
    fresh = ClusterState.of(world)
    for key in question_of(world).pods:
        assert agree(world.pod_by_key[key], state) == verdict(world.pod_by_key[key], fresh)
    state.become(order)
    assert [verdict(world.pod_by_key[key], state) for key in question_of(world).pods] == left
