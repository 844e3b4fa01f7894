"""V5, V8, V9, V44: who may share a volume."""

from __future__ import annotations

import pytest

from tests.builders import claim, f_nodes, pod, snapshot, volume
from tests.verify.judge import broken

PV = volume(name="pv", claim="data")


def shared(*modes, running=None):
    """Pods p and q use one bound claim; with ``running`` a third one does on that node."""
    third = [pod(name="old", node=running, claims=["data"])] if running else []
    users = [pod(name=name, claims=["data"]) for name in "pq"]
    return snapshot(*f_nodes(), claim(name="data", volume="pv", modes=modes), PV, *users, *third)


def test_read_write_once_claim_keeps_its_pods_on_one_node():
    assert broken(shared("ReadWriteOnce"), {"p": "a1", "q": "a1"}) == set()
    assert broken(shared("ReadWriteOnce"), {"p": "a1", "q": "a2"}) == {"V44"}


def test_running_pods_hold_a_read_write_once_claim():
    assert broken(shared("ReadWriteOnce", running="a1"), {"p": "a1"}) == set()
    assert broken(shared("ReadWriteOnce", running="a1"), {"p": "b1"}) == {"V44"}


def test_v44_can_be_switched_off():
    assert broken(shared("ReadWriteOnce"), {"p": "a1", "q": "a2"}, strict_rwo=False) == set()


@pytest.mark.parametrize("mode", ["ReadWriteMany", "ReadOnlyMany"])
def test_other_modes_may_spread(mode):
    assert broken(shared(mode), {"p": "a1", "q": "c1"}) == set()


def test_read_write_once_pod_serves_one_planned_pod():
    assert broken(shared("ReadWriteOncePod"), {"p": "a1"}) == set()
    assert broken(shared("ReadWriteOncePod"), {"p": "a1", "q": "a1"}) == {"V9"}


def test_ex_v4_read_write_once_pod_claim_in_use_refuses_every_node():
    here = shared("ReadWriteOncePod", running="b1")
    assert all(broken(here, {"p": name}) == {"V9"} for name in ("a1", "b1", "c1"))


def test_ex_v5_finished_pod_frees_the_claim():
    done = pod(name="old", node="b1", phase="Succeeded", claims=["data"])
    user = pod(name="p", claims=["data"])
    here = snapshot(*f_nodes(), claim(name="data", volume="pv", modes=["ReadWriteOncePod"]), PV, user, done)
    assert broken(here, {"p": "a1"}) == set()


def gce(read_only):
    return {"name": "d", "gcePersistentDisk": {"pdName": "d1", "readOnly": read_only}}


def ebs(read_only):
    return {"name": "d", "awsElasticBlockStore": {"volumeID": "vol-1", "readOnly": read_only}}


def rbd(*monitors):
    return {"name": "d", "rbd": {"monitors": list(monitors), "image": "i", "pool": "p"}}


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (gce(True), gce(True), False),  # EX-V1
        (gce(True), gce(False), True),
        (ebs(True), ebs(True), True),  # EX-V2
        (rbd("m1", "m2"), rbd("m2", "m3"), True),  # EX-V3
        (rbd("m1"), rbd("m2"), False),
        (gce(False), ebs(False), False),
    ],
)
@pytest.mark.parametrize("running", [True, False])
def test_inline_disks_exclude_each_other_on_a_node(one, other, clash, running):
    first = pod(name="p", volumes=[one], node="a1" if running else None)
    here = snapshot(*f_nodes(), first, pod(name="q", volumes=[other]))
    plan = {} if running else {"p": "a1"}
    assert broken(here, {**plan, "q": "a1"}) == ({"V5"} if clash else set())
    assert broken(here, {**plan, "q": "a2"}) == set()
