"""R8-R13: sums of requests on a node in the final state."""

from __future__ import annotations

from tests.builders import f_nodes, node, pod, snapshot
from tests.verify.judge import broken, violations


def test_pods_that_fill_a_node_exactly_fit():
    world = snapshot(*f_nodes(cpu="4"), *(pod(name=n, requests={"cpu": "2"}) for n in "pq"))
    assert broken(world, {"p": "a1", "q": "a1"}) == set()


def test_ex_r6_last_millicore_counts():
    world = snapshot(
        *f_nodes(cpu="4"),
        pod(name="old", node="a1", requests={"cpu": "3500m"}),
        pod(name="p", requests={"cpu": "501m"}),
    )
    assert [v.sentence for v in violations(world, {"p": "a1"})] == [
        "pods on node a1 would request 4001 of cpu; 4000 is allocatable"
    ]
    assert broken(world, {"p": "a2"}) == set()


def test_two_planned_pods_share_the_room():
    world = snapshot(*f_nodes(memory="8Gi"), *(pod(name=n, requests={"memory": "5Gi"}) for n in "pq"))
    assert broken(world, {"p": "a1", "q": "a1"}) == {"R10"}
    assert broken(world, {"p": "a1", "q": "a2"}) == set()


def test_terminating_pods_still_hold_their_room():
    world = snapshot(
        *f_nodes(cpu="4"),
        pod(name="old", node="a1", requests={"cpu": "4"}, terminating=True),
        pod(name="p", requests={"cpu": "1"}),
    )
    assert broken(world, {"p": "a1"}) == {"R10"}


def test_finished_pods_hold_none():
    world = snapshot(
        *f_nodes(cpu="4"),
        pod(name="old", node="a1", requests={"cpu": "4"}, phase="Succeeded"),
        pod(name="p", requests={"cpu": "1"}),
    )
    assert broken(world, {"p": "a1"}) == set()


def test_ex_r10_overcommitted_resource_hurts_only_who_asks_for_it():
    world = snapshot(
        *f_nodes(memory="8Gi"),
        pod(name="old", node="a1", requests={"memory": "9Gi"}),
        pod(name="p", requests={"cpu": "1"}),
        pod(name="q", requests={"cpu": "1", "memory": "1Mi"}),
    )
    assert broken(world, {"p": "a1"}) == set()
    assert broken(world, {"q": "a1"}) == {"R10"}


def test_ex_r11_resource_the_node_does_not_state_counts_as_none():
    world = snapshot(
        node(name="plain"),
        node(name="gpu", allocatable={"example.com/gpu": "1"}),
        pod(name="p", requests={"example.com/gpu": "1"}),
    )
    assert broken(world, {"p": "plain"}) == {"R10"}
    assert broken(world, {"p": "gpu"}) == set()


def test_ex_r9_pod_count_limits_pods_that_ask_for_nothing():
    world = snapshot(node(name="a1", pods="2"), pod(name="old", node="a1"), pod(name="p"), pod(name="q"))
    assert broken(world, {"p": "a1"}) == set()
    found = violations(world, {"p": "a1", "q": "a1"})
    assert [v.rule for v in found] == ["R8"]
    assert found[0].sentence == "node a1 would run 3 pods and allows 2"
