"""P2, P3, V5: pods that cannot share a node."""

from __future__ import annotations

from tests.builders import container, node, pod, snapshot
from tests.constraints.judge import allows


def listening(name, port=80, *, ip=None, protocol="TCP", on=None):
    host_port = {
        "containerPort": port,
        "hostPort": port,
        "protocol": protocol,
        **({"hostIP": ip} if ip else {}),
    }
    return pod(name=name, node=on, containers=[container(ports=[host_port])])


def together(*pods):
    here = snapshot(node(name="a1"), node(name="b1"), *pods)
    return allows(here, {raw["metadata"]["name"]: "a1" for raw in pods})


def gce(name, *, read_only):
    disk = {"name": "d", "gcePersistentDisk": {"pdName": "d1", "readOnly": read_only}}
    return pod(name=name, volumes=[disk])


def ebs(name, volume):
    return pod(name=name, volumes=[{"name": "d", "awsElasticBlockStore": {"volumeID": volume}}])


def test_same_port_keeps_pods_apart():
    alike, other = listening("p"), listening("q")
    here = snapshot(node(name="a1"), node(name="b1"), alike, other)
    assert not allows(here, {"p": "a1", "q": "a1"})
    assert allows(here, {"p": "a1", "q": "b1"})


def test_another_port_address_or_protocol_does_not():
    assert together(listening("p"), listening("q", 81))
    assert together(listening("p"), listening("q", protocol="UDP"))
    assert together(listening("p", ip="10.0.0.4"), listening("q", ip="10.0.0.5"))
    assert not together(listening("p", ip="10.0.0.4"), listening("q"))


def test_ports_of_running_pods_are_taken():
    here = snapshot(node(name="a1"), node(name="b1"), listening("old", on="a1"), listening("p"))
    assert not allows(here, {"p": "a1"})
    assert allows(here, {"p": "b1"})


def test_ex_v1_read_only_disks_may_be_shared():
    assert together(gce("p", read_only=True), gce("q", read_only=True))
    assert not together(gce("p", read_only=True), gce("q", read_only=False))


def test_ex_v2_ebs_disks_never():
    assert not together(ebs("p", "vol-1"), ebs("q", "vol-1"))
    assert together(ebs("p", "vol-1"), ebs("q", "vol-2"))
