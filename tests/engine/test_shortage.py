"""Shortages that a cut proves: domains that take one pod each, nodes without room; and none where none is."""

from __future__ import annotations

import pytest

from solver.compile import compile_problem
from solver.engine.shortage import Shortage, shortages
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import ReasonCode
from solver.pipeline import place
from tests import builders as b
from tests.strategies import question_of


def world(replicas, *, keys=(), cpu="100m"):
    apart = b.required_terms(*(b.affinity_term(key=key, labels={"app": "q"}) for key in keys))
    pods = [
        b.pod(
            name=f"q-{index}",
            labels={"app": "q"},
            requests={"cpu": cpu},
            pod_anti_affinity=apart if keys else None,
        )
        for index in range(replicas)
    ]
    return b.snapshot(*b.f_nodes(), *pods)


def lacking(snapshot):
    question = question_of(snapshot)
    return shortages(compile_problem(snapshot, question, SolveConfig()), question.pods)


def test_a_domain_takes_one_pod_of_those_that_keep_apart():
    found = lacking(world(4, keys=[b.ZONE]))
    expected = Shortage(most=3, wanted=4, nodes=0, room=0, full_domains=((b.ZONE, 3),))
    assert set(found.values()) == {expected}
    assert len(found) == 4


def test_hosts_lie_inside_zones():
    found = lacking(world(4, keys=[b.HOSTNAME, b.ZONE]))
    assert {shortage.most for shortage in found.values()} == {3}


@pytest.mark.parametrize("replicas, keys", [(3, [b.ZONE]), (5, [b.HOSTNAME]), (8, [])])
def test_there_is_no_shortage_where_all_fit(replicas, keys):
    assert lacking(world(replicas, keys=keys)) == {}


def test_only_pods_left_over_are_looked_at():
    snapshot = world(4, keys=[b.ZONE])
    problem = compile_problem(snapshot, question_of(snapshot), SolveConfig())
    assert set(shortages(problem, {PodKey("prod/q-3")})) == {PodKey("prod/q-3")}
    assert shortages(problem, ()) == {}


def test_workloads_that_keep_apart_share_their_domains():
    """Three zones, one of them closed to the second workload: five pods, three at best."""
    apart = b.required_terms(b.affinity_term(key=b.ZONE, labels={"tier": "data"}))
    anywhere = [b.pod(name=f"p-{i}", labels={"tier": "data"}, pod_anti_affinity=apart) for i in range(3)]
    picky = [
        b.pod(name=f"q-{i}", labels={"tier": "data"}, pod_anti_affinity=apart, node_selector={b.ZONE: "za"})
        for i in range(2)
    ]
    found = lacking(b.snapshot(*b.f_nodes(), *anywhere, *picky))
    expected = Shortage(most=3, wanted=5, nodes=0, room=0, full_domains=((b.ZONE, 3),))
    assert set(found.values()) == {expected}
    assert len(found) == 5


def test_nodes_outside_every_domain_count_by_their_room():
    """A node without the label keeps nobody apart (A11)."""
    bare = b.node(name="bare", zone=None, cpu="2")
    apart = b.required_terms(b.affinity_term(key=b.ZONE, labels={"app": "q"}))
    pods = [
        b.pod(name=f"q-{i}", labels={"app": "q"}, requests={"cpu": "1"}, pod_anti_affinity=apart)
        for i in range(6)
    ]
    found = lacking(b.snapshot(*b.f_nodes(), bare, *pods))
    assert set(found.values()) == {Shortage(most=5, wanted=6, nodes=1, room=2, full_domains=((b.ZONE, 3),))}


def test_nodes_have_room_for_so_many():
    found = lacking(world(6, cpu="3"))
    assert set(found.values()) == {Shortage(most=5, wanted=6, nodes=5, room=5, full_domains=())}


def test_the_answer_names_the_shortage_first():
    snapshot = world(4, keys=[b.ZONE])
    outcome = place(snapshot, question_of(snapshot), SolveConfig())
    (unplaced,) = outcome.unplaced
    assert unplaced.pod == PodKey("prod/q-3")
    assert unplaced.reasons[0].code is ReasonCode.POD_ANTI_AFFINITY
    assert unplaced.reasons[0].message == (
        "at most 3 of 4 such pods fit, whatever else moves:"
        " 3 domains of topology.kubernetes.io/zone take one pod each"
    )
