"""Section 9: volumes (V), apart from the choice of static volumes, which has ``test_volume_binding.py``."""

from __future__ import annotations

import pytest

from solver.model.names import REGION, PodKey
from solver.scheduler import ClusterState, explain, verdict
from solver.scheduler.volume_zone import VolumeZone
from tests.builders import (
    ZONE,
    attachment,
    claim,
    csi_node,
    ephemeral_volume,
    f_nodes,
    node,
    pod,
    snapshot,
    storage_class,
    volume,
)
from tests.scheduler.judge import OK, ask, by_node, feasible, judge, short

ALL = ("a1", "a2", "b1", "b2", "c1")
NO_DISK = "U node(s) had no available disk"
IN_USE = (
    "U node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
    "another pod"
)
FULL = "U node(s) exceed max volume count"
NO_ZONE = "UU node(s) had no available volume zone"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
D = "d.csi.example.com"


# Inline disks (V5, V6)


def beside(present, wanted):
    """What a1 says to a pod with the inline volume ``wanted`` next to one with ``present``."""
    found = judge(
        *f_nodes(),
        pod(name="old", node="a1", volumes=[{"name": "v", **present}]),
        pod(name="p", volumes=[{"name": "v", **wanted}]),
    )
    assert {by_node(found)[name] for name in ALL[1:]} == {OK}
    return by_node(found)["a1"]


def gce(read_only, name="d1"):
    return {"gcePersistentDisk": {"pdName": name, "readOnly": read_only}}


def ebs(read_only):
    return {"awsElasticBlockStore": {"volumeID": "vol-1", "readOnly": read_only}}


def rbd(*monitors, read_only=False, image="i"):
    return {"rbd": {"monitors": list(monitors), "image": image, "readOnly": read_only}}


def iscsi(read_only, iqn="iqn.x"):
    return {"iscsi": {"targetPortal": "10.0.0.1", "iqn": iqn, "lun": 0, "readOnly": read_only}}


def test_ex_v1_gce_disk_is_shared_only_read_only():
    assert beside(gce(True), gce(True)) == OK
    assert beside(gce(False), gce(True)) == NO_DISK
    assert beside(gce(True), gce(False)) == NO_DISK
    assert beside(gce(False), gce(False, name="d2")) == OK


def test_ex_v2_ebs_disk_is_never_shared():
    assert beside(ebs(True), ebs(True)) == NO_DISK


def test_ex_v3_rbd_images_are_told_apart_by_monitors():
    assert beside(rbd("m1", "m2"), rbd("m2", "m3", read_only=True)) == NO_DISK
    assert beside(rbd("m1", "m2"), rbd("m3", "m4")) == OK
    assert beside(rbd("m1"), rbd("m1", image="j")) == OK
    assert beside(rbd("m1", read_only=True), rbd("m1", read_only=True)) == OK


def test_v5_iscsi_targets_are_told_apart_by_name():
    assert beside(iscsi(False), iscsi(True)) == NO_DISK
    assert beside(iscsi(True), iscsi(True)) == OK
    assert beside(iscsi(False), iscsi(False, iqn="iqn.y")) == OK


# ReadWriteOncePod (V7-V9)


def single_pod_world(**holder):
    return (
        *f_nodes(),
        storage_class(name="fast"),
        volume(name="pv", storage_class="fast", claim="data", driver=D),
        claim(name="data", storage_class="fast", modes=["ReadWriteOncePod"], volume="pv"),
        pod(name="holder", node="b1", claims=["data"], **holder),
        pod(name="p", claims=["data"]),
    )


def test_ex_v4_claim_for_one_pod_is_refused_on_every_node():
    assert by_node(judge(*single_pod_world())) == dict.fromkeys(ALL, IN_USE)


def test_v8_terminating_holder_still_holds():
    assert by_node(judge(*single_pod_world(terminating=True))) == dict.fromkeys(ALL, IN_USE)


def test_ex_v5_succeeded_holder_holds_nothing():
    assert feasible(judge(*single_pod_world(phase="Succeeded"))) == list(ALL)


def test_ex_v6_removing_the_holder_frees_the_claim():
    world = snapshot(*single_pod_world(priority=1))
    state = ClusterState.of(world)
    asked = world.pod_by_key[PodKey("prod/p")]
    assert verdict(asked, state).feasible == ()
    state.remove(PodKey("prod/holder"))
    assert verdict(asked, state).feasible == ALL


def test_v8_other_namespaces_have_other_claims():
    other = pod(name="holder", namespace="ops", node="a1", claims=["data"])
    world = [o for o in single_pod_world() if o["metadata"]["name"] != "holder"]
    assert feasible(judge(*world, other)) == list(ALL)


def test_ex_v22_missing_claim_rejects_the_pod():
    found = judge(*f_nodes(), pod(name="p", claims=["data"]))
    assert found.prefilter is not None
    assert (found.prefilter.plugin, short(found.prefilter)) == (
        "VolumeRestrictions",
        'UU persistentvolumeclaim "data" not found',
    )


# Volume limits (V10-V17)


def disks(*names, claimed=True):
    """Bound CSI volumes of driver D with a claim each."""
    made = [storage_class(name="fast", provisioner=D)]
    for name in names:
        made.append(volume(name=f"pv-{name}", storage_class="fast", claim=name, driver=D, handle=f"h-{name}"))
        if claimed:
            made.append(claim(name=name, storage_class="fast", volume=f"pv-{name}"))
    return made


def limited(limit, *objects, driver=D, **fields):
    """What a1 and b1 say; only a1 has a CSINode."""
    found = judge(*f_nodes(), csi_node(name="a1", limits={driver: limit}, **fields), *objects)
    return by_node(found)["a1"], by_node(found)["b1"]


def test_ex_v7_full_node_takes_no_more_volumes():
    olds = [pod(name="o1", node="a1", claims=["c1", "c2"]), pod(name="o2", node="a1", claims=["c3"])]
    world = [*disks("c1", "c2", "c3", "c4"), *olds]
    assert limited(3, *world, pod(name="p", claims=["c4"])) == (FULL, OK)
    assert limited(4, *world, pod(name="p", claims=["c4"])) == (OK, OK)


def test_ex_v8_volume_already_there_is_not_new():
    old = pod(name="old", node="a1", claims=["c1", "c2", "c3"])
    assert limited(3, *disks("c1", "c2", "c3"), old, pod(name="p", claims=["c3"])) == (OK, OK)


def test_ex_v9_shared_volume_counts_once():
    olds = [pod(name=f"o{i}", node="a1", claims=["c1"]) for i in range(2)]
    assert limited(2, *disks("c1", "c2"), *olds, pod(name="p", claims=["c2"])) == (OK, OK)


def test_ex_v10_unprovisioned_claim_counts_under_its_class():
    old = pod(name="old", node="a1", claims=["c1", "c2", "c3"])
    new = claim(name="new", storage_class="fast")
    assert limited(3, *disks("c1", "c2", "c3"), old, new, pod(name="p", claims=["new"])) == (FULL, OK)


def test_ex_v11_node_without_csi_node_has_no_limit():
    assert limited(0, *disks("c1"), pod(name="p", claims=["c1"])) == (FULL, OK)


def test_v10_driver_without_count_has_no_limit():
    assert limited(None, *disks("c1"), pod(name="p", claims=["c1"])) == (OK, OK)


def test_ex_v12_attachments_without_a_pod_count():
    orphan = volume(name="orphan", driver=D)
    hooked = attachment(name="va", attacher=D, node="a1", volume="orphan")
    old = pod(name="old", node="a1", claims=["c1", "c2"])
    world = [*disks("c1", "c2", "c3"), old, orphan, hooked, pod(name="p", claims=["c3"])]
    assert limited(3, *world) == (FULL, OK)
    assert limited(4, *world) == (OK, OK)


def test_v14_attachment_of_a_volume_in_use_is_counted_once():
    hooked = attachment(name="va", attacher=D, node="a1", volume="pv-c1")
    old = pod(name="old", node="a1", claims=["c1"])
    assert limited(2, *disks("c1", "c2"), old, hooked, pod(name="p", claims=["c2"])) == (OK, OK)


def test_ex_v13_left_over_attachment_of_the_same_volume_counts_twice():
    hooked = attachment(name="va", attacher=D, node="a1", volume="pv-c1")
    assert limited(1, *disks("c1"), hooked, pod(name="p", claims=["c1"])) == (FULL, OK)


def test_v14_attachments_elsewhere_or_of_unknown_volumes_do_not_count():
    hooked = [
        attachment(name="va1", attacher=D, node="b1", volume="pv-c1"),
        attachment(name="va2", attacher=D, node="a1", volume="gone"),
    ]
    assert limited(1, *disks("c1", "c2"), *hooked, pod(name="p", claims=["c2"])) == (OK, OK)


def test_ex_v14_one_full_driver_is_enough():
    e = "e.csi.example.com"
    other = [volume(name="pv-e", claim="e1", driver=e), claim(name="e1", volume="pv-e")]
    old = pod(name="old", node="a1", claims=["c1"])
    limits = csi_node(name="a1", limits={D: 1, e: 5})
    found = judge(*f_nodes(), limits, *disks("c1", "c2"), *other, old, pod(name="p", claims=["c2", "e1"]))
    assert by_node(found)["a1"] == FULL
    alone = judge(*f_nodes(), limits, *disks("c1", "c2"), *other, old, pod(name="p", claims=["e1"]))
    assert by_node(alone)["a1"] == OK


def test_v13_foreign_ephemeral_claim_of_a_running_pod_is_an_error_of_the_scheduler():
    old = pod(name="old", node="a1", volumes=[ephemeral_volume(name="tmp", storage_class="fast")])
    foreign = claim(name="old-tmp", storage_class="fast", owner=("Pod", "old"), owner_uid="another")
    said = limited(5, *disks("c1"), old, foreign, pod(name="p", claims=["c1"]))
    assert said == (
        'ERR running "NodeVolumeLimits" filter plugin: PVC prod/old-tmp was not created for pod prod/old '
        "(pod is not owner)",
        OK,
    )


def test_v13_error_goes_with_the_pod_that_caused_it():
    old = pod(name="old", node="a1", volumes=[ephemeral_volume(name="tmp", storage_class="fast")])
    foreign = claim(name="old-tmp", storage_class="fast", owner=("Pod", "old"), owner_uid="another")
    limits = csi_node(name="a1", limits={D: 5})
    world = snapshot(*f_nodes(), limits, *disks("c1"), old, foreign, pod(name="p", claims=["c1"]))
    state = ClusterState.of(world)
    assert ask(state, "p", "a1").startswith("ERR ")
    state.remove(PodKey("prod/old"))
    assert ask(state, "p", "a1") == OK


def test_v13_missing_claim_of_a_running_pod_is_skipped():
    old = pod(name="old", node="a1", claims=["gone"])
    assert limited(1, *disks("c1"), old, pod(name="p", claims=["c1"])) == (OK, OK)


def test_v2_own_ephemeral_claim_of_a_running_pod_counts():
    old = pod(name="old", node="a1", volumes=[ephemeral_volume(name="tmp", storage_class="fast")])
    own = claim(name="old-tmp", storage_class="fast", owner=("Pod", "old"), owner_uid="uid-prod-old")
    assert limited(1, *disks("c1"), old, own, pod(name="p", claims=["c1"])) == (FULL, OK)


def test_v17_class_without_provisioner_has_no_limit():
    local = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
    here = volume(name="pv", storage_class="local", affinity=[on("a1")], local=True)
    wanted = claim(name="c", storage_class="local")
    assert limited(0, local, here, wanted, pod(name="p", claims=["c"]))[0] == OK


def on(name):
    return {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [name]}]}


EBS_DRIVER = "ebs.csi.aws.com"


def test_v16_in_tree_volume_counts_under_its_driver():
    world = [
        volume(name="pv", claim="c", spec={"awsElasticBlockStore": {"volumeID": "aws://za/vol-1"}}),
        claim(name="c", volume="pv"),
    ]
    assert limited(0, *world, pod(name="p", claims=["c"]), driver=EBS_DRIVER) == (FULL, OK)


def test_v16_inline_and_claimed_use_of_one_in_tree_disk_is_one_volume():
    world = [
        volume(name="pv", claim="c", spec={"awsElasticBlockStore": {"volumeID": "aws://za/vol-1"}}),
        claim(name="c", volume="pv"),
        pod(name="old", node="a1", volumes=[{"name": "v", **ebs(False)}]),
    ]
    assert limited(1, *world, pod(name="p", claims=["c"]), driver=EBS_DRIVER) == (OK, OK)


def test_v16_in_tree_provisioner_counts_under_its_driver():
    world = [
        storage_class(name="gp", provisioner="kubernetes.io/aws-ebs"),
        claim(name="c", storage_class="gp"),
    ]
    assert limited(0, *world, pod(name="p", claims=["c"]), driver=EBS_DRIVER) == (FULL, OK)


@pytest.mark.parametrize(("migrated", "expected"), [((), OK), (("kubernetes.io/portworx-volume",), FULL)])
def test_v16_portworx_counts_only_where_the_node_lists_it(migrated, expected):
    world = [
        volume(name="pv", claim="c", spec={"portworxVolume": {"volumeID": "px"}}),
        claim(name="c", volume="pv"),
    ]
    said = limited(0, *world, pod(name="p", claims=["c"]), driver="pxd.portworx.com", migrated=migrated)
    assert said == (expected, OK)


# Zone labels (V40-V43)


def labelled(nodes, **labels):
    """What nodes say to a pod with a bound claim on a volume that carries only these labels."""
    keys = {"zone": ZONE, "region": REGION, "beta_zone": BETA_ZONE}
    stored = volume(
        name="pv", claim="data", driver=D, labels={keys[name]: value for name, value in labels.items()}
    )
    return by_node(judge(*nodes, stored, claim(name="data", volume="pv"), pod(name="p", claims=["data"])))


def test_ex_v43_zone_label_may_list_several():
    said = labelled(f_nodes(), zone="za__zb")
    assert said == {**dict.fromkeys(ALL, OK), "c1": NO_ZONE}


def test_ex_v44_beta_label_of_the_volume_matches_the_current_one_of_the_node():
    assert labelled([node(name="n1", zone="za"), node(name="n2", zone="zb")], beta_zone="za") == {
        "n1": OK,
        "n2": NO_ZONE,
    }


def test_ex_v45_current_label_of_the_volume_does_not_match_a_beta_one():
    assert labelled([node(name="n1", labels={BETA_ZONE: "za"})], zone="za") == {"n1": NO_ZONE}


def test_ex_v46_node_without_any_zone_label_passes():
    assert labelled([node(name="n1")], zone="za") == {"n1": OK}


def test_ex_v47_node_with_only_a_region_fails_a_zone():
    assert labelled([node(name="n1", labels={REGION: "r"})], zone="za") == {"n1": NO_ZONE}


def test_ex_v48_label_with_an_empty_part_is_ignored():
    assert set(labelled(f_nodes(), zone="za__").values()) == {OK}
    assert labelled([node(name="n1", zone="za")], zone=" za __ zb") == {"n1": OK}


def test_ex_v23_missing_volume_rejects_the_pod():
    bound = claim(name="data", volume="pv9")
    found = judge(*f_nodes(), bound, pod(name="p", claims=["data"]))
    assert found.prefilter is not None
    assert (found.prefilter.plugin, short(found.prefilter)) == (
        "VolumeZone",
        'UU persistentvolume "pv9" not found',
    )
    lost = judge(*f_nodes(), claim(name="data", volume="pv9", phase="Lost"), pod(name="p", claims=["data"]))
    assert explain(lost) == (
        '0/5 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "pv9".'
    )


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([], 'persistentvolumeclaim "data" not found'),
        (
            [claim(name="data", storage_class="")],
            "PersistentVolumeClaim had no pv name and storageClass name",
        ),
        ([claim(name="data", storage_class="gone")], 'storageclass.storage.k8s.io "gone" not found'),
        (
            [claim(name="data", storage_class="now"), storage_class(name="now", waits=False)],
            "PersistentVolume had no name",
        ),
    ],
)
def test_v40_unbound_claims_are_rejected_even_without_volume_binding(objects, reason):
    world = snapshot(*f_nodes(), *objects, pod(name="p", claims=["data"]))
    status = VolumeZone().prefilter(world.pod_by_key[PodKey("prod/p")], ClusterState.of(world)).status
    assert short(status) == f"UU {reason}"


def test_v40_claim_waiting_for_its_consumer_is_skipped():
    waiting = [storage_class(name="fast"), claim(name="data", storage_class="fast")]
    world = snapshot(*f_nodes(), *waiting, pod(name="p", claims=["data"]))
    result = VolumeZone().prefilter(world.pod_by_key[PodKey("prod/p")], ClusterState.of(world))
    assert (result.status, result.filter) == (None, None)
