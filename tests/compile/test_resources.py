"""Requests and room as small integers."""

from __future__ import annotations

from tests.builders import node, pod, snapshot
from tests.constraints.judge import compiled


def test_amounts_are_divided_by_what_they_have_in_common():
    pods = [pod(name="p", requests={"memory": "2Gi"}), pod(name="q", requests={"memory": "512Mi"})]
    problem = compiled(snapshot(node(name="a1", memory="2300Mi"), *pods))
    assert problem.resources == ("pods", "memory")
    assert problem.request.tolist() == [[1, 4], [1, 1]]
    assert problem.free.tolist() == [[2, 4]]


def test_room_is_capped_at_what_is_asked_for_and_never_negative():
    old = [pod(name=f"old{i}", node="b1", requests={"cpu": "3"}) for i in range(2)]
    nodes = [node(name="a1", cpu="100"), node(name="b1", cpu="4")]
    problem = compiled(snapshot(*nodes, *old, pod(name="p", requests={"cpu": "1"})))
    assert problem.free.tolist() == [[1, 1], [1, 0]]


def test_resources_nobody_asks_for_are_left_out():
    problem = compiled(snapshot(node(name="a1", allocatable={"example.com/gpu": "1"}), pod(name="p")))
    assert problem.resources == ("pods",)


def test_enormous_requests_are_rounded_against_the_pods_and_said_so():
    pods = [pod(name=n, requests={"memory": m}) for n, m in (("p", "4000000000000000001"), ("q", "1"))]
    problem = compiled(snapshot(node(name="a1", memory="5E"), *pods))
    memory = problem.resources.index("memory")
    assert problem.request[1, memory] == 1
    assert problem.request[:, memory].sum() <= problem.free[0, memory] < 2**51
    assert any("rounded" in note for note in problem.approximations)
