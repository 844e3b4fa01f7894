"""V10-V17: volumes on a node against its limit per driver."""

from __future__ import annotations

import pytest

from tests.builders import (
    attachment,
    claim,
    csi_node,
    ephemeral_volume,
    node,
    pod,
    snapshot,
    storage_class,
    volume,
)
from tests.constraints.judge import allows

DRIVER = "csi.example.com"
EBS, GCE = "ebs.csi.aws.com", "pd.csi.storage.gke.io"


def using(*pods, handle=None, driver=DRIVER, on=None, modes=("ReadWriteMany",)):
    """Each pod with a bound claim of its own; with ``handle`` all volumes are one."""
    made = []
    for name in pods:
        made += [
            volume(name=f"pv-{name}", claim=f"c-{name}", driver=driver, handle=handle, modes=modes),
            claim(name=f"c-{name}", volume=f"pv-{name}", modes=modes),
            pod(name=name, claims=[f"c-{name}"], node=on),
        ]
    return made


def world(limits, *objects):
    return snapshot(
        node(name="a1"), node(name="b1"), csi_node(name="a1", limits=limits), csi_node(name="b1"), *objects
    )


def test_ex_v7_limit_counts_running_and_asked_pods():
    here = world({DRIVER: 3}, *using("old1", "old2", on="a1"), *using("p", "q"))
    assert allows(here, {"p": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1"})
    assert allows(here, {"p": "a1", "q": "b1"})


def test_ex_v8_ex_v9_volume_counts_once_on_a_node():
    shared = [volume(name="pv", claim="data", driver=DRIVER), claim(name="data", volume="pv")]
    users = [pod(name=name, claims=["data"]) for name in "pq"]
    assert allows(world({DRIVER: 1}, *shared, *users), {"p": "a1", "q": "a1"})
    beside = world({DRIVER: 1}, *shared, *users, pod(name="old", node="a1", claims=["data"]), *using("r"))
    assert allows(beside, {"p": "a1", "q": "a1"})
    assert not allows(beside, {"r": "a1"})


def test_v11_two_claims_of_one_volume_count_once():
    one = world({DRIVER: 1}, *using("p", "q", handle="disk"))
    two = world({DRIVER: 1}, *using("p", "q"))
    assert allows(one, {"p": "a1", "q": "a1"})
    assert not allows(two, {"p": "a1", "q": "a1"})


def test_ex_v14_each_driver_has_its_own_limit():
    here = world({DRIVER: 1, EBS: 1}, *using("p", "q"), *using("r", driver=EBS))
    assert allows(here, {"p": "a1", "r": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1"})


def test_pods_of_one_workload_may_use_different_drivers():
    """They look alike but for the driver behind their claims."""
    here = world({DRIVER: 1, EBS: 3}, *using("p", "q"), *using("r", "s", driver=EBS))
    assert allows(here, {"p": "a1", "r": "a1", "s": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1"})


def test_ex_v10_unbound_claims_count_under_their_provisioner():
    claims = [claim(name=f"c-{name}", storage_class="fast") for name in "pq"]
    pods = [pod(name=name, claims=[f"c-{name}"]) for name in "pq"]
    here = world({DRIVER: 1}, storage_class(name="fast", provisioner=DRIVER), *claims, *pods)
    assert allows(here, {"p": "a1", "q": "b1"})
    assert not allows(here, {"p": "a1", "q": "a1"})


def test_ex_v12_orphaned_attachment_takes_a_place():
    left = [
        volume(name="left", driver=DRIVER, phase="Released"),
        attachment(name="va", attacher=DRIVER, node="a1", volume="left"),
    ]
    here = world({DRIVER: 3}, *left, *using("old1", "old2", on="a1"), *using("p"))
    assert not allows(here, {"p": "a1"})
    assert allows(here, {"p": "b1"})


def test_ex_v13_attachment_of_the_pods_own_volume_is_charged_too():
    own = attachment(name="va", attacher=DRIVER, node="a1", volume="pv-p")
    assert not allows(world({DRIVER: 1}, *using("p"), own), {"p": "a1"})
    assert allows(world({DRIVER: 2}, *using("p"), own), {"p": "a1"})


@pytest.mark.parametrize("driver", [EBS, GCE])
def test_v16_inline_disks_count_under_their_driver(driver):
    field = {EBS: ("awsElasticBlockStore", "volumeID"), GCE: ("gcePersistentDisk", "pdName")}[driver]

    def inline(name, disk):
        return pod(name=name, volumes=[{"name": "d", field[0]: {field[1]: disk, "readOnly": True}}])

    here = world({driver: 1}, inline("p", "d1"), inline("q", "d2"))
    assert allows(here, {"p": "a1"})
    assert not allows(here, {"p": "a1", "q": "a1"})


def test_v12_replicas_with_one_inline_disk_attach_it_once():
    disk = [{"name": "d", "gcePersistentDisk": {"pdName": "d1", "readOnly": True}}]
    pods = [pod(name=name, volumes=disk) for name in "pqr"]
    assert allows(world({GCE: 1}, *pods), {"p": "a1", "q": "a1", "r": "a1"})


def test_v16_portworx_counts_only_where_the_plugin_is_migrated():
    px = "kubernetes.io/portworx-volume"
    driver = "pxd.portworx.com"
    volumes = [
        volume(name=f"pv-{n}", claim=f"c-{n}", spec={"portworxVolume": {"volumeID": f"v-{n}"}}) for n in "pq"
    ]
    claims = [claim(name=f"c-{n}", volume=f"pv-{n}") for n in "pq"]
    pods = [pod(name=n, claims=[f"c-{n}"]) for n in "pq"]
    here = snapshot(
        node(name="a1"),
        node(name="b1"),
        csi_node(name="a1", limits={driver: 1}, migrated=[px]),
        csi_node(name="b1", limits={driver: 1}),
        *volumes,
        *claims,
        *pods,
    )
    assert not allows(here, {"p": "a1", "q": "a1"})
    assert allows(here, {"p": "b1", "q": "b1"})


def test_several_shared_volumes_count_together():
    volumes = [volume(name=f"pv{i}", claim=f"c{i}", driver=DRIVER, modes=["ReadWriteMany"]) for i in (1, 2)]
    claims = [claim(name=f"c{i}", volume=f"pv{i}", modes=["ReadWriteMany"]) for i in (1, 2)]
    pods = [pod(name=name, claims=["c1", "c2"]) for name in "pq"]
    assert not allows(world({DRIVER: 1}, *volumes, *claims, *pods), {"p": "a1"})
    assert allows(world({DRIVER: 2}, *volumes, *claims, *pods), {"p": "a1", "q": "a1"})


def test_v13_foreign_ephemeral_claim_closes_the_node_to_volumes():
    foreign = claim(name="old-scratch", storage_class="fast", owner=("Pod", "old"), owner_uid="someone-else")
    old = pod(name="old", node="a1", volumes=[ephemeral_volume(name="scratch", storage_class="fast")])
    fast = storage_class(name="fast", provisioner=DRIVER)
    here = world({DRIVER: 9}, fast, foreign, old, *using("p"), pod(name="plain"))
    assert not allows(here, {"p": "a1"})
    assert allows(here, {"p": "b1", "plain": "a1"})
