"""Section 4: host ports (P)."""

from __future__ import annotations

from tests.builders import container, node, pod
from tests.scheduler.judge import OK, by_node, judge

IN_USE = "U node(s) didn't have free ports for the requested pod ports"


def port(number, *, ip=None, protocol=None, host=True):
    stated = {
        "containerPort": number,
        "hostPort": number if host else None,
        "hostIP": ip,
        "protocol": protocol,
    }
    return {key: value for key, value in stated.items() if value is not None}


def beside(present, wanted, **incoming):
    """What a node says where ``present`` is in use to a pod that wants ``wanted``."""
    found = judge(
        node(name="a1"),
        pod(name="old", node="a1", containers=[container(ports=[present])]),
        pod(name="p", **(incoming or {"containers": [container(ports=[wanted])]})),
    )
    return by_node(found)["a1"]


def test_ex_p1_wildcard_address_conflicts_with_any_other():
    assert beside(port(80), port(80, ip="10.0.0.5")) == IN_USE
    assert beside(port(80, ip="10.0.0.5"), port(80)) == IN_USE


def test_ex_p2_different_addresses_coexist():
    assert beside(port(80, ip="10.0.0.4"), port(80, ip="10.0.0.5")) == OK
    assert beside(port(80, ip="10.0.0.4"), port(80, ip="10.0.0.4")) == IN_USE


def test_ex_p3_different_protocols_coexist():
    assert beside(port(80, protocol="UDP"), port(80)) == OK


def test_p2_double_colon_is_an_ordinary_address():
    assert beside(port(80, ip="::"), port(80, ip="10.0.0.5")) == OK


def test_ex_p4_host_network_occupies_every_declared_port():
    def agent(**fields):
        return pod(
            containers=[container(ports=[port(9100, host=False)])], spec={"hostNetwork": True}, **fields
        )

    found = judge(node(name="a1"), agent(name="old", node="a1"), agent(name="p"))
    assert by_node(found)["a1"] == IN_USE


def test_ex_p5_plain_init_containers_hold_no_port():
    init = container(name="init", ports=[port(80)])
    assert beside(port(80), None, init_containers=[init]) == OK


def test_ex_p6_sidecars_hold_their_ports():
    sidecar = container(name="proxy", ports=[port(80)], sidecar=True)
    assert beside(port(80), None, init_containers=[sidecar]) == IN_USE
