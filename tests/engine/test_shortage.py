"""Shortages that a cut proves: domains that take one pod each, nodes without room; and none where none is."""

from __future__ import annotations

import pytest

from solver.compile import compile_problem
from solver.engine.shortage import Shortage, shortages
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Question, ReasonCode
from solver.pipeline import place
from tests import builders as b


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
    question = Question(pods=tuple(p.key for p in snapshot.pending))
    return shortages(compile_problem(snapshot, question, SolveConfig()))


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


def test_nodes_have_room_for_so_many():
    found = lacking(world(6, cpu="3"))
    assert set(found.values()) == {Shortage(most=5, wanted=6, nodes=5, room=5, full_domains=())}


def test_the_answer_names_the_shortage_first():
    snapshot = world(4, keys=[b.ZONE])
    outcome = place(snapshot, Question(pods=tuple(p.key for p in snapshot.pending)), SolveConfig())
    (unplaced,) = outcome.unplaced
    assert unplaced.pod == PodKey("prod/q-3")
    assert unplaced.reasons[0].code is ReasonCode.POD_ANTI_AFFINITY
    assert unplaced.reasons[0].message == (
        "at most 3 of 4 such pods fit, whatever else moves:"
        " 3 domains of topology.kubernetes.io/zone take one pod each"
    )
