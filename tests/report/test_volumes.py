"""Every volume of a placed pod says what it is and from where it can be reached."""

from __future__ import annotations

from solver.report.facts import PlacedVolume, VolumeState
from tests import builders as b
from tests.report.plans import facts

DRIVER = "csi.example.com"
LOCAL = "kubernetes.io/no-provisioner"


def volumes(*objects: b.Raw, node: str = "a1", manifests: tuple[b.Raw, ...] = ()) -> list[PlacedVolume]:
    snapshot = b.snapshot(*objects, manifests=manifests)
    plan = facts(snapshot, {snapshot.pending[0].name: node})
    return list(plan.placed[0].volumes)


def zonal(*, keys: tuple[str, ...] = (b.ZONE,)) -> list[b.Raw]:
    csi = [b.csi_node(name=n, limits={DRIVER: 3}, topology_keys=keys) for n in ("a1", "b1")]
    return [*b.f_nodes(), *csi, b.storage_class(name="ssd", provisioner=DRIVER)]


def test_a_delayed_claim_becomes_a_new_volume_in_the_drivers_domain() -> None:
    """V46."""
    claim = b.claim(name="data", storage="10Gi", storage_class="ssd")
    (volume,) = volumes(*zonal(), claim, b.pod(name="p", claims=["data"]))
    assert (volume.state, volume.storage_class, volume.size_bytes) == (VolumeState.NEW, "ssd", 10 * 2**30)
    assert volume.accessible_from == ((b.ZONE, ("za",)),)
    assert volume.persistent_volume is None


def test_the_drivers_own_topology_keys_decide_and_unlabelled_ones_are_left_out() -> None:
    """V46: a key the node has no label for restricts nothing we could name."""
    claim = b.claim(name="data", storage_class="ssd")
    (volume,) = volumes(*zonal(keys=(b.HOSTNAME, "rack")), claim, b.pod(name="p", claims=["data"]))
    assert volume.accessible_from == ((b.HOSTNAME, ("a1",)),)


def test_a_driver_without_topology_is_reached_from_anywhere() -> None:
    claim = b.claim(name="data", storage_class="ssd")
    (volume,) = volumes(*zonal(keys=()), claim, b.pod(name="p", claims=["data"]))
    assert volume.accessible_from == ()


def test_a_driver_no_csi_node_describes_is_taken_to_be_zonal() -> None:
    claim = b.claim(name="data", storage_class="ssd")
    objects = [*b.f_nodes(), b.storage_class(name="ssd", provisioner="other"), claim]
    (volume,) = volumes(*objects, b.pod(name="p", claims=["data"]))
    assert volume.accessible_from == ((b.ZONE, ("za",)),)


def test_a_claim_from_a_template_that_does_not_exist_yet_is_new() -> None:
    spec = {"data": b.claim_spec(storage="5Gi", storage_class="ssd")}
    (volume,) = volumes(*zonal(), manifests=(b.stateful_set(name="db", claims=spec),))
    assert (volume.volume, volume.claim, volume.state) == ("data", "prod/data-db-0", VolumeState.NEW)


def test_a_generic_ephemeral_volume_goes_with_its_pod() -> None:
    manifest = b.deployment(
        name="web", spec=b.pod_spec(volumes=[b.ephemeral_volume(name="scratch", storage_class="ssd")])
    )
    (volume,) = volumes(*zonal(), manifests=(manifest,))
    assert volume.state is VolumeState.EPHEMERAL
    assert volume.will_be_provisioned


def test_a_bound_claim_keeps_its_volume_and_reach() -> None:
    terms = [b.in_zones("za"), b.in_zones("zb")]
    pv = b.volume(name="pv", storage="20Gi", storage_class="ssd", claim="data", affinity=terms)
    claim = b.claim(name="data", storage="10Gi", storage_class="ssd", volume="pv")
    (volume,) = volumes(*zonal(), pv, claim, b.pod(name="p", claims=["data"]))
    assert (volume.state, volume.persistent_volume) == (VolumeState.BOUND, "pv")
    assert volume.size_bytes == 20 * 2**30
    assert volume.accessible_from == ((b.ZONE, ("za", "zb")),)


def test_a_key_that_only_one_term_names_does_not_limit_the_reach() -> None:
    terms = [
        b.in_zones("za"),
        b.node_term(expressions=[b.expression(key="rack", operator="In", values=["r"])]),
    ]
    pv = b.volume(name="pv", claim="data", affinity=terms)
    claim = b.claim(name="data", volume="pv")
    (volume,) = volumes(*b.f_nodes(), pv, claim, b.pod(name="p", claims=["data"]))
    assert volume.accessible_from == ()


def test_a_volume_without_affinity_is_reached_as_its_zone_label_says() -> None:
    """V41: a list joined by ``__``; an empty part makes the label worthless."""
    for label, reach in (("za__zb", ((b.ZONE, ("za", "zb")),)), ("za__", ())):
        pv = b.volume(name="pv", claim="data", labels={b.ZONE: label})
        claim = b.claim(name="data", volume="pv")
        (volume,) = volumes(*b.f_nodes(), pv, claim, b.pod(name="p", claims=["data"]))
        assert volume.accessible_from == reach


def test_the_smallest_static_volume_is_named() -> None:
    """V33."""
    on_a1 = [b.node_term(expressions=[b.expression(key=b.HOSTNAME, operator="In", values=["a1"])])]
    shelf = [
        b.volume(name=name, storage=size, storage_class="local", affinity=on_a1)
        for name, size in (("large", "20Gi"), ("small", "5Gi"), ("fits", "10Gi"))
    ]
    claim = b.claim(name="data", storage="8Gi", storage_class="local")
    objects = [*b.f_nodes(), b.storage_class(name="local", provisioner=LOCAL), *shelf, claim]
    (volume,) = volumes(*objects, b.pod(name="p", claims=["data"]))
    assert (volume.state, volume.persistent_volume) == (VolumeState.STATIC, "fits")
    assert volume.accessible_from == ((b.HOSTNAME, ("a1",)),)


def test_a_static_volume_taken_by_an_earlier_pod_of_the_plan_is_not_given_twice() -> None:
    shelf = [b.volume(name=f"pv{i}", storage="5Gi", storage_class="local") for i in range(2)]
    claims = [b.claim(name=f"c{i}", storage="5Gi", storage_class="local") for i in range(2)]
    pods = [b.pod(name=f"p{i}", claims=[f"c{i}"]) for i in range(2)]
    objects = [*b.f_nodes(), b.storage_class(name="local", provisioner=LOCAL), *shelf, *claims, *pods]
    plan = facts(b.snapshot(*objects), {"p1": "a1", "p0": "a1"})
    assert [pod.volumes[0].persistent_volume for pod in plan.placed] == ["pv0", "pv1"]
    assert plan.new_volumes == 0


def test_a_claim_shared_by_two_pods_is_one_new_volume() -> None:
    """V36: the second pod finds the claim promised to the first one's node."""
    claim = b.claim(name="data", storage_class="ssd", modes=["ReadWriteMany"])
    pods = [b.pod(name=f"p{i}", claims=["data"]) for i in range(2)]
    plan = facts(b.snapshot(*zonal(), claim, *pods), {"p0": "a1", "p1": "a1"})
    assert [pod.volumes[0].state for pod in plan.placed] == [VolumeState.NEW, VolumeState.NEW]
    assert plan.new_volumes == 1
