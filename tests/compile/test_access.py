"""V18-V35, V40-V42: where one claim lets its pod go."""

from __future__ import annotations

import pytest

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
    storage_class,
    volume,
)
from tests.compile.test_open_nodes import EVERYWHERE, open_to

ZA, ZB = {"a1", "a2"}, {"b1", "b2"}
FAST = storage_class(name="fast", provisioner="csi.example.com")


def reached(*objects, nodes=None, **more):
    return open_to(pod(name="p", claims=["data"], **more), *objects, nodes=nodes)


def bound(*, claim_spec=None, **more):
    return [volume(name="pv", claim="data", **more), claim(name="data", volume="pv", **(claim_spec or {}))]


def test_ex_v15_ex_v16_bound_volume_is_reached_where_its_affinity_says():
    assert reached(*bound(affinity=[in_zones("za")])) == ZA
    assert reached(*bound(affinity=[in_zones("za"), in_zones("zb")])) == ZA | ZB
    assert reached(*bound()) == EVERYWHERE


def test_ex_v17_host_names_are_labels():
    here = [node_term(expressions=[expression(key=HOSTNAME, operator="In", values=["a1"])])]
    renamed = [node(name="a1", labels={HOSTNAME: "a1.lan"}), node(name="a2")]
    assert reached(*bound(affinity=here)) == {"a1"}
    assert reached(*bound(affinity=here), nodes=renamed) == set()


def test_ex_v52_match_fields_of_a_volume_are_ignored():
    named = node_term(fields=[expression(key="metadata.name", operator="In", values=["b1"])])
    assert reached(*bound(affinity=[named])) == EVERYWHERE


@pytest.mark.parametrize(
    "claims",
    [
        [],  # V7
        [claim(name="data", storage_class="slow")],  # V21, EX-V18
        [claim(name="data", storage_class="fast", volume="pv", bound=False)],  # EX-V19
        [claim(name="data", storage_class="nope")],  # EX-V20
        [claim(name="data")],  # EX-V21
        [claim(name="data", volume="pv9")],  # EX-V23
        [claim(name="data", volume="pv9", phase="Lost")],
        [claim(name="data", storage_class="fast", terminating=True)],  # V18
    ],
)
def test_claims_that_cannot_be_used_close_every_node(claims):
    slow = storage_class(name="slow", waits=False)
    assert reached(FAST, slow, volume(name="pv"), *claims) == set()


def test_ex_v34_ex_v35_provisioning_keeps_to_allowed_topologies():
    nodes = [*f_nodes()[1:], node(name="a1", zone="za", labels={"rack": "r1"})]
    one = storage_class(name="fast", topologies=[[(ZONE, ["za", "zb"])]])
    two = storage_class(name="fast", topologies=[[(ZONE, ["za"]), ("rack", ["r1"])], [(ZONE, ["zb"])]])
    wanted = claim(name="data", storage_class="fast")
    assert reached(one, wanted, nodes=nodes) == ZA | ZB
    assert reached(two, wanted, nodes=nodes) == {"a1"} | ZB


def test_ex_v36_ex_v39_capacity_is_looked_up_by_node():
    driver = csi_driver(name="csi.example.com", storage_capacity=True)
    room = [
        capacity(
            name="a1", storage_class="fast", topology=selector(labels={HOSTNAME: "a1"}), capacity="50Gi"
        ),
        capacity(
            name="a2",
            storage_class="fast",
            topology=selector(labels={HOSTNAME: "a2"}),
            capacity="100Gi",
            maximum="40Gi",
        ),
        capacity(name="null", storage_class="fast", topology=None, capacity="100Gi"),
    ]
    wanted = claim(name="data", storage="45Gi", storage_class="fast")
    assert reached(FAST, driver, *room, wanted) == {"a1"}
    assert reached(FAST, *room, wanted) == EVERYWHERE
    everywhere = capacity(name="all", storage_class="fast", topology={}, capacity="45Gi")
    assert reached(FAST, driver, everywhere, wanted) == EVERYWHERE


def test_v35_sizes_are_compared_in_whole_bytes():
    driver = csi_driver(name="csi.example.com", storage_capacity=True)
    room = capacity(name="all", storage_class="fast", topology={}, capacity="1500m")
    assert (
        reached(FAST, driver, room, claim(name="data", storage="1600m", storage_class="fast")) == EVERYWHERE
    )
    assert reached(FAST, driver, room, claim(name="data", storage="2100m", storage_class="fast")) == set()


def test_ex_v41_selected_node_is_the_only_one():
    chosen = claim(name="data", storage_class="fast", selected_node="b1")
    assert reached(FAST, chosen) == {"b1"}
    local = storage_class(name="fast", provisioner="kubernetes.io/no-provisioner")
    free = volume(name="free", storage_class="fast")
    assert reached(local, free, chosen) == set()


def test_ex_v42_every_claim_has_its_say():
    local = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
    other = [
        claim(name="log", storage_class="local"),
        volume(name="free", storage_class="local", affinity=[in_zones("za", "zb")]),
    ]
    both = pod(name="p", claims=["data", "log"])
    assert open_to(both, *bound(affinity=[in_zones("zb", "zc")]), local, *other) == ZB


@pytest.mark.parametrize(
    ("labels", "nodes"),
    [
        ({ZONE: "za"}, ZA),
        ({ZONE: "za__zb"}, ZA | ZB),  # EX-V43
        ({ZONE: "za__"}, EVERYWHERE),  # EX-V48
        ({"failure-domain.beta.kubernetes.io/zone": "zb"}, ZB),  # EX-V44
        ({"topology.kubernetes.io/region": "r"}, set()),  # EX-V47 the other way round
    ],
)
def test_v42_zone_labels_of_a_volume(labels, nodes):
    assert reached(*bound(labels=labels)) == nodes


def test_ex_v46_node_without_any_zone_label_passes():
    assert reached(*bound(labels={ZONE: "za"}), nodes=[node(name="x")]) == {"x"}


def test_ex_v49_migrated_volume_is_matched_by_the_drivers_key():
    plugin, key = "kubernetes.io/aws-ebs", "topology.ebs.csi.aws.com/zone"
    nodes = [node(name="a1", labels={key: "za"}), node(name="b1", labels={key: "zb"})]
    migrated = [csi_node(name=n, migrated=[plugin]) for n in ("a1", "b1")]

    def disk(handle):
        return bound(affinity=[in_zones("za")], spec={"awsElasticBlockStore": {"volumeID": handle}})

    assert reached(*disk("vol-1"), *migrated, nodes=nodes) == {"a1"}
    assert reached(*disk("vol-1"), nodes=nodes) == set()
    assert reached(*disk("aws://no/such/name"), *migrated, nodes=nodes) == set()


@pytest.mark.parametrize(("uid", "nodes"), [("uid-prod-p", EVERYWHERE), ("someone-else", set())])
def test_v2_ephemeral_claim_must_be_the_pods_own(uid, nodes):
    scratch = claim(name="p-scratch", storage_class="fast", owner=("Pod", "p"), owner_uid=uid)
    user = pod(name="p", volumes=[ephemeral_volume(name="scratch", storage_class="fast")])
    assert open_to(user, FAST, scratch) == nodes
