"""Pods left over by construction find a place, and nobody more important loses one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings

from solver.compile import compile_problem
from solver.engine.budget import Budget
from solver.engine.construct import construct, worth
from solver.engine.extract import assignments
from solver.engine.repair import QUICK, Repair
from solver.engine.state import State
from solver.model.placement import Placement
from solver.verify import verify
from tests.builders import claim, in_zones, node, pod, snapshot, spread, storage_class, volume
from tests.constraints.judge import compiled
from tests.engine.growth import CONFIG, LARGE, SEEDS, grown, state_with
from tests.planted import planted
from tests.strategies import World, question_of, worlds

WEB = {"app": "web"}
LOCAL = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")


def repaired(problem, state, *, seed=0, budget=None):
    Repair(problem, state, seed).run(QUICK, budget or Budget(60))
    return state


def seats(problem, state):
    """(first pod of the class, node) to pods."""
    return Counter(
        {
            (problem.classes[index].sample.name, str(problem.nodes[number])): int(state.counts[index, number])
            for index, number in np.argwhere(state.counts)
        }
    )


def test_pod_left_over_takes_the_place_of_one_that_can_go_elsewhere():
    """Both large pods stand together; with a small one in exchange everybody fits."""
    large = [pod(name=f"l{i}", requests={"cpu": "4"}) for i in range(2)]
    small = [pod(name=f"s{i}", requests={"cpu": "3"}) for i in range(4)]
    problem = compiled(snapshot(node(name="a1", cpu="10"), node(name="b1", cpu="10"), *large, *small))
    state = construct(problem, Budget(60))
    assert state.placed.sum() == 5
    repaired(problem, state)
    assert seats(problem, state) == {("l0", "a1"): 1, ("l0", "b1"): 1, ("s0", "a1"): 2, ("s0", "b1"): 2}


def test_volume_is_freed_by_a_pod_that_can_take_another():
    """Only the small pod fits beside the other volume."""
    problem = compiled(
        snapshot(
            LOCAL,
            node(name="big", zone="za", cpu="4"),
            node(name="little", zone="zb", cpu="1"),
            *(volume(name=f"v-{z}", storage_class="local", affinity=[in_zones(z)]) for z in ("za", "zb")),
            *(claim(name=name, storage_class="local") for name in ("large", "small")),
            pod(name="large", requests={"cpu": "3"}, claims=["large"]),
            pod(name="small", requests={"cpu": "1"}, claims=["small"]),
        )
    )
    state = state_with(problem, ("small", "big"))
    repaired(problem, state)
    assert seats(problem, state) == {("large", "big"): 1, ("small", "little"): 1}


def test_another_zone_gives_up_a_pod_where_the_spread_needs_room():
    """The second web pod must go to zb, which is full of a pod that may as well go to za."""
    rule = [spread(labels=WEB)]
    problem = compiled(
        snapshot(
            node(name="a1", zone="za", cpu="4"),
            node(name="b1", zone="zb", cpu="2"),
            *(pod(name=f"web-{i}", labels=WEB, spread=rule, requests={"cpu": "2"}) for i in range(2)),
            pod(name="other", requests={"cpu": "2"}),
        )
    )
    state = state_with(problem, ("web-0", "a1"), ("other", "b1"))
    repaired(problem, state)
    assert seats(problem, state) == {("web-0", "a1"): 1, ("web-0", "b1"): 1, ("other", "a1"): 1}


def test_several_lesser_pods_never_displace_a_more_important_one():
    problem = compiled(
        snapshot(
            node(name="a1", cpu="4"),
            pod(name="vip", priority=1, requests={"cpu": "4"}),
            *(pod(name=f"p{i}", requests={"cpu": "1"}) for i in range(4)),
        )
    )
    state = state_with(problem, ("vip", "a1"))
    repaired(problem, state)
    assert seats(problem, state) == {("vip", "a1"): 1}


def test_more_important_pod_displaces_several_lesser_ones():
    problem = compiled(
        snapshot(
            node(name="a1", cpu="4"),
            pod(name="vip", priority=1, requests={"cpu": "4"}),
            *(pod(name=f"p{i}", requests={"cpu": "1"}) for i in range(4)),
        )
    )
    state = state_with(problem, *[("p0", "a1")] * 4)
    repaired(problem, state)
    assert seats(problem, state) == {("vip", "a1"): 1}


def test_weights_of_many_large_pods_at_several_priorities_do_not_overflow():
    """Sizes beside weights: 50,000 pods at three levels, each five times a mean node; three fit."""
    nodes = [node(name="big", cpu="1000"), *(node(name=f"n{i}", cpu="1") for i in range(20))]
    pods = [pod(name=f"p{i}", priority=i, requests={"cpu": "250"}) for i in range(3)]
    tiny = pod(name="tiny", priority=2, requests={"cpu": "1m"})
    problem = compiled(snapshot(*nodes, *pods, tiny))
    numbers = {"p0": 40_000, "p1": 5_000, "p2": 5_000, "tiny": 1}
    problem = replace(
        problem,
        classes=tuple(replace(c, members=c.members * numbers[c.sample.name]) for c in problem.classes),
        limit=np.where(problem.limit, 3, 0).astype(problem.limit.dtype),
    )
    state = repaired(problem, State(problem))
    assert worth(problem, state.placed) == (4, 0, 0)


def crowded():
    """A planted cluster, and where construction leaves some of its pods over."""
    world = planted(nodes=12, zones=3, workloads=12, slack=0.02, seed=1)
    problem = compile_problem(world.snapshot, world.question, CONFIG)
    return problem, construct(problem, Budget(60))


def test_same_seed_same_placement():
    found = []
    for _ in range(2):
        problem, state = crowded()
        before = state.placed.sum()
        found.append(repaired(problem, state, seed=7).counts)
        assert before < state.placed.sum()
    assert (found[0] == found[1]).all()


@pytest.mark.parametrize("stopped", [True, False])
def test_nothing_is_touched_when_no_time_is_left(stopped):
    problem, state = crowded()
    before = state.counts.copy()
    stop = Event()
    if stopped:
        stop.set()
    repaired(problem, state, budget=Budget(60 if stopped else 0, stop))
    assert (state.counts == before).all()


def test_no_more_is_tried_once_the_work_is_done():
    problem, state = crowded()
    before = state.counts.copy()
    Repair(problem, state, 0).run(QUICK, Budget(60), work=0)
    assert (state.counts == before).all()


@settings(max_examples=60)
@given(LARGE | worlds(max_pods=8), SEEDS)
def test_repair_breaks_no_rule_and_never_makes_a_placement_worse(world: World, seed: int):
    here = world.read()
    problem = compile_problem(here, question_of(here), CONFIG)
    if not problem.limit.any():
        return
    state, _ = grown(problem, Random(seed))
    before = worth(problem, state.placed)
    repaired(problem, state, seed=seed)
    assert worth(problem, state.placed) >= before
    placement = Placement(assignments=assignments(problem, state.counts))
    assert verify(here, question_of(here), placement, CONFIG) == ()
