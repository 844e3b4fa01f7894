"""Pods the search left out: whoever still passes somewhere is placed there."""

from __future__ import annotations

from solver.compile import compile_problem
from solver.engine.budget import Budget
from solver.engine.leftovers import place_leftovers
from solver.engine.refusals import unplaced
from solver.model.config import SolveConfig
from solver.model.names import NodeName
from solver.model.placement import Assignment
from tests.builders import (
    ZONE,
    affinity_term,
    claim,
    f_nodes,
    node,
    pod,
    required_terms,
    snapshot,
    stateful_set,
    volume,
)
from tests.strategies import question_of
from tests.verify.judge import key_of

WEB = {"app": "web"}


def leftovers(world, *placed, strict_rwo=True, budget=None):
    """What is made of a plan that places ``placed``, (pod, node) each."""
    config = SolveConfig(strict_rwo=strict_rwo)
    problem = compile_problem(world, question_of(world), config)
    class_of = {member.key: i for i, c in enumerate(problem.classes) for member in c.members}
    order = tuple(Assignment(pod=key_of(name), node=NodeName(home)) for name, home in placed)
    return place_leftovers(world, question_of(world), order, class_of, config, budget=budget)


def seats(found):
    return {a.pod.rpartition("/")[2]: str(a.node) for a in found.order}


def test_pod_that_still_passes_somewhere_is_placed_behind_the_others():
    here = snapshot(
        node(name="a1"), pod(name="p", requests={"cpu": "1"}), pod(name="q", requests={"cpu": "1"})
    )
    found = leftovers(here, ("q", "a1"))
    assert [(a.pod, a.node) for a in found.order] == [("prod/q", "a1"), ("prod/p", "a1")]
    assert found.refused == ()


def test_pod_that_passes_nowhere_gets_its_verdict():
    here = snapshot(node(name="a1"), pod(name="p", requests={"cpu": "9"}))
    ((refused, verdict),) = leftovers(here).refused
    assert refused.name == "p"
    assert [status.reasons for status in verdict.failed.values()] == [("Insufficient cpu",)]


def test_q2_higher_priority_is_asked_first():
    pods = [pod(name="low", requests={"cpu": "4"}), pod(name="high", priority=5, requests={"cpu": "4"})]
    found = leftovers(snapshot(node(name="a1", cpu="4"), *pods))
    assert seats(found) == {"high": "a1"}
    assert [refused.name for refused, _ in found.refused] == ["low"]


def test_pod_refused_first_is_asked_again_once_others_have_a_node():
    """p follows q, which comes later in the queue."""
    near = required_terms(affinity_term(labels=WEB, key=ZONE))
    here = snapshot(*f_nodes(), pod(name="p", pod_affinity=near), pod(name="q", labels=WEB))
    found = leftovers(here)
    assert [a.pod for a in found.order] == ["prod/q", "prod/p"]


def test_w14_ordinals_wait_for_their_predecessor_and_follow_it():
    db = stateful_set(name="db", replicas=2)
    here = snapshot(node(name="a1"), manifests=[db])
    assert [a.pod for a in leftovers(here).order] == ["prod/db-0", "prod/db-1"]
    full = snapshot(node(name="a1", pods="0"), manifests=[db])
    assert [(refused.name, verdict is None) for refused, verdict in leftovers(full).refused] == [
        ("db-0", False),
        ("db-1", True),
    ]


def test_predecessor_on_a_node_that_is_gone_does_not_run():
    """G5: pods of nodes that no longer exist are invisible; the ordinal behind one waits in vain."""
    here = snapshot(node(name="a1"), manifests=[stateful_set(name="db", replicas=2)])
    pods = tuple(
        p if p.name != "db-0" else snapshot(node(name="x"), pod(name="db-0", node="gone")).pods[0]
        for p in here.pods
    )
    lost = type(here)(nodes=here.nodes, pods=pods, namespaces=here.namespaces)
    assert [(refused.name, verdict) for refused, verdict in leftovers(lost).refused] == [("db-1", None)]


def test_v44_pods_that_share_a_claim_are_not_scattered():
    shared = [claim(name="c", volume="pv"), volume(name="pv", claim="c")]
    users = [pod(name=name, claims=["c"], requests={"cpu": "3"}) for name in "pq"]
    here = snapshot(node(name="a1"), node(name="b1"), *shared, *users)
    strict = leftovers(here, ("p", "a1"))
    assert seats(strict) == {"p": "a1"}
    ((refused, verdict),) = strict.refused
    assert (refused.name, verdict.feasible) == ("q", ("b1",))
    assert seats(leftovers(here, ("p", "a1"), strict_rwo=False)) == {"p": "a1", "q": "b1"}


def test_nobody_is_asked_once_time_is_up_and_no_reason_is_made_up():
    here = snapshot(node(name="a1"), pod(name="p"), pod(name="q"))
    found = leftovers(here, ("q", "a1"), budget=Budget(0.0))
    assert seats(found) == {"q": "a1"}
    ((refused, verdict),) = found.refused
    assert (refused.name, verdict.feasible, verdict.refusals) == ("p", (), ())
    assert unplaced(refused, verdict).reasons == ()
