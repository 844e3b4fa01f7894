"""V28-V33: claims that need a ready-made volume each get one of their own."""

from __future__ import annotations

from tests.builders import ZONE, claim, in_zones, node, pod, selector, snapshot, storage_class, volume
from tests.constraints.judge import allows

LOCAL = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")


def world(*objects):
    return snapshot(node(name="a1", zone="za"), node(name="b1", zone="zb"), LOCAL, *objects)


def free(name, size, *zones, **more):
    return volume(name=name, storage=size, storage_class="local", affinity=[in_zones(*zones)], **more)


def wanting(name, *sizes, **more):
    """A pod with a claim for each size."""
    claims = [
        claim(name=f"{name}-{i}", storage=s, storage_class="local", **more) for i, s in enumerate(sizes)
    ]
    return [*claims, pod(name=name, claims=[c["metadata"]["name"] for c in claims])]


def test_ex_v24_claim_goes_where_a_large_enough_volume_is():
    here = world(free("v10", "10Gi", "za"), free("v5", "5Gi", "zb"), *wanting("p", "8Gi"))
    assert allows(here, {"p": "a1"})
    assert not allows(here, {"p": "b1"})


def test_volume_serves_one_claim():
    here = world(free("v", "5Gi", "za", "zb"), *wanting("p", "1Gi"), *wanting("q", "1Gi"))
    assert allows(here, {"p": "a1"})
    assert allows(here, {"q": "b1"})
    assert not allows(here, {"p": "a1", "q": "b1"})


def test_claims_take_turns_with_volumes_of_different_reach():
    here = world(
        free("wide", "5Gi", "za", "zb"), free("near", "5Gi", "za"), *wanting("p", "1Gi"), *wanting("q", "2Gi")
    )
    assert allows(here, {"p": "a1", "q": "b1"})
    assert allows(here, {"p": "a1", "q": "a1"})
    assert not allows(here, {"p": "b1", "q": "b1"})


def test_ex_v33_pod_with_two_claims_needs_two_volumes():
    one, two = free("v1", "10Gi", "za"), free("v2", "10Gi", "za")
    assert not allows(world(one, *wanting("p", "5Gi", "5Gi")), {"p": "a1"})
    assert allows(world(one, two, *wanting("p", "5Gi", "5Gi")), {"p": "a1"})


def test_two_claims_of_different_size_do_not_share_the_one_that_fits_both():
    here = world(free("v10", "10Gi", "za"), free("v6", "6Gi", "zb"), *wanting("p", "5Gi", "8Gi"))
    assert not allows(here, {"p": "a1"})
    assert not allows(here, {"p": "b1"})


def tiered(*, fast, slow):
    """Two volumes, one of each tier, and a claim for any of them followed by one for the fast one."""
    volumes = [
        free(name, size, "za", labels={"tier": name}) for name, size in (("fast", fast), ("slow", slow))
    ]
    picky = {"selector": selector(labels={"tier": "fast"})}
    claims = [
        claim(name="c1", storage="5Gi", storage_class="local"),
        claim(name="c2", storage="6Gi", storage_class="local", spec=picky),
    ]
    return [*volumes, *claims, pod(name="p", claims=["c1", "c2"])]


def test_ex_v31_first_claim_takes_the_volume_that_only_the_second_could_use():
    assert not allows(world(*tiered(fast="6Gi", slow="10Gi")), {"p": "a1"})
    assert allows(world(*tiered(fast="10Gi", slow="6Gi")), {"p": "a1"})


def test_v29_claims_of_one_size_choose_in_volume_order():
    """c1 comes first and takes the fast volume, which is smaller, unless c2 is first in the pod."""
    claims = [
        claim(name="c1", storage="5Gi", storage_class="local"),
        claim(
            name="c2",
            storage="5Gi",
            storage_class="local",
            spec={"selector": selector(labels={"tier": "fast"})},
        ),
    ]
    volumes = [free(n, s, "za", labels={"tier": n}) for n, s in (("fast", "5Gi"), ("slow", "6Gi"))]
    pods = [pod(name="p", claims=["c1", "c2"]), pod(name="q", claims=["c2", "c1"])]
    assert not allows(world(*volumes, *claims, pods[0]), {"p": "a1"})
    assert allows(world(*volumes, *claims, pods[1]), {"q": "a1"})


def test_ex_v25_ex_v28_modes_and_selector_choose_among_volumes():
    slow = free("slow", "5Gi", "za", labels={"tier": "slow"})
    fast = free("fast", "5Gi", "za", labels={"tier": "fast"}, modes=["ReadWriteOnce", "ReadWriteMany"])
    picky = {"spec": {"selector": selector(labels={"tier": "fast"})}}
    assert not allows(world(slow, *wanting("p", "5Gi", **picky)), {"p": "a1"})
    assert allows(world(fast, *wanting("p", "5Gi", **picky)), {"p": "a1"})
    assert not allows(world(slow, *wanting("p", "5Gi", modes=["ReadWriteMany"])), {"p": "a1"})
    assert allows(world(fast, *wanting("p", "5Gi", modes=["ReadWriteMany"])), {"p": "a1"})


def test_ex_v27_volumes_that_are_not_to_be_had():
    for taken in (
        free("v", "5Gi", "za", phase="Released"),
        free("v", "5Gi", "za", claim="another"),
        free("v", "5Gi", "za", terminating=True),
    ):
        assert not allows(world(taken, *wanting("p", "5Gi")), {"p": "a1"})


def test_ex_v29_volume_set_aside_hides_all_others():
    aside = free("aside", "100Gi", "za", claim="p-0", phase="Pending")
    here = world(aside, free("v", "8Gi", "zb"), *wanting("p", "5Gi"))
    assert allows(here, {"p": "a1"})
    assert not allows(here, {"p": "b1"})


def test_ex_v30_where_it_could_be_provisioned_no_volume_is_needed():
    mixed = storage_class(name="mixed", topologies=[[(ZONE, ["zb"])]])
    claims = [claim(name=f"c-{name}", storage_class="mixed") for name in "pq"]
    pods = [pod(name=name, claims=[f"c-{name}"]) for name in "pq"]
    here = world(
        mixed, volume(name="v", storage_class="mixed", affinity=[in_zones("za", "zb")]), *claims, *pods
    )
    assert allows(here, {"p": "b1", "q": "b1"})
    assert allows(here, {"p": "a1", "q": "b1"})
    assert not allows(here, {"p": "a1", "q": "a1"})
