"""Section 9.4: bound claims, static matching, provisioning and what placing a pod assumes (V18-V39)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.model.names import ClaimKey, PodKey, VolumeName
from solver.scheduler import ClusterState
from tests.builders import (
    HOSTNAME,
    ZONE,
    capacity,
    claim,
    csi_driver,
    csi_node,
    ephemeral_volume,
    expression,
    f_nodes,
    in_zones,
    node,
    node_term,
    pod,
    selector,
    snapshot,
    storage_class,
    volume,
)
from tests.scheduler.judge import OK, ask, by_node, judge, judge_in, place, short

ALL = ("a1", "a2", "b1", "b2", "c1")
NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
NO_SPACE = "node(s) did not have enough free storage"
MISSING = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
IMMEDIATE = "UU pod has unbound immediate PersistentVolumeClaims"
D = "d.csi.example.com"
LOCAL = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
FAST = storage_class(name="fast", provisioner=D)


def on(*names):
    """A node selector term for local volumes."""
    return node_term(expressions=[expression(key=HOSTNAME, operator="In", values=names)])


def said(*objects, **fields):
    """What fixture F says to a pod that mounts the claims among the objects, in their order."""
    names = [o["metadata"]["name"] for o in objects if o["kind"] == "PersistentVolumeClaim"]
    return by_node(judge(*f_nodes(), *objects, pod(name="p", claims=names, **fields)))


def rejected(*objects, **fields):
    """The PreFilter status of the same question."""
    names = [o["metadata"]["name"] for o in objects if o["kind"] == "PersistentVolumeClaim"]
    return short(judge(*f_nodes(), *objects, pod(name="p", claims=names, **fields)).prefilter)


def except_for(rest, **nodes):
    """Every node of fixture F is refused for ``rest`` (or is ok) but those named."""
    words = {name: reason if reason == OK else f"UU {reason}" for name, reason in nodes.items()}
    return {**dict.fromkeys(ALL, rest if rest == OK else f"UU {rest}"), **words}


def local(name, node_name, size, **fields):
    return volume(
        name=name, storage=size, storage_class="local", affinity=[on(node_name)], local=True, **fields
    )


def wanted(name="data", size="8Gi", **fields):
    return claim(name=name, storage=size, storage_class="local", **fields)


# Bound claims


def bound(*affinity, **fields):
    return (
        volume(name="pv", claim="data", driver=D, affinity=affinity or None, **fields),
        claim(name="data", volume="pv"),
    )


def test_ex_v15_bound_claim_goes_where_its_volume_reaches():
    assert said(*bound(in_zones("za"))) == except_for(NODE_CONFLICT, a1=OK, a2=OK)


def test_ex_v16_terms_of_a_volume_are_alternatives():
    assert said(*bound(in_zones("za"), in_zones("zb"))) == except_for(OK, c1=NODE_CONFLICT)


def test_ex_v17_local_volume_goes_by_label_not_by_name():
    nodes = [node(name="a1", labels={HOSTNAME: "a1.lan"}), node(name="b1")]
    found = judge(*nodes, *bound(on("a1")), pod(name="p", claims=["data"]))
    assert by_node(found) == dict.fromkeys(("a1", "b1"), f"UU {NODE_CONFLICT}")


def test_v24_no_terms_reach_no_node():
    stored = volume(name="pv", claim="data", driver=D, affinity=[])
    assert said(stored, claim(name="data", volume="pv")) == except_for(NODE_CONFLICT)


def test_ex_v51_volume_without_affinity_is_everywhere():
    assert said(*bound(modes=["ReadWriteMany"])) == except_for(OK)


def test_ex_v52_fields_in_a_volumes_affinity_are_ignored():
    named = node_term(fields=[expression(key="metadata.name", operator="In", values=["b1"])])
    assert said(*bound(named)) == except_for(OK)


IN_TREE = {"awsElasticBlockStore": {"volumeID": "vol-1"}}
EBS_ZONE = "topology.ebs.csi.aws.com/zone"


def migrated_world(*affinity, plugins=("kubernetes.io/aws-ebs",), spec=None, **fields):
    """Nodes that know their zone only by the EBS driver's key; n1 in za has the plugin migrated."""
    nodes = [node(name=f"n{i}", labels={EBS_ZONE: zone}) for i, zone in enumerate(("za", "zb"), start=1)]
    stored = volume(name="pv", claim="data", affinity=affinity or None, spec=spec or IN_TREE, **fields)
    nodes += [csi_node(name=name, migrated=plugins) for name in ("n1", "n2")]
    return by_node(judge(*nodes, stored, claim(name="data", volume="pv"), pod(name="p", claims=["data"])))


def test_ex_v49_in_tree_affinity_is_read_with_the_drivers_key():
    assert migrated_world(in_zones("za")) == {"n1": OK, "n2": f"UU {NODE_CONFLICT}"}


def test_v25_untranslated_where_the_node_does_not_list_the_plugin():
    assert set(migrated_world(in_zones("za"), plugins=()).values()) == {f"UU {NODE_CONFLICT}"}


def test_v25_zone_label_stands_in_for_a_missing_affinity():
    assert migrated_world(labels={ZONE: "za"}) == {"n1": OK, "n2": f"UU {NODE_CONFLICT}"}
    assert set(migrated_world(labels={ZONE: "za__zb"}).values()) == {OK}


def test_v25_beta_region_is_read_as_the_current_one():
    beta = "failure-domain.beta.kubernetes.io"
    term = node_term(
        expressions=[
            expression(key=f"{beta}/zone", operator="In", values=["za"]),
            expression(key=f"{beta}/region", operator="In", values=["r"]),
        ]
    )
    nodes = [
        node(name="n1", labels={EBS_ZONE: "za", "topology.kubernetes.io/region": "r"}),
        node(name="n2", labels={EBS_ZONE: "za", f"{beta}/region": "r"}),
        *(csi_node(name=name, migrated=["kubernetes.io/aws-ebs"]) for name in ("n1", "n2")),
    ]
    stored = volume(name="pv", claim="data", affinity=[term], spec=IN_TREE)
    found = judge(*nodes, stored, claim(name="data", volume="pv"), pod(name="p", claims=["data"]))
    assert by_node(found) == {"n1": OK, "n2": f"UU {NODE_CONFLICT}"}


def test_v25_azure_disks_keep_their_affinity():
    azure = {"azureDisk": {"diskName": "d", "diskURI": "/d", "kind": "Managed"}}
    said_by_nodes = migrated_world(in_zones("za"), plugins=["kubernetes.io/azure-disk"], spec=azure)
    assert set(said_by_nodes.values()) == {f"UU {NODE_CONFLICT}"}


def test_v25_unreadable_in_tree_name_is_an_error_of_the_scheduler():
    nameless = {"awsElasticBlockStore": {"volumeID": "aws://za/disk-1"}}
    said_by_nodes = migrated_world(in_zones("za"), spec=nameless)
    assert all(text.startswith("ERR running") for text in said_by_nodes.values())


# PreFilter


def test_ex_v18_immediate_claim_must_be_bound_first():
    now = storage_class(name="now", waits=False)
    assert rejected(now, claim(name="data", storage_class="now")) == IMMEDIATE


def test_ex_v19_volume_name_without_the_annotation_is_not_bound():
    stored = volume(name="pv", claim="data", driver=D)
    assert rejected(stored, claim(name="data", volume="pv", bound=False)) == IMMEDIATE


def test_ex_v20_missing_class_is_immediate():
    assert rejected(claim(name="data", storage_class="gone")) == IMMEDIATE


def test_ex_v21_no_class_is_immediate():
    assert rejected(claim(name="data", storage_class="")) == IMMEDIATE


def test_v18_claim_being_deleted_rejects_the_pod():
    stored = volume(name="pv", claim="data", driver=D)
    dying = claim(name="data", volume="pv", terminating=True)
    assert rejected(stored, dying) == 'UU persistentvolumeclaim "data" is being deleted'


def test_v21_class_without_a_binding_mode_is_an_error_of_the_scheduler():
    world = snapshot(
        *f_nodes(), FAST, claim(name="data", storage_class="fast"), pod(name="p", claims=["data"])
    )
    silent = replace(world.storage_classes[0], binding_mode=None)  # the reader fills in the default (W30)
    found = judge_in(replace(world, storage_classes=(silent,)))
    assert short(found.prefilter) == (
        'ERR running PreFilter plugin "VolumeBinding": VolumeBindingMode not set for StorageClass "fast"'
    )


EPHEMERAL = [ephemeral_volume(name="tmp", storage_class="fast")]


def test_v18_ephemeral_claim_must_exist():
    assert rejected(FAST, volumes=EPHEMERAL) == (
        'UU waiting for ephemeral volume controller to create the persistentvolumeclaim "p-tmp"'
    )


@pytest.mark.parametrize(
    ("owner_uid", "expected"),
    [
        ("uid-prod-p", "ok"),
        ("another", "UU PVC prod/p-tmp was not created for pod prod/p (pod is not owner)"),
    ],
)
def test_v2_ephemeral_claim_must_belong_to_the_pod(owner_uid, expected):
    made = claim(name="p-tmp", storage_class="fast", owner=("Pod", "p"), owner_uid=owner_uid)
    found = judge(*f_nodes(), FAST, made, pod(name="p", volumes=EPHEMERAL))
    assert short(found.prefilter) == expected


def test_v26_missing_volume_of_an_ephemeral_claim_shows_on_every_node():
    made = claim(name="p-tmp", volume="gone", owner=("Pod", "p"), owner_uid="uid-prod-p")
    found = judge(*f_nodes(), made, pod(name="p", volumes=EPHEMERAL))
    assert by_node(found) == except_for(MISSING)


# Static matching


def test_ex_v24_smallest_sufficient_volume_on_the_node_is_chosen():
    stored = [local("pv10", "a1", "10Gi"), local("pv20", "a1", "20Gi"), local("pv5", "b1", "5Gi")]
    assert said(LOCAL, *stored, wanted()) == except_for(BIND_CONFLICT, a1=OK)
    state = ClusterState.of(snapshot(*f_nodes(), LOCAL, *stored, wanted(), pod(name="p", claims=["data"])))
    place(state, "p", "a1")
    chosen = state.volumes.volume(VolumeName("pv10"))
    assert chosen is not None
    assert chosen.claim_ref is not None
    assert (chosen.claim_ref.namespace, chosen.claim_ref.name) == ("prod", "data")


def test_ex_v25_volume_must_offer_every_mode_asked_for():
    many = wanted(modes=["ReadWriteMany"])
    assert said(LOCAL, local("pv", "a1", "10Gi"), many) == except_for(BIND_CONFLICT)
    offering = local("pv", "a1", "10Gi", modes=["ReadWriteOnce", "ReadWriteMany"])
    assert said(LOCAL, offering, many) == except_for(BIND_CONFLICT, a1=OK)


def test_ex_v26_block_claim_needs_a_block_volume():
    block = wanted(spec={"volumeMode": "Block"})
    assert said(LOCAL, local("pv", "a1", "10Gi"), block) == except_for(BIND_CONFLICT)
    raw = local("pv", "a1", "10Gi", spec={"volumeMode": "Block"})
    assert said(LOCAL, raw, block) == except_for(BIND_CONFLICT, a1=OK)


@pytest.mark.parametrize(
    "flaw",
    [
        {"phase": "Released"},
        {"claim": "other", "phase": "Available"},
        {"claim": "data", "claim_uid": "another", "phase": "Available"},
        {"terminating": True},
        {"spec": {"volumeAttributesClassName": "gold"}},
    ],
    ids=["released", "claimed", "claimed by an earlier one", "deleting", "other attributes"],
)
def test_ex_v27_volumes_that_are_not_free_do_not_match(flaw):
    assert said(LOCAL, local("pv", "a1", "10Gi", **flaw), wanted()) == except_for(BIND_CONFLICT)


def test_ex_v28_selector_beats_size():
    tiers = [
        local("pv5", "a1", "5Gi", labels={"tier": "slow"}),
        local("pv50", "a1", "50Gi", labels={"tier": "fast"}),
    ]
    picky = wanted(size="5Gi", spec={"selector": selector(labels={"tier": "fast"})})
    state = ClusterState.of(snapshot(*f_nodes(), LOCAL, *tiers, picky, pod(name="p", claims=["data"])))
    assert ask(state, "p", "a1") == OK
    place(state, "p", "a1")
    assert [state.volumes.volume(VolumeName(n)).claim_ref is None for n in ("pv5", "pv50")] == [True, False]


RESERVED = local("pv100", "a1", "100Gi", claim="data", phase="Pending"), local("pv8", "b1", "8Gi")


def test_ex_v29_reserved_volume_hides_every_other():
    assert said(LOCAL, *RESERVED, wanted(size="5Gi")) == except_for(BIND_CONFLICT, a1=OK)


def test_ex_v30_with_a_provisioner_a_second_volume_would_be_made():
    dynamic = storage_class(name="local", provisioner=D)
    assert said(dynamic, *RESERVED, wanted(size="5Gi")) == except_for(OK)


def test_v31_reserved_volume_needs_no_phase_selector_or_mode():
    demanding = wanted(size="5Gi", modes=["ReadWriteMany"], spec={"selector": selector(labels={"x": "y"})})
    assert said(LOCAL, *RESERVED, demanding) == except_for(BIND_CONFLICT, a1=OK)


def test_ex_v31_choice_is_greedy():
    stored = [local("p1", "a1", "6Gi", labels={"tier": "fast"}), local("p2", "a1", "10Gi")]
    c1 = wanted("c1", "5Gi")
    c2 = wanted("c2", "6Gi", spec={"selector": selector(labels={"tier": "fast"})})
    assert said(LOCAL, *stored, c1, c2) == except_for(BIND_CONFLICT)


def test_ex_v32_smaller_claims_choose_first():
    stored = [local("p8", "a1", "8Gi"), local("p6", "a1", "6Gi")]
    assert said(LOCAL, *stored, wanted("big", "8Gi"), wanted("small", "5Gi")) == except_for(
        BIND_CONFLICT, a1=OK
    )


def test_ex_v33_one_volume_serves_one_claim():
    pair = wanted("c1", "5Gi"), wanted("c2", "5Gi")
    assert said(LOCAL, local("pv", "a1", "10Gi"), *pair) == except_for(BIND_CONFLICT)


def test_v33_equal_sizes_are_chosen_by_name():
    stored = [local("pv-b", "a1", "10Gi"), local("pv-a", "a1", "10Gi")]
    state = ClusterState.of(snapshot(*f_nodes(), LOCAL, *stored, wanted(), pod(name="p", claims=["data"])))
    place(state, "p", "a1")
    assert state.volumes.volume(VolumeName("pv-a")).claim_ref is not None


def test_v29_only_volumes_of_the_class_are_candidates():
    other = volume(name="pv", storage="10Gi", storage_class="other", affinity=[on("a1")], local=True)
    assert said(LOCAL, other, wanted()) == except_for(BIND_CONFLICT)


def test_v4_sizes_compare_exactly():
    assert said(LOCAL, local("pv", "a1", "1G"), wanted(size="1Gi")) == except_for(BIND_CONFLICT)
    assert said(LOCAL, local("pv", "a1", "1Gi"), wanted(size="1G")) == except_for(BIND_CONFLICT, a1=OK)


def test_v32_volume_without_affinity_matches_on_every_node():
    anywhere = volume(name="pv", storage="10Gi", storage_class="local", driver=D)
    assert said(LOCAL, anywhere, wanted()) == except_for(OK)


def test_v32_volume_filed_by_alternatives_matches_on_each_of_them():
    rack = node_term(expressions=[expression(key="rack", operator="Exists")])
    either = volume(
        name="pv", storage="10Gi", storage_class="local", driver=D, affinity=[on("a1"), in_zones("zc")]
    )
    racked = volume(name="pv", storage="10Gi", storage_class="local", driver=D, affinity=[rack])
    assert said(LOCAL, either, wanted()) == except_for(BIND_CONFLICT, a1=OK, c1=OK)
    assert said(LOCAL, racked, wanted()) == except_for(BIND_CONFLICT)


# Provisioning


def provisioned(*terms, size="1Gi"):
    return storage_class(name="fast", provisioner=D, topologies=terms), claim(
        name="data", storage=size, storage_class="fast"
    )


def test_ex_v34_allowed_topologies_restrict_nodes():
    assert said(*provisioned([(ZONE, ["za", "zb"])])) == except_for(OK, c1=BIND_CONFLICT)


def test_ex_v35_topology_terms_are_alternatives_of_conjunctions():
    nodes = [
        node(name="a1", zone="za", labels={"rack": "r1"}),
        node(name="a2", zone="za"),
        node(name="b1", zone="zb"),
    ]
    objects = provisioned([(ZONE, ["za"]), ("rack", ["r1"])], [(ZONE, ["zb"])])
    found = judge(*nodes, *objects, pod(name="p", claims=["data"]))
    assert by_node(found) == {"a1": OK, "a2": f"UU {BIND_CONFLICT}", "b1": OK}


def test_v34_term_without_expressions_matches_nothing():
    assert said(*provisioned([])) == except_for(BIND_CONFLICT)


def room(name, where, size=None, maximum=None):
    topology = None if where is None else selector(labels={HOSTNAME: where}) if where else {}
    return capacity(name=name, storage_class="fast", topology=topology, capacity=size, maximum=maximum)


WATCHED = csi_driver(name=D, storage_capacity=True)


def test_ex_v36_capacity_objects_must_hold_the_claim():
    rooms = [room("r1", "a1", "50Gi"), room("r2", "a2", "100Gi", maximum="40Gi")]
    assert said(WATCHED, *rooms, *provisioned(size="45Gi")) == except_for(NO_SPACE, a1=OK)


def test_ex_v37_capacity_is_checked_per_claim():
    pair = [claim(name=name, storage="30Gi", storage_class="fast") for name in ("c1", "c2")]
    assert said(WATCHED, FAST, room("r", "a1", "50Gi"), *pair) == except_for(NO_SPACE, a1=OK)


def test_ex_v38_capacity_matters_only_to_drivers_that_publish_it():
    assert said(*provisioned(size="45Gi")) == except_for(OK)
    assert said(csi_driver(name=D), *provisioned(size="45Gi")) == except_for(OK)
    assert said(WATCHED, *provisioned(size="45Gi")) == except_for(NO_SPACE)


def test_ex_v39_null_topology_matches_no_node_and_the_empty_one_all():
    assert said(WATCHED, room("r", None, "50Gi"), *provisioned()) == except_for(NO_SPACE)
    assert said(WATCHED, room("r", "", "50Gi"), *provisioned()) == except_for(OK)


def test_ex_v40_capacity_object_without_sizes_is_not_sufficient():
    assert said(WATCHED, room("r", ""), *provisioned()) == except_for(NO_SPACE)


def test_v37_topology_is_checked_before_capacity():
    objects = provisioned([(ZONE, ["za"])], size="45Gi")
    assert said(WATCHED, *objects) == except_for(BIND_CONFLICT, a1=NO_SPACE, a2=NO_SPACE)


def test_ex_v41_selected_node_skips_static_volumes():
    chosen = wanted(selected_node="a1")
    assert said(LOCAL, local("pv", "a1", "10Gi"), chosen) == except_for(BIND_CONFLICT)
    dynamic = storage_class(name="local", provisioner=D)
    assert said(dynamic, local("pv", "b1", "10Gi"), chosen) == except_for(BIND_CONFLICT, a1=OK)


def test_ex_v42_bound_and_delayed_claims_fail_together():
    stored = [volume(name="pv", claim="z", driver=D, affinity=[in_zones("zb")]), local("free", "a1", "10Gi")]
    both = f"{NODE_CONFLICT}, {BIND_CONFLICT}"
    assert said(LOCAL, *stored, claim(name="z", volume="pv"), wanted("l")) == except_for(
        both, a1=NODE_CONFLICT, b1=BIND_CONFLICT, b2=BIND_CONFLICT
    )


def test_v37_missing_volume_is_reported_last():
    lost = claim(name="p-tmp", volume="gone", owner=("Pod", "p"), owner_uid="uid-prod-p")
    found = judge(*f_nodes(), LOCAL, lost, wanted(), pod(name="p", volumes=EPHEMERAL, claims=["data"]))
    assert by_node(found)["a1"] == f"UU {BIND_CONFLICT}, {MISSING}"


# What placing a pod assumes (V36)


def sharing(*objects):
    """Two pods that mount the claim ``data``."""
    return ClusterState.of(
        snapshot(*f_nodes(), *objects, *(pod(name=name, claims=["data"]) for name in ("p", "q")))
    )


def test_ex_v50_second_user_of_a_claim_to_provision_must_join_the_first():
    state = sharing(FAST, claim(name="data", storage_class="fast"))
    assert ask(state, "q", "a2") == OK
    place(state, "p", "a1")
    assert ask(state, "q", "a2") == f"UU {BIND_CONFLICT}"
    assert ask(state, "q", "a1") == OK
    assert state.volumes.claim(ClaimKey("prod/data")).selected_node == "a1"


def test_v36_second_user_of_a_static_claim_must_reach_the_chosen_volume():
    zonal = volume(name="pv", storage="10Gi", storage_class="local", driver=D, affinity=[in_zones("za")])
    state = sharing(LOCAL, zonal, local("other", "b1", "10Gi"), wanted())
    assert ask(state, "q", "b1") == OK
    place(state, "p", "a1")
    assert [ask(state, "q", name) for name in ("a1", "a2", "b1")] == [OK, OK, f"UU {BIND_CONFLICT}"]


def test_v36_chosen_volume_is_taken_for_other_claims():
    pods = [pod(name=name, claims=[f"c-{name}"]) for name in ("p", "q")]
    claims = [wanted(f"c-{name}") for name in ("p", "q")]
    state = ClusterState.of(snapshot(*f_nodes(), LOCAL, local("pv", "a1", "10Gi"), *claims, *pods))
    assert ask(state, "q", "a1") == OK
    place(state, "p", "a1")
    assert ask(state, "q", "a1") == f"UU {BIND_CONFLICT}"
    state.remove(PodKey("prod/p"))
    assert ask(state, "q", "a1") == OK


def test_running_pods_assume_nothing():
    state = ClusterState.of(
        snapshot(
            *f_nodes(),
            FAST,
            claim(name="data", storage_class="fast"),
            pod(name="p", node="a1", claims=["data"]),
        )
    )
    assert state.volumes.claim(ClaimKey("prod/data")).selected_node is None
