"""A plan carried out: pods run, claims are bound, and the next question sees it."""

from __future__ import annotations

import tests.builders as b
from solver.model.config import SolveConfig
from solver.model.names import ZONE, NodeName, claim_key, pod_key
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.carried_out import carried_out
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from tests.scenario_files import shop
from tests.strategies import question_of


def put(**homes: str) -> Placement:
    return Placement(
        assignments=tuple(
            Assignment(pod=pod_key("prod", pod.replace("_", "-")), node=NodeName(node))
            for pod, node in homes.items()
        )
    )


def zonal(*objects: b.Raw) -> Snapshot:
    return b.snapshot(
        *b.f_nodes(),
        b.storage_class(name="zonal"),
        b.csi_node(name="b1", limits={"csi.example.com": 9}),
        *objects,
    )


def test_a_new_volume_can_be_reached_from_its_zone_only() -> None:
    before = zonal(b.claim(name="data", storage_class="zonal"), b.pod(name="db", claims=["data"]))
    after = carried_out(before, put(db="b1"))
    claim = after.claim_by_key[claim_key("prod", "data")]
    assert claim.is_bound
    assert claim.volume_name is not None
    volume = after.volume_by_name[claim.volume_name]
    assert [
        n.name for n in after.nodes if volume.node_affinity and volume.node_affinity.reaches(n.labels)
    ] == [
        "b1",
        "b2",
    ]
    assert after.pending == ()
    assert [pod.node_name for pod in after.running] == ["b1"]


def test_a_free_volume_becomes_that_of_the_claim() -> None:
    disk = b.volume(
        name="disk",
        storage_class="local",
        local=True,
        affinity=[b.node_term(expressions=[b.expression(key=b.HOSTNAME, operator="In", values=["a1"])])],
    )
    before = b.snapshot(
        *b.f_nodes(),
        b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        disk,
        b.claim(name="data", storage_class="local"),
        b.pod(name="db", claims=["data"]),
    )
    after = carried_out(before, put(db="a1"))
    assert after.claims[0].volume_name == "disk"
    assert len(after.volumes) == 1
    assert after.volumes[0].claim_ref is not None


def test_pods_left_out_of_the_plan_still_wait() -> None:
    before = b.snapshot(*b.f_nodes(), b.pod(name="one"), b.pod(name="two"))
    assert [pod.name for pod in carried_out(before, put(one="a1")).pending] == ["two"]


def test_the_shop_once_planned_would_be_planned_the_same_place_by_place() -> None:
    """Every pod taken off again passes kube-scheduler's filters on its own node, with its volumes bound."""
    before = shop()
    plan = place(before, question_of(before), SolveConfig()).placement
    after = carried_out(before, plan)
    assert after.pending == ()
    assert sum(volume.claim_ref is not None for volume in after.volumes) == 3 + 6
    state = ClusterState.of(after)
    zones = {node.name: node.labels[ZONE] for node in after.nodes}
    for pod in after.running:
        home = pod.node_name
        assert home is not None
        state.remove(pod.key)
        feasible = verdict(pod, state, scored=False).feasible
        assert home in feasible
        if pod.claims:
            assert {zones[name] for name in feasible} == {zones[home]}
        state.add(pod, home)
