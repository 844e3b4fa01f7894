"""V18-V27, V34, V35, V40-V42: can the node use a planned pod's volumes?"""

from __future__ import annotations

import pytest

from tests.builders import (
    ZONE,
    capacity,
    claim,
    csi_driver,
    csi_node,
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
from tests.verify.judge import broken

WAITS = storage_class(name="waits")
PLACES = ("a1", "b1", "c1")


def refused(*objects, nodes=None):
    """For pod p with claim data: the rules broken on a1, b1 and c1."""
    world = snapshot(*(nodes or f_nodes()), pod(name="p", claims=["data"]), *objects)
    return [broken(world, {"p": name}) for name in PLACES]


def bound(*volumes_):
    return refused(claim(name="data", volume="pv"), *volumes_)


def everywhere(rule):
    return [{rule}] * 3


def test_ex_v15_bound_claim_follows_its_volume():
    assert bound(volume(name="pv", claim="data", affinity=[in_zones("za")])) == [set(), {"V23"}, {"V23"}]


def test_ex_v16_terms_of_a_volume_are_alternatives():
    pv = volume(name="pv", claim="data", affinity=[in_zones("za"), in_zones("zb")])
    assert bound(pv) == [set(), set(), {"V23"}]


def test_volume_without_affinity_is_reached_everywhere():
    assert bound(volume(name="pv", claim="data")) == [set()] * 3


def test_volume_affinity_without_terms_reaches_nothing():
    pv = volume(name="pv", claim="data", spec={"nodeAffinity": {"required": {"nodeSelectorTerms": []}}})
    assert bound(pv) == everywhere("V23")


def test_ex_v17_hostname_label_decides_not_the_node_name():
    term = node_term(expressions=[expression(key="kubernetes.io/hostname", operator="In", values=["a1"])])
    nodes = [node(name="a1", hostname=False, labels={"kubernetes.io/hostname": "a1.lan"}), *f_nodes()[2:]]
    pv = volume(name="pv", claim="data", affinity=[term])
    assert refused(claim(name="data", volume="pv"), pv, nodes=nodes) == everywhere("V23")


def test_ex_v52_fields_in_a_volume_affinity_are_ignored():
    term = node_term(fields=[expression(key="metadata.name", operator="In", values=["b1"])])
    assert bound(volume(name="pv", claim="data", affinity=[term])) == [set()] * 3


def test_ex_v22_missing_claim():
    assert refused() == everywhere("V7")


def test_ex_v23_bound_to_a_volume_that_does_not_exist():
    assert bound() == everywhere("V40")


@pytest.mark.parametrize(
    "data",
    [
        claim(name="data", storage_class="now"),  # EX-V18
        claim(name="data", storage_class="waits", volume="pv", bound=False),  # EX-V19
        claim(name="data", storage_class="fast"),  # EX-V20
        claim(name="data"),  # EX-V21
    ],
)
def test_unbound_immediate_claims_are_refused_everywhere(data):
    classes = [WAITS, storage_class(name="now", waits=False)]
    assert refused(data, *classes, volume(name="pv", claim="data")) == everywhere("V21")


def test_claim_that_lost_its_volume():
    lost = claim(name="data", volume="pv", phase="Lost")
    assert refused(lost, volume(name="pv", claim="data")) == everywhere("V18")


def test_claim_that_is_being_deleted():
    dying = claim(name="data", volume="pv", terminating=True)
    assert refused(dying, volume(name="pv", claim="data")) == everywhere("V18")


EPHEMERAL = {"name": "t", "ephemeral": {"volumeClaimTemplate": {"spec": {"resources": {}}}}}


@pytest.mark.parametrize(("owner_uid", "expected"), [("uid-prod-p", set()), ("uid-of-another", {"V2"})])
def test_ephemeral_claim_belongs_to_its_pod(owner_uid, expected):
    owned = claim(name="p-t", storage_class="waits", owner=("Pod", "p"), owner_uid=owner_uid)
    world = snapshot(*f_nodes(), WAITS, owned, pod(name="p", volumes=[EPHEMERAL]))
    assert broken(world, {"p": "a1"}) == expected


def test_ephemeral_claim_that_was_not_created_yet():
    world = snapshot(*f_nodes(), WAITS, pod(name="p", volumes=[EPHEMERAL]))
    assert broken(world, {"p": "a1"}) == {"V18"}


def test_delayed_claim_may_go_anywhere():
    assert refused(claim(name="data", storage_class="waits"), WAITS) == [set()] * 3


def test_selected_node_binds_the_pod_to_it():
    chosen = claim(name="data", storage_class="waits", selected_node="b1")
    assert refused(chosen, WAITS) == [{"V27"}, set(), {"V27"}]


def test_ex_v41_selected_node_ignores_static_volumes():
    static = storage_class(name="waits", provisioner="kubernetes.io/no-provisioner")
    chosen = claim(name="data", storage_class="waits", selected_node="a1")
    pv = volume(name="pv", storage_class="waits", affinity=[in_zones("za")])
    assert refused(chosen, static, pv) == [{"V34"}, {"V27"}, {"V27"}]


def test_selected_node_still_needs_an_allowed_topology():
    zoned = storage_class(name="waits", topologies=[[(ZONE, ["za"])]])
    chosen = claim(name="data", storage_class="waits", selected_node="b1")
    assert refused(chosen, zoned) == [{"V27"}, {"V34"}, {"V27"}]


def test_selected_node_still_needs_room():
    chosen = claim(name="data", storage="10Gi", storage_class="waits", selected_node="b1")
    report = capacity(name="c", storage_class="waits", topology=selector(), capacity="9Gi")
    driver = csi_driver(name="csi.example.com", storage_capacity=True)
    assert refused(chosen, WAITS, driver, report) == [{"V27"}, {"V35"}, {"V27"}]


def zone_labelled(**labels):
    return bound(volume(name="pv", claim="data", labels=labels))


BETA = "failure-domain.beta.kubernetes.io/zone"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({ZONE: "za"}, [set(), {"V42"}, {"V42"}]),
        ({ZONE: "za__zb"}, [set(), set(), {"V42"}]),  # EX-V43
        ({ZONE: "za__"}, [set()] * 3),  # EX-V48
        ({BETA: "za"}, [set(), {"V42"}, {"V42"}]),  # EX-V44
        ({"topology.kubernetes.io/region": "r"}, [{"V42"}] * 3),  # EX-V47 turned round
    ],
)
def test_zone_labels_of_a_volume_restrict_the_nodes(labels, expected):
    assert bound(volume(name="pv", claim="data", labels=labels)) == expected


def test_ex_v45_ga_zone_label_is_not_met_by_a_beta_label():
    old = [node(name=name, labels={BETA: "za"}) for name in PLACES]
    pv = volume(name="pv", claim="data", labels={ZONE: "za"})
    assert refused(claim(name="data", volume="pv"), pv, nodes=old) == everywhere("V42")


def test_ex_v46_node_without_zone_labels_takes_any_volume():
    bare = [node(name=name) for name in PLACES]
    pv = volume(name="pv", claim="data", labels={ZONE: "za"})
    assert refused(claim(name="data", volume="pv"), pv, nodes=bare) == [set()] * 3


def test_ex_v49_migrated_volume_is_matched_by_its_drivers_zone_key():
    nodes = [
        node(name=name, labels={"topology.ebs.csi.aws.com/zone": zone})
        for name, zone in zip(PLACES, ("za", "zb", "za"), strict=True)
    ]
    migrated = [csi_node(name=name, migrated=["kubernetes.io/aws-ebs"]) for name in ("a1", "b1")]
    ebs = {"awsElasticBlockStore": {"volumeID": "vol-1"}}
    pv = volume(name="pv", claim="data", affinity=[in_zones("za")], spec=ebs)
    found = refused(claim(name="data", volume="pv"), pv, *migrated, nodes=nodes)
    assert found == [set(), {"V23"}, {"V23"}]  # c1 does not list the plugin: nothing is translated there


def test_migrated_volume_without_affinity_takes_its_zone_label():
    nodes = [
        node(name=name, labels={"topology.ebs.csi.aws.com/zone": zone})
        for name, zone in zip(PLACES, ("za", "zb", "zc"), strict=True)
    ]
    migrated = [csi_node(name=name, migrated=["kubernetes.io/aws-ebs"]) for name in PLACES]
    ebs = {"awsElasticBlockStore": {"volumeID": "vol-1"}}
    pv = volume(name="pv", claim="data", labels={ZONE: "za__zb"}, spec=ebs)
    found = refused(claim(name="data", volume="pv"), pv, *migrated, nodes=nodes)
    assert found == [set(), set(), {"V23"}]
