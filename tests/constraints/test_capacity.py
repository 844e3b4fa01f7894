"""R8, R10, R13: requests within what is free."""

from __future__ import annotations

from tests.builders import node, pod, snapshot
from tests.constraints.judge import allows


def test_requests_fill_a_node_to_the_brim_and_not_beyond():
    pods = [pod(name="p", requests={"cpu": "2500m"}), pod(name="q", requests={"cpu": "1500m"})]
    small = pod(name="r", requests={"cpu": "1m"})
    here = snapshot(node(name="a1", cpu="4"), *pods, small)
    assert allows(here, {"p": "a1", "q": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1", "r": "a1"})


def test_running_pods_take_their_share():
    wanted = pod(name="p", requests={"memory": "6Gi"})
    for used, fits in (("2Gi", True), ("2049Mi", False)):
        old = pod(name="old", node="a1", requests={"memory": used})
        assert allows(snapshot(node(name="a1", memory="8Gi"), old, wanted), {"p": "a1"}) is fits


def test_each_resource_counts():
    gpu = {"example.com/gpu": "1"}
    pods = [pod(name=name, requests=gpu) for name in "pq"]
    one, two = ({"example.com/gpu": amount} for amount in "12")
    assert not allows(snapshot(node(name="a1", allocatable=one), *pods), {"p": "a1", "q": "a1"})
    assert allows(snapshot(node(name="a1", allocatable=two), *pods), {"p": "a1", "q": "a1"})


def test_r12_resource_a_node_does_not_have_counts_as_zero():
    here = snapshot(node(name="a1"), pod(name="p", requests={"example.com/fpga": "1"}))
    assert not allows(here, {"p": "a1"})
    assert allows(here, {})


def test_r8_pods_are_counted():
    pods = [pod(name=name) for name in "pqr"]
    here = snapshot(node(name="a1", pods="3"), pod(name="old", node="a1"), *pods)
    assert allows(here, {"p": "a1", "q": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1", "r": "a1"})


def test_ex_r10_overcommitted_node_takes_pods_that_ask_for_something_else():
    old = [pod(name=f"old{i}", node="a1", requests={"memory": "6Gi"}) for i in range(2)]
    here = snapshot(
        node(name="a1", memory="8Gi"),
        *old,
        pod(name="p", requests={"cpu": "1"}),
        pod(name="q", requests={"memory": "1Mi"}),
    )
    assert allows(here, {"p": "a1"})
    assert not allows(here, {"q": "a1"})


def test_amounts_beyond_64_bits_do_not_wrap_around():
    pods = [pod(name=name, requests={"memory": "3000000000000000001"}) for name in "pqrs"]
    here = snapshot(node(name="a1", memory="9000000000000000000"), node(name="b1", memory="1Gi"), *pods)
    assert allows(here, {"p": "a1", "q": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1", "r": "a1"})
    assert not allows(here, {"p": "b1"})
