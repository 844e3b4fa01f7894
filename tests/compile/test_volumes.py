"""Volume groups, claim kinds and shared claims."""

from __future__ import annotations

from tests.builders import (
    ZONE,
    attachment,
    claim,
    csi_node,
    f_nodes,
    in_zones,
    pod,
    snapshot,
    storage_class,
    volume,
)
from tests.constraints.judge import LENIENT, STRICT, compiled

LOCAL = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")


def problem_of(*objects, config=STRICT):
    return compiled(snapshot(*f_nodes(), LOCAL, *objects), config)


def wanting(name, size, *, storage_class="local"):
    return [
        claim(name=f"c-{name}", storage=size, storage_class=storage_class),
        pod(name=name, claims=[f"c-{name}"]),
    ]


def test_volumes_alike_to_every_claim_are_one_group():
    volumes = [
        volume(name=f"{zone}{i}", storage=size, storage_class="local", affinity=[in_zones(zone)])
        for zone in ("za", "zb")
        for i, size in enumerate(("1Gi", "1Gi", "5Gi"))
    ]
    problem = problem_of(*volumes, *wanting("p", "1Gi"), *wanting("q", "4Gi"))
    sizes = sorted(group.size for group in problem.volume_groups)
    assert sizes == [1, 1, 2, 2]  # by zone, and by whether q's claim may have them
    small, large = problem.claim_kinds
    assert len(small.groups) == 4
    assert len(large.groups) == 2


def test_claims_that_can_be_provisioned_everywhere_need_no_volume():
    fast = storage_class(name="fast")
    free = volume(name="free", storage_class="fast")
    assert problem_of(fast, free, *wanting("p", "1Gi", storage_class="fast")).claim_kinds == ()


def test_v28_static_volume_where_it_could_be_provisioned_is_an_approximation():
    mixed = storage_class(name="mixed", topologies=[[(ZONE, ["za"])]])
    free = volume(name="free", storage_class="mixed", affinity=[in_zones("za", "zb")])
    problem = problem_of(mixed, free, *wanting("p", "1Gi", storage_class="mixed"))
    assert [kind.needed.tolist() for kind in problem.claim_kinds] == [[False, False, True, True, True]]
    assert problem.approximations


def test_shared_unbound_static_claim_is_an_approximation_only_without_v44():
    shared = [claim(name="c", storage_class="local"), volume(name="v", storage_class="local")]
    users = [pod(name=n, claims=["c"]) for n in "pq"]
    assert problem_of(*shared, *users).approximations == ()
    assert problem_of(*shared, *users, config=LENIENT).approximations
    assert [c.one_node for c in problem_of(*shared, *users, config=LENIENT).shared_claims] == [True]


def attached(limit, *, node="a1"):
    """A pod whose bound volume is attached to the node already."""
    return [
        csi_node(name="a1", limits={"csi.example.com": limit}),
        volume(name="pv", claim="data", driver="csi.example.com"),
        claim(name="data", volume="pv"),
        attachment(name="va", attacher="csi.example.com", node=node, volume="pv"),
        pod(name="p", claims=["data"]),
    ]


def test_v14_double_count_is_an_approximation_only_where_the_limit_is_near():
    assert problem_of(*attached(1)).approximations
    assert problem_of(*attached(2)).approximations == ()
    assert problem_of(*attached(1, node="b1")).approximations == ()
