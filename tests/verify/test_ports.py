"""P2, P3: host ports on one node."""

from __future__ import annotations

import pytest

from tests.builders import container, f_nodes, pod, snapshot
from tests.verify.judge import broken


def listening(name, port, *, ip=None, protocol="TCP", node=None):
    declared = {"containerPort": port, "hostPort": port, "protocol": protocol}
    if ip is not None:
        declared["hostIP"] = ip
    return pod(name=name, node=node, containers=[container(ports=[declared])])


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ({"port": 80}, {"port": 80}, True),
        ({"port": 80}, {"port": 81}, False),
        ({"port": 80}, {"port": 80, "protocol": "UDP"}, False),
        ({"port": 80}, {"port": 80, "ip": "10.0.0.5"}, True),  # EX-P1
        ({"port": 80, "ip": "10.0.0.4"}, {"port": 80, "ip": "10.0.0.5"}, False),  # EX-P2
        ({"port": 80, "ip": "::"}, {"port": 80, "ip": "10.0.0.5"}, False),
    ],
)
@pytest.mark.parametrize("running", [True, False])
def test_ports_clash_on_one_node_only(one, other, clash, running):
    world = snapshot(
        *f_nodes(), listening("p", **one, node="a1" if running else None), listening("q", **other)
    )
    first = {} if running else {"p": "a1"}
    assert broken(world, {**first, "q": "a1"}) == ({"P3"} if clash else set())
    assert broken(world, {**first, "q": "a2"}) == set()


def test_clash_between_running_pods_is_no_fault_of_the_plan():
    world = snapshot(
        *f_nodes(), listening("p", 80, node="a1"), listening("q", 80, node="a1"), listening("r", 81)
    )
    assert broken(world, {"r": "a1"}) == set()
