"""Whatever comes, goes and is chosen, a slot of the newest plan is a place in the end."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from solver.model.config import SolveConfig
from tests.extender.changing import Stage
from tests.strategies import World, worlds

QUICK = SolveConfig(time_limit_s=5, workers=1)


@settings(max_examples=60, deadline=None)
@given(worlds(max_pods=6, ordered=False), st.randoms(use_true_random=False))
def test_whoever_has_a_slot_once_all_are_there_is_placed(world: World, chance: Random) -> None:
    """Pods come one by one; some are bound before the next one comes. Then the day goes on to its end."""
    whole = world.read()
    coming = list(whole.pending)
    chance.shuffle(coming)
    stage = Stage(replace(whole, pods=whole.running), solve=QUICK)
    for pod in coming:
        stage.source.put(pod)
        stage.settle(2)
        if chance.random() < 0.5:
            stage.schedule(chance.choice(stage.source.snapshot().pending), chance.choice)
    stage.settle(20)
    planned = set(stage.book.plan.slots.node_of)
    event(f"planned {min(len(planned), 3)}")
    stage.day(chance.choice)
    placed = {pod.key for pod in stage.source.snapshot().running}
    assert planned <= placed


@settings(max_examples=40, deadline=None)
@given(worlds(max_pods=5, ordered=False), st.randoms(use_true_random=False))
def test_a_restart_in_between_breaks_no_promise(world: World, chance: Random) -> None:
    stage = Stage(world.read(), solve=QUICK)
    planned = set(stage.book.plan.slots.node_of)
    for pod in stage.source.snapshot().pending:
        stage.settle(20)
        stage.schedule(pod, chance.choice)
        stage.restart()
    stage.day(chance.choice)
    placed = {pod.key for pod in stage.source.snapshot().running}
    assert len(planned) <= len(placed & {pod.key for pod in world.read().pending})


@settings(max_examples=20, deadline=None)
@given(worlds(max_pods=6, ordered=False))
def test_the_same_cluster_gives_the_same_plan(world: World) -> None:
    first, second = (Stage(world.read(), solve=QUICK).book.plan for _ in range(2))
    assert first.slots.node_of == second.slots.node_of
