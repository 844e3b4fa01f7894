"""Part of a placement taken up again and put back, the same or another way."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings

from solver.engine.budget import Budget
from solver.engine.build import build
from solver.engine.construct import construct
from solver.engine.extract import assignments
from solver.engine.neighbourhood import Neighbourhoods, movable
from solver.engine.search import search
from solver.engine.state import State
from solver.model.placement import Placement
from solver.variables import total
from solver.verify import verify
from solver.verify.replay import replay
from tests.builders import (
    HOSTNAME,
    claim,
    claim_spec,
    in_zones,
    node,
    pod,
    pod_spec,
    snapshot,
    spread,
    stateful_set,
    volume,
)
from tests.constraints.judge import compiled
from tests.engine.growth import (
    CONFIG,
    LARGE,
    SEEDS,
    answers,
    grown,
    problem_of,
    some_nodes,
    state_with,
    volumes_overlap,
)
from tests.strategies import World, question_of, worlds

DB = {"app": "db"}


@settings(max_examples=100)
@given(LARGE | worlds(max_pods=8), SEEDS)
def test_nodes_opened_and_closed_unchanged_leave_no_trace(world: World, seed: int):
    problem, random = problem_of(world), Random(seed)
    if not len(problem.nodes):
        return
    state, _ = grown(problem, random)
    apart = not volumes_overlap(problem)  # else a claim may come back to another volume
    before = answers(problem, state, volumes=apart)
    neighbourhoods = Neighbourhoods(problem, state)
    here = neighbourhoods.open(some_nodes(problem, random))
    neighbourhoods.close(here, here.counts)
    assert answers(problem, state, volumes=apart) == before


@settings(max_examples=100)
@given(LARGE | worlds(max_pods=8), SEEDS)
def test_opened_state_is_as_if_only_those_who_stay_had_come(world: World, seed: int):
    problem, random = problem_of(world), Random(seed)
    if not len(problem.nodes):
        return
    state, order = grown(problem, random)
    Neighbourhoods(problem, state).open(some_nodes(problem, random))
    fresh = State(problem)
    for index, number in order:
        if fresh.counts[index, number] < state.counts[index, number]:
            fresh.put(index, number)
    apart = not volumes_overlap(problem)
    assert answers(problem, fresh, volumes=apart) == answers(problem, state, volumes=apart)


@settings(max_examples=100)
@given(LARGE | worlds(max_pods=8), SEEDS)
def test_whatever_solves_the_small_problem_breaks_no_rule_in_the_whole(world: World, seed: int):
    here = world.read()
    problem, random = problem_of(world), Random(seed)
    if not len(problem.nodes):
        return
    state, _ = grown(problem, random)
    neighbourhoods = Neighbourhoods(problem, state)
    for _ in range(3):
        opened = neighbourhoods.open(some_nodes(problem, random))
        found = any_solution(opened.problem, random)
        neighbourhoods.close(opened, opened.counts if found is None else found)
        placement = Placement(assignments=assignments(problem, state.counts))
        assert verify(here, question_of(here), placement, CONFIG) == ()
    several = any(len(state.spread.constraining[index]) > 1 for index in range(len(problem.classes)))
    if not (problem.approximations or volumes_overlap(problem) or several):  # else J5, V33
        assert replay(here, placement, CONFIG).stuck == ()


def any_solution(problem, random):
    """Pods rewarded at random, one class at each node."""
    built = build(problem)
    terms = [
        (random.randint(-1, 3), variable)
        for index in range(len(problem.classes))
        for variable in built.variables.nodes(index).values()
    ]
    built.model.maximize(total(terms))
    return search(built.model, built.variables, problem, Budget(30).limits(0.2, 1)).counts


def test_pods_that_ordered_ones_count_on_are_not_moved():
    """db-1 comes to za only because the web pod is in zb by then; db-2 follows too late for that."""
    zones = {"data-db-0": "za", "data-db-1": "za", "data-db-2": "zb"}
    stored = [
        raw
        for name, zone in zones.items()
        for raw in (
            claim(name=name, volume=f"pv-{name}"),
            volume(name=f"pv-{name}", claim=name, affinity=[in_zones(zone)]),
        )
    ]
    rule = [spread(labels=DB)]
    db = stateful_set(name="db", replicas=3, claims={"data": claim_spec()}, spec=pod_spec(spread=rule))
    web = pod(name="web", labels=DB, spread=rule, requests={"cpu": "2"})
    other = pod(name="other", labels={"app": "other"})
    problem = compiled(
        snapshot(node(name="a1", zone="za"), node(name="b1", zone="zb"), *stored, web, other, manifests=[db])
    )
    names = np.array([pod_class.sample.name for pod_class in problem.classes])
    assert names[movable(problem)].tolist() == ["other"]
    state = construct(problem, Budget(60))
    assert state.placed.sum() == 5
    here = Neighbourhoods(problem, state).open(np.arange(2))
    assert names[here.classes].tolist() == ["other"]


def test_of_many_that_wait_the_wanted_one_and_the_smallest_take_part():
    waiting = [pod(name=f"w{i:03}", requests={"cpu": f"{100 + i}m"}) for i in range(100)]
    problem = compiled(snapshot(node(name="a1"), *waiting))
    here = Neighbourhoods(problem, State(problem)).open(np.array([0]), wanted=99)
    assert here.classes.tolist() == [*range(59), 99]


def test_who_is_there_already_takes_part_however_many_wait():
    waiting = [pod(name=f"w{i:03}", requests={"cpu": f"{100 + i}m"}) for i in range(100)]
    problem = compiled(snapshot(node(name="a1"), *waiting))
    state = state_with(problem, ("w098", "a1"))
    here = Neighbourhoods(problem, state).open(np.array([0]), wanted=99)
    assert here.classes.tolist() == [*range(59), 98, 99]


def test_small_problem_without_any_class_is_left_alone():
    """Nobody waits for the second node, nobody who may move is there."""
    problem = compiled(
        snapshot(node(name="a1"), node(name="b1"), pod(name="p", node_selector={HOSTNAME: "a1"}))
    )
    state = State(problem)
    here = Neighbourhoods(problem, state).open(np.array([1]))
    assert not here.classes.size
    assert any_solution(here.problem, Random(0)).shape == (0, 1)


def test_zone_outside_keeps_the_least_that_its_pods_rest_on():
    """Two small pods could replace the web pod of zb, but then za, which is not opened, has too many."""
    rule = [spread(labels=DB)]
    web = [pod(name=f"web-{i}", labels=DB, spread=rule, requests={"cpu": "2"}) for i in range(3)]
    small = [pod(name=f"s{i}", requests={"cpu": "1"}, node_selector={HOSTNAME: "b1"}) for i in range(2)]
    nodes = [node(name="a1", zone="za", cpu="4"), node(name="b1", zone="zb", cpu="2")]
    problem = compiled(snapshot(*nodes, *web, *small))
    state = state_with(problem, ("web-0", "a1"), ("web-1", "b1"), ("web-2", "a1"))
    here = Neighbourhoods(problem, state).open(np.array([1]))
    built = build(here.problem)
    built.model.maximize(total((1, built.variables.placed(row)) for row in range(len(here.classes))))
    found = search(built.model, built.variables, here.problem, Budget(30).limits(1, 1)).counts
    assert found.tolist() == here.counts.tolist()
    assert found.sum() == 1
