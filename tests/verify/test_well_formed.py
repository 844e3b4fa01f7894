"""J2: a placement places pods that were asked about, once each, on nodes that exist."""

from __future__ import annotations

from solver.model.config import SolveConfig
from solver.model.names import NodeName
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.verify import verify
from tests.builders import f_nodes, pod, snapshot
from tests.verify.judge import broken, key_of, violations

WORLD = snapshot(
    *f_nodes(),
    pod(name="web"),
    pod(name="db"),
    pod(name="old", node="a1"),
    pod(name="done", phase="Succeeded"),
)


def test_asked_pods_on_existing_nodes_are_a_placement():
    assert broken(WORLD, {"web": "a1", "db": "c1"}) == set()


def test_leaving_pods_out_is_allowed():
    assert broken(WORLD, {}) == set()


def test_unknown_node_is_reported():
    assert [v.sentence for v in violations(WORLD, {"web": "z9"})] == [
        "pod prod/web on node z9 has no such node"
    ]


def test_unknown_pod_is_reported():
    assert broken(WORLD, {"ghost": "a1"}) == {"J2"}


def test_pod_placed_twice_is_reported():
    twice = Placement(
        assignments=tuple(Assignment(pod=key_of("web"), node=NodeName(node)) for node in ("a1", "b1"))
    )
    found = verify(WORLD, Question(pods=(key_of("web"),)), twice, SolveConfig())
    assert [v.sentence for v in found] == ["pod prod/web on node b1 is placed more than once"]


def test_pod_nobody_asked_about_is_reported():
    placement = Placement(assignments=(Assignment(pod=key_of("db"), node=NodeName("a1")),))
    found = verify(WORLD, Question(pods=(key_of("web"),)), placement, SolveConfig())
    assert [v.sentence for v in found] == ["pod prod/db on node a1 was not asked about"]


def test_running_and_finished_pods_cannot_be_asked_about():
    for name in ("old", "done"):
        placement = Placement(assignments=(Assignment(pod=key_of(name), node=NodeName("a1")),))
        assert verify(WORLD, Question(pods=(key_of(name),)), placement, SolveConfig())


def test_pending_pods_that_are_not_placed_occupy_nothing():
    world = snapshot(
        *f_nodes(cpu="1"), pod(name="web", requests={"cpu": "1"}), pod(name="db", requests={"cpu": "1"})
    )
    assert broken(world, {"web": "a1"}) == set()


def test_violation_reads_as_rule_and_sentence():
    (found,) = violations(WORLD, {"web": "z9"})
    assert str(found) == "J2: pod prod/web on node z9 has no such node"
