"""V28-V36: open claims get a volume each, static or provisioned."""

from __future__ import annotations

from tests.builders import (
    ZONE,
    capacity,
    claim,
    csi_driver,
    expression,
    f_nodes,
    in_zones,
    node_term,
    pod,
    selector,
    snapshot,
    storage_class,
    volume,
)
from tests.verify.judge import broken, violations

STATIC = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
DYNAMIC = storage_class(name="local")


def on(host):
    return [node_term(expressions=[expression(key="kubernetes.io/hostname", operator="In", values=[host])])]


def pv(name, host, **more):
    return volume(name=name, storage_class="local", affinity=on(host), **more)


def data(name="data", **more):
    return claim(name=name, storage_class="local", **more)


def world(*objects, claims=("data",), cls=STATIC):
    """Pod p0 uses the first claim, p1 the second, and so on."""
    pods = [pod(name=f"p{index}", claims=[name]) for index, name in enumerate(claims)]
    return snapshot(*f_nodes(), cls, *pods, *objects)


def test_ex_v24_static_claim_goes_where_a_volume_is_large_enough():
    here = world(
        data(storage="8Gi"),
        pv("x", "a1", storage="10Gi"),
        pv("y", "a1", storage="20Gi"),
        pv("z", "b1", storage="5Gi"),
    )
    assert broken(here, {"p0": "a1"}) == set()
    assert broken(here, {"p0": "b1"}) == broken(here, {"p0": "c1"}) == {"V28"}


def test_two_claims_need_two_volumes():
    claims = data("d0"), data("d1")
    one = world(*claims, pv("x", "a1"), claims=("d0", "d1"))
    two = world(*claims, pv("x", "a1"), pv("y", "a1"), claims=("d0", "d1"))
    assert broken(one, {"p0": "a1"}) == set()
    assert broken(one, {"p0": "a1", "p1": "a1"}) == {"V28"}
    assert broken(two, {"p0": "a1", "p1": "a1"}) == set()


def test_one_pod_with_two_claims_needs_two_volumes():
    pair = [data("d0", storage="5Gi"), data("d1", storage="5Gi"), pod(name="p", claims=["d0", "d1"])]
    one = snapshot(*f_nodes(), STATIC, *pair, pv("x", "a1", storage="10Gi"))
    assert broken(one, {"p": "a1"}) == {"V28"}  # EX-V33


def test_claims_are_matched_not_served_first_come():
    """The small claim could take either volume; the large one only one of them."""
    here = world(
        data("small", storage="1Gi"),
        data("large", storage="9Gi"),
        pv("x", "a1", storage="10Gi"),
        pv("y", "a1", storage="2Gi"),
        claims=("small", "large"),
    )
    assert broken(here, {"p0": "a1", "p1": "a1"}) == set()


def test_chain_of_claims_that_greedy_choice_misses_is_matched():
    """d0 fits x or y, d1 y or z, d2 only y: taking the first free volume fails, a matching exists."""
    zonal = [
        volume(name=n, storage_class="local", affinity=[in_zones("za")], labels=tags)
        for n, tags in (
            ("x", {"d0": "ok", "d1": "no"}),
            ("y", {"d0": "ok", "d1": "ok"}),
        )
    ]
    picky = data("d1", spec={"selector": selector(labels={"d1": "ok"})})
    any_of = data("d0", spec={"selector": selector(labels={"d0": "ok"})})
    here = world(any_of, picky, *reversed(zonal), claims=("d0", "d1"))
    assert broken(here, {"p0": "a1", "p1": "a2"}) == set()


def test_unsuitable_volumes_do_not_count():
    unsuitable = [
        pv("taken", "a1", claim="other"),
        pv("released", "a1", phase="Released"),
        pv("dying", "a1", terminating=True),
        pv("block", "a1", spec={"volumeMode": "Block"}),
        pv("reader", "a1", modes=["ReadOnlyMany"]),
        volume(name="elsewhere", storage_class="other", affinity=on("a1")),
    ]
    assert broken(world(data(), *unsuitable), {"p0": "a1"}) == {"V28"}
    assert broken(world(data(), *unsuitable, pv("good", "a1")), {"p0": "a1"}) == set()


def test_ex_v29_volume_set_aside_hides_all_others():
    here = world(
        data(storage="5Gi"),
        pv("mine", "a1", storage="100Gi", claim="data", phase="Pending"),
        pv("free", "b1", storage="8Gi"),
    )
    assert broken(here, {"p0": "a1"}) == set()
    assert broken(here, {"p0": "b1"}) == {"V28"}


def test_ex_v30_provisioner_steps_in_when_the_volume_set_aside_is_elsewhere():
    here = world(data(storage="5Gi"), pv("mine", "a1", storage="100Gi", claim="data"), cls=DYNAMIC)
    assert broken(here, {"p0": "b1"}) == set()


def test_ex_v34_provisioning_only_in_allowed_topologies():
    zoned = storage_class(name="local", topologies=[[(ZONE, ["za", "zb"])]])
    here = world(data(), cls=zoned)
    assert broken(here, {"p0": "b1"}) == set()
    assert broken(here, {"p0": "c1"}) == {"V28"}


def test_ex_v36_provisioning_only_where_capacity_is_reported():
    reports = [
        capacity(name="one", storage_class="local", topology=host_label("a1"), capacity="50Gi"),
        capacity(
            name="two", storage_class="local", topology=host_label("a2"), capacity="100Gi", maximum="40Gi"
        ),
    ]
    driver = csi_driver(name="csi.example.com", storage_capacity=True)
    here = world(data(storage="45Gi"), driver, *reports, cls=DYNAMIC)
    assert broken(here, {"p0": "a1"}) == set()
    assert broken(here, {"p0": "a2"}) == broken(here, {"p0": "b1"}) == {"V28"}


def host_label(name):
    return selector(labels={"kubernetes.io/hostname": name})


def test_ex_v37_capacity_is_not_summed_over_claims():
    report = capacity(name="one", storage_class="local", topology=selector(), capacity="50Gi")
    driver = csi_driver(name="csi.example.com", storage_capacity=True)
    claims = data("d0", storage="30Gi"), data("d1", storage="30Gi")
    here = world(*claims, driver, report, claims=("d0", "d1"), cls=DYNAMIC)
    assert broken(here, {"p0": "a1", "p1": "a1"}) == set()


def test_shared_claim_is_one_claim():
    here = world(data(), pv("x", "a1"), claims=("data", "data"))
    assert broken(here, {"p0": "a1", "p1": "a1"}) == set()


def test_ex_v50_shared_open_claim_is_provisioned_for_one_node():
    here = world(data(modes=["ReadWriteMany"]), claims=("data", "data"), cls=DYNAMIC)
    assert broken(here, {"p0": "a1", "p1": "a1"}) == set()
    assert broken(here, {"p0": "a1", "p1": "a2"}) == {"V36"}


def test_shared_static_claim_may_spread_over_the_nodes_of_its_volume():
    zonal = volume(name="x", storage_class="local", modes=["ReadWriteMany"], affinity=[in_zones("za")])
    here = world(data(modes=["ReadWriteMany"]), zonal, claims=("data", "data"))
    assert broken(here, {"p0": "a1", "p1": "a2"}) == set()
    assert broken(here, {"p0": "a1", "p1": "b1"}) == {"V36"}


def test_sentence_says_who_competes():
    here = world(data("d0"), data("d1"), pv("x", "a1"), claims=("d0", "d1"))
    (found,) = violations(here, {"p0": "a1", "p1": "a1"})
    assert "cannot be provisioned there and gets none of its 1 candidate volumes" in found.sentence
