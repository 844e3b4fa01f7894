"""The fullest node, by its fullest requested resource."""

from __future__ import annotations

from solver.objectives import even_use
from tests.builders import node, pod, snapshot
from tests.constraints.judge import price


def world(*, old=()):
    pods = [pod(name=f"p{i}", requests={"cpu": "1", "memory": "3Gi"}) for i in range(4)]
    return snapshot(*(node(name=n, cpu="4", memory="12Gi") for n in ("a1", "b1")), *old, *pods)


def cost(here, **seats):
    return price(even_use, here, seats)


def test_fullest_node_decides():
    assert cost(world(), p0="a1", p1="b1") == 25
    assert cost(world(), p0="a1", p1="a1") == 50
    assert cost(world(), p0="a1", p1="a1", p2="a1", p3="b1") == 75


def test_share_is_of_what_is_free_now():
    busy = [pod(name="old", node="a1", requests={"cpu": "2"})]
    assert cost(world(old=busy), p0="a1") == 50
    assert cost(world(old=busy), p0="b1") == 25


def test_pods_that_request_nothing_use_nothing():
    here = snapshot(node(name="a1", pods="1"), node(name="b1"), pod(name="p"))
    assert cost(here, p="a1") == 0


def test_several_parts_are_as_full_as_the_fullest():
    assert even_use.merge([20, 70, 30]) == 70
    assert even_use.merge([]) == 0
