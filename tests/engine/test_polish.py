"""Softer objectives never cost a pod, and are reached where nothing stands in their way."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings

from solver.engine import polish as engine_polish
from solver.engine import solve
from solver.engine.budget import Budget
from solver.engine.build import build
from solver.engine.construct import construct
from solver.engine.polish import polish
from solver.engine.search import run
from solver.model.config import SolveConfig
from solver.model.outcome import Proof, Verdict
from solver.objectives import OBJECTIVES, even_use, unplaced
from solver.pipeline import place
from solver.variables import total
from tests.builders import (
    ZONE,
    affinity_term,
    f_nodes,
    in_zones,
    node,
    pod,
    pod_spec,
    preferred_nodes,
    preferred_terms,
    snapshot,
    spread,
    stateful_set,
    taint,
)
from tests.constraints.judge import compiled
from tests.strategies import World, question_of
from tests.wild import wild_worlds

CONFIG = SolveConfig(workers=1)
WEB = {"app": "web"}


def placed(*objects, manifests=()):
    """Pod name to node name of a complete placement with every objective proved."""
    here = snapshot(*objects, manifests=manifests)
    outcome = place(here, question_of(here), CONFIG)
    assert (outcome.verdict, outcome.proof) == (Verdict.FITS, Proof.OPTIMAL)
    return {a.pod.rpartition("/")[2]: str(a.node) for a in outcome.placement.assignments}


def test_a_model_too_large_to_build_is_not_built_for_softer_objectives(monkeypatch):
    """One class on five nodes: five pairs."""
    here = snapshot(
        *f_nodes(), *(pod(name=f"w{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(3))
    )
    stages = [stage.name for stage in place(here, question_of(here), CONFIG).search.stages]
    assert stages == ["pods placed", *(objective.NAME for objective in OBJECTIVES)]
    monkeypatch.setattr(solve, "MOST_POLISHED", 4)
    outcome = place(here, question_of(here), CONFIG)
    assert [stage.name for stage in outcome.search.stages] == ["pods placed"]
    assert (outcome.verdict, outcome.proof) == (Verdict.FITS, Proof.PROVED)


def zones_of(seats):
    """Pods in each zone of fixture F."""
    return Counter(node[0] for node in seats.values())


@settings(max_examples=60, deadline=None)
@given(wild_worlds())
def test_polishing_loses_no_pod_of_any_priority(world: World):
    problem = compiled(world.read())
    counts = construct(problem, Budget(60)).counts
    better, stages = polish(problem, counts, Budget(60), CONFIG)
    assert _by_priority(problem, better) == _by_priority(problem, counts)
    assert [stage.name for stage in stages] == [o.NAME for o in OBJECTIVES][: len(stages)]
    assert all(0 <= stage.bound <= stage.value for stage in stages)


@settings(max_examples=60, deadline=None)
@given(wild_worlds())
def test_no_placement_beats_what_is_said_to_be_the_best(world: World):
    """The same model with no node left out and no limit of work, each objective in turn."""
    problem = compiled(world.read())
    counts = construct(problem, Budget(60)).counts
    assume(counts.any())
    better, stages = polish(problem, counts, Budget(60), CONFIG)
    built = build(problem)
    reward = unplaced.reward(problem, built.variables)
    reached = sum(weight * int(n) for (weight, _), n in zip(reward, counts.sum(axis=1), strict=True))
    built.model.add(total(reward) >= reached)
    for stage, objective in zip(stages, OBJECTIVES, strict=True):
        cost = total(objective.cost(problem, built.variables))
        built.model.minimize(cost)
        optimum = run(built.model, Budget(60).limits(100, 0)).objective
        assert stage.value == objective.value(problem, better)
        assert stage.bound <= optimum <= stage.value
        built.model.add(cost <= stage.value)


@settings(max_examples=60, deadline=None)
@given(wild_worlds())
def test_a_placement_costs_what_its_model_says(world: World):
    problem = compiled(world.read())
    counts = construct(problem, Budget(60)).counts
    for objective in OBJECTIVES:
        built = build(problem)
        built.variables.hint(counts)
        built.model.minimize(total(objective.cost(problem, built.variables)))
        priced = run(built.model, Budget(60).limits(100, 0), follow_hint=True)
        assert priced.proved
        assert priced.objective == objective.value(problem, counts)


def _by_priority(problem, counts):
    found = Counter()
    for c, row in zip(problem.classes, counts, strict=True):
        found[c.priority] += int(row.sum())
    return found


def test_preferred_node_affinity_is_honoured():
    wish = preferred_nodes((10, in_zones("zb")))
    assert placed(*f_nodes(), pod(name="p", node_affinity=wish))["p"] in ("b1", "b2")


def test_heavier_preference_wins():
    wish = preferred_nodes((10, in_zones("za")), (20, in_zones("zb")))
    assert placed(*f_nodes(), pod(name="p", node_affinity=wish))["p"] in ("b1", "b2")


def test_soft_taint_is_avoided_as_long_as_there_is_room():
    nodes = [node(name="a1", cpu="1"), node(name="b1", taints=[taint(key="x", effect="PreferNoSchedule")])]
    pods = [pod(name=f"p{i}", requests={"cpu": "1"}) for i in range(2)]
    assert placed(*nodes, pods[0])["p0"] == "a1"
    assert set(placed(*nodes, *pods).values()) == {"a1", "b1"}


def test_soft_spread_is_evened():
    pods = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB, soft=True)]) for i in range(6)]
    assert zones_of(placed(*f_nodes(), *pods)) == {"a": 2, "b": 2, "c": 2}


def test_soft_spread_never_keeps_a_pod_out():
    pods = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB, soft=True)]) for i in range(3)]
    assert len(placed(node(name="a1", zone="za"), node(name="b1", zone="zb", pods="0"), *pods)) == 3


@pytest.mark.parametrize(("field", "zones"), [("pod_affinity", 1), ("pod_anti_affinity", 3)])
def test_replicas_that_like_company_get_it_and_those_that_do_not_are_apart(field, zones):
    rule = {field: preferred_terms((10, affinity_term(labels=WEB)))}
    pods = [pod(name=f"p{i}", labels=WEB, **rule) for i in range(3)]
    assert len(zones_of(placed(*f_nodes(), *pods))) == zones


def test_stateful_set_prefixes_are_even_over_zones():
    seats = placed(*f_nodes(), manifests=[stateful_set(name="db", replicas=6, parallel=True)])
    for replicas in range(1, 7):
        prefix = zones_of({f"db-{i}": seats[f"db-{i}"] for i in range(replicas)})
        assert max(prefix.values()) - min(prefix[z] for z in "abc") <= 1


def test_soft_rules_come_before_even_prefixes():
    wish = pod_spec(node_affinity=preferred_nodes((1, in_zones("za"))))
    seats = placed(*f_nodes(), manifests=[stateful_set(name="db", replicas=3, parallel=True, spec=wish)])
    assert zones_of(seats) == {"a": 3}


def test_load_is_evened_out():
    pods = [pod(name=f"p{i}", requests={"cpu": "1"}) for i in range(4)]
    nodes = [node(name=name, cpu="4") for name in ("a1", "b1", "c1", "d1")]
    assert Counter(placed(*nodes, *pods).values()) == {"a1": 1, "b1": 1, "c1": 1, "d1": 1}


def test_stages_that_are_zero_are_proved_without_a_search():
    problem = compiled(snapshot(*f_nodes(), pod(name="p", node_selector={ZONE: "za"})))
    _, stages = polish(problem, construct(problem, Budget(60)).counts, Budget(60), CONFIG)
    assert [(stage.value, stage.bound) for stage in stages] == [(0, 0)] * len(OBJECTIVES)


def test_pods_alike_are_levelled_without_a_model(monkeypatch):
    """Six pods of one cpu on three nodes of four: two on each, half full, and no other way is as good."""
    nodes = [node(name=name, cpu="4") for name in ("a1", "b1", "c1")]
    problem = compiled(snapshot(*nodes, *(pod(name=f"p{i}", requests={"cpu": "1"}) for i in range(6))))
    counts = construct(problem, Budget(60)).counts
    assert even_use.value(problem, counts) == 100
    monkeypatch.setattr(engine_polish, "build", None)
    levelled, stages = polish(problem, counts, Budget(60), CONFIG)
    assert levelled.sum(axis=0).tolist() == [2, 2, 2]
    assert (stages[-1].value, stages[-1].bound) == (50, 50)


def test_levelling_does_not_spoil_a_softer_rule_before_it():
    """Two pods that like zone za, which has one node: half empty nodes elsewhere are worth less."""
    wish = preferred_nodes((1, in_zones("za")))
    nodes = [node(name="a1", zone="za", cpu="2"), *(node(name=n, zone="zb", cpu="2") for n in ("b1", "b2"))]
    pods = [pod(name=f"p{i}", node_affinity=wish, requests={"cpu": "1"}) for i in range(2)]
    assert set(placed(*nodes, *pods).values()) == {"a1"}


def test_without_time_nothing_is_polished():
    problem = compiled(snapshot(*f_nodes(), pod(name="p", requests={"cpu": "1"})))
    counts = construct(problem, Budget(60)).counts
    same, stages = polish(problem, counts, Budget(0), CONFIG)
    assert stages == []
    assert (same == counts).all()
