"""V10-V17: volumes per node and driver."""

from __future__ import annotations

import pytest

from tests.builders import (
    attachment,
    claim,
    csi_node,
    ephemeral_volume,
    f_nodes,
    pod,
    snapshot,
    storage_class,
    volume,
)
from tests.verify.judge import broken, violations

CLASS = storage_class(name="d", provisioner="d.example.com")


def stored(name):
    """A bound claim and its volume of driver d."""
    pv = volume(name=f"pv-{name}", claim=name, driver="d.example.com")
    return [claim(name=name, volume=f"pv-{name}", storage_class="d"), pv]


def world(*objects, limit=1):
    return snapshot(*f_nodes(), CLASS, csi_node(name="a1", limits={"d.example.com": limit}), *objects)


def test_limit_is_reached_by_planned_pods_together():
    here = world(*stored("x"), *stored("y"), pod(name="p", claims=["x"]), pod(name="q", claims=["y"]))
    assert broken(here, {"p": "a1"}) == set()
    assert broken(here, {"p": "a1", "q": "a1"}) == {"V15"}
    assert broken(here, {"p": "a1", "q": "a2"}) == set()  # EX-V11: no CSINode, no limit


def test_ex_v7_running_pods_count():
    here = world(
        *stored("x"), *stored("y"), pod(name="old", node="a1", claims=["x"]), pod(name="p", claims=["y"])
    )
    assert broken(here, {"p": "a1"}) == {"V15"}


def test_ex_v8_ex_v9_shared_volume_counts_once():
    here = world(*stored("x"), pod(name="old", node="a1", claims=["x"]), pod(name="p", claims=["x"]))
    assert broken(here, {"p": "a1"}) == set()


def test_pod_without_new_volumes_is_not_refused_on_an_overfull_node():
    here = world(
        *stored("x"),
        *stored("y"),
        pod(name="old", node="a1", claims=["x", "y"]),
        pod(name="p", claims=["x"]),
        pod(name="q"),
    )
    assert broken(here, {"p": "a1", "q": "a1"}) == set()


def test_ex_v10_unprovisioned_claim_counts_under_its_class():
    new = claim(name="n", storage_class="d")
    here = world(*stored("x"), new, pod(name="old", node="a1", claims=["x"]), pod(name="p", claims=["n"]))
    assert broken(here, {"p": "a1"}) == {"V15"}


def test_ex_v12_attachment_nobody_uses_counts():
    orphan = [*stored("o"), attachment(name="va", attacher="d.example.com", node="a1", volume="pv-o")]
    here = world(*stored("x"), *orphan, pod(name="p", claims=["x"]))
    assert broken(here, {"p": "a1"}) == {"V15"}
    roomier = world(*stored("x"), *orphan, pod(name="p", claims=["x"]), limit=2)
    assert broken(roomier, {"p": "a1"}) == set()


def test_ex_v13_own_leftover_attachment_counts_twice():
    leftover = attachment(name="va", attacher="d.example.com", node="a1", volume="pv-x")
    here = world(*stored("x"), leftover, pod(name="p", claims=["x"]))
    assert [v.sentence for v in violations(here, {"p": "a1"})] == [
        "node a1 would hold 2 volumes of driver d.example.com and allows 1"
    ]


def test_leftover_attachment_is_forgiven_to_pods_that_another_may_follow():
    """Placed first, p is charged 2 of 2; then q finds one volume and brings one."""
    leftover = attachment(name="va", attacher="d.example.com", node="a1", volume="pv-x")
    here = world(
        *stored("x"),
        *stored("y"),
        leftover,
        pod(name="p", claims=["x"]),
        pod(name="q", claims=["y"]),
        limit=2,
    )
    assert broken(here, {"p": "a1", "q": "a1"}) == set()


def test_ex_v14_limits_are_per_driver():
    other = volume(name="pv-o", claim="o", driver="other.example.com")
    here = world(
        *stored("x"),
        claim(name="o", volume="pv-o"),
        other,
        pod(name="old", node="a1", claims=["x"]),
        pod(name="p", claims=["o"]),
    )
    assert broken(here, {"p": "a1"}) == set()


def test_migrated_in_tree_volumes_count_under_their_driver():
    ebs = {"awsElasticBlockStore": {"volumeID": "vol-1"}}
    here = snapshot(
        *f_nodes(),
        csi_node(name="a1", limits={"ebs.csi.aws.com": 1}),
        volume(name="pv", claim="x", spec=ebs),
        claim(name="x", volume="pv"),
        pod(name="p", claims=["x"]),
        pod(name="q", volumes=[{"name": "v", "awsElasticBlockStore": {"volumeID": "vol-2"}}]),
    )
    assert broken(here, {"p": "a1"}) == broken(here, {"q": "a1"}) == set()
    assert broken(here, {"p": "a1", "q": "a1"}) == {"V15"}


@pytest.mark.parametrize(
    ("migrated", "expected"), [((), set()), (("kubernetes.io/portworx-volume",), {"V15"})]
)
def test_portworx_volumes_count_only_where_the_node_says_they_are_migrated(migrated, expected):
    here = snapshot(
        *f_nodes(),
        csi_node(name="a1", limits={"pxd.portworx.com": 0}, migrated=migrated),
        volume(name="pv", claim="x", spec={"portworxVolume": {"volumeID": "v"}}),
        claim(name="x", volume="pv"),
        pod(name="p", claims=["x"]),
    )
    assert broken(here, {"p": "a1"}) == expected


def test_attachment_without_a_known_volume_does_not_count():
    stray = attachment(name="va", attacher="d.example.com", node="a1", volume="unknown")
    assert broken(world(*stored("x"), stray, pod(name="p", claims=["x"])), {"p": "a1"}) == set()


@pytest.mark.parametrize(("owner_uid", "expected"), [("uid-prod-old", set()), ("uid-of-another", {"V13"})])
def test_v13_running_pod_with_a_foreign_ephemeral_claim_spoils_the_node(owner_uid, expected):
    foreign = claim(name="old-t", storage_class="d", owner=("Pod", "old"), owner_uid=owner_uid)
    old = pod(name="old", node="a1", volumes=[ephemeral_volume(name="t", storage_class="d")])
    here = world(foreign, old, *stored("x"), pod(name="p", claims=["x"]), pod(name="q"), limit=5)
    assert broken(here, {"p": "a1"}) == expected
    assert broken(here, {"q": "a1"}) == set()
