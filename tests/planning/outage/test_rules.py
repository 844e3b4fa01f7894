"""C16-C27 and their worked examples, one claim each, on fixture F: a1 a2 in za, b1 b2 in zb, c1 in zc."""

from __future__ import annotations

import pytest
from frozendict import frozendict

import tests.builders as b
from solver.engine.budget import Budget
from solver.model.names import ZONE, NodeName
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.planning.carried_out import carried_out
from solver.planning.outage.answer import (
    Assumptions,
    Fencing,
    LossVerdict,
    Model,
    QuorumSource,
    WorkloadVerdict,
)
from solver.planning.outage.loss import Domain, lose
from solver.planning.outage.outage import outage
from solver.planning.outage.quorum import parse_quorums
from solver.planning.outage.timing import DEFAULT_TIMING, Span, with_setting
from solver.planning.storage import Overrides
from solver.planning.storage.consequences import Fate
from solver.planning.storage.overrides import override_of
from tests.planning.outage.worlds import (
    CONFIG,
    PLAIN,
    RWX,
    after,
    at,
    bound,
    down,
    homes,
    of,
    replica_set,
    stateful_set,
)

ZONES = {"a1": "za", "a2": "za", "b1": "zb", "b2": "zb", "c1": "zc"}
DRIVER = b.csi_driver(name="csi.example.com")


def world(*objects: b.Raw, cpu: str = "4") -> Snapshot:
    return b.snapshot(*b.f_nodes(cpu=cpu), DRIVER, *objects)


# what comes back, and how


def test_c17_pods_of_a_replica_set_come_back_by_themselves() -> None:
    fate = of(after(world(*replica_set("web", ["a1", "b1"])), ("node", "a1")), "web")
    assert homes(fate).keys() == {"web-0"}
    assert homes(fate)["web-0"][1] == "auto"
    assert (fate.left, fate.verdict) == (1, WorkloadVerdict.RECOVERS)


def test_c17_pods_of_a_daemon_set_stay_with_their_node() -> None:
    found = after(world(*replica_set("agent", ["a1"], kind="DaemonSet")), ("node", "a1"))
    assert (found.workloads, found.bound_to_nodes) == ((), 1)


def test_a_pod_without_a_controller_stays_down() -> None:
    fate = of(after(world(b.pod(name="lone", node="a1")), ("node", "a1")), "lone")
    assert (down(fate), fate.verdict) == ({"lone": "NoController"}, WorkloadVerdict.DOWN)


def test_numbered_pods_of_no_controller_are_told_of_together_and_can_have_a_quorum() -> None:
    disks = [
        made for n in range(3) for made in bound(f"d{n}", driver="csi.example.com", affinity=[at(ZONE, "za")])
    ]
    db = [
        b.pod(name=f"db-{n}", node=h, labels={"app": "db"}, claims=[f"d{n}"])
        for n, h in enumerate(("a1", "a2", "a1"))
    ]
    snapshot = world(*disks, *db)
    fate = of(after(snapshot, ("node", "a2")), "db")
    assert (fate.model, fate.now, fate.left, fate.verdict) == (
        Model.SHARD_AND_REPLICATE,
        3,
        2,
        WorkloadVerdict.DEGRADED,
    )
    quorate = Assumptions(quorums=parse_quorums("db=2"))
    assert (
        of(after(snapshot, ("node", "a1"), assumptions=quorate), "db").verdict is WorkloadVerdict.QUORUM_LOST
    )


def test_what_an_unknown_controller_does_is_unknown() -> None:
    fate = of(after(world(*replica_set("pg", ["a1"], kind="Cluster")), ("node", "a1")), "pg")
    assert (down(fate), fate.verdict) == ({"pg-0": "UnknownController"}, WorkloadVerdict.UNKNOWN)


def test_c21_a_stateful_set_waits_for_fencing() -> None:
    fate = of(after(world(*stateful_set("db", ["a1", "b1", "c1"])), ("node", "a1")), "db")
    assert homes(fate)["db-0"][1] == "fence"
    assert fate.returned[0].fencing == (Fencing.STATEFUL_SET,)


def test_c19_with_nodes_deleted_it_comes_back_by_itself() -> None:
    deleted = Assumptions(nodes_deleted=True)
    snapshot = world(*stateful_set("db", ["a1", "b1", "c1"]))
    assert homes(of(after(snapshot, ("node", "a1"), assumptions=deleted), "db"))["db-0"][1] == "auto"


def test_ex_c8_a_zonal_volume_comes_back_in_its_zone_after_fencing() -> None:
    fate = of(after(world(*stateful_set("db", ["a1"], ZONES)), ("node", "a1")), "db")
    assert homes(fate) == {"db-0": ("a2", "fence")}


def test_ex_c8_and_never_in_another_zone() -> None:
    fate = of(after(world(*stateful_set("db", ["a1"], ZONES)), (ZONE, "za")), "db")
    assert (homes(fate), down(fate)) == ({}, {"db-0": "Volumes"})


def test_ex_c9_a_deployment_on_shared_distributed_storage_is_back_after_about_six_minutes() -> None:
    shared = bound("d", modes=RWX, driver="cephfs.csi.ceph.com")
    web = replica_set("web", ["a1", "b1"], claims=["d"])
    fate = of(after(world(*shared, *web), ("node", "a1")), "web")
    assert (fate.returned[0].recovery.value, fate.returned[0].after) == ("auto", Span(low_s=340, high_s=350))
    assert fate.model is Model.SHARED_DATA


def test_c18_an_attached_volume_of_a_deployment_waits_for_fencing() -> None:
    disk = bound("d", driver="csi.example.com", affinity=[at(ZONE, "za")])
    fate = of(after(world(*disk, *replica_set("web", ["a1"], claims=["d"])), ("node", "a1")), "web")
    assert homes(fate) == {"web-0": ("a2", "fence")}
    assert fate.returned[0].fencing == (Fencing.ATTACHED_VOLUME,)
    assert fate.verdict is WorkloadVerdict.DOWN


def test_c18_what_is_never_attached_is_not_waited_for() -> None:
    share = bound("d", spec={"nfs": {"server": "10.0.0.1", "path": "/"}})
    fate = of(after(world(*share, *replica_set("web", ["a1"], claims=["d"])), ("node", "a1")), "web")
    assert fate.returned[0].recovery.value == "auto"


def test_c14_a_single_pod_claim_waits_for_the_old_pod_to_go() -> None:
    single = bound("d", modes=["ReadWriteOncePod"], spec={"nfs": {"server": "10.0.0.1", "path": "/"}})
    fate = of(after(world(*single, *replica_set("web", ["a1"], claims=["d"])), ("node", "a1")), "web")
    assert fate.returned[0].fencing == (Fencing.SINGLE_POD_CLAIM,)


def test_ex_c14_pods_that_share_a_claim_of_one_node_move_together() -> None:
    disk = bound("d", driver="csi.example.com", affinity=[at(ZONE, "za", "zb")])
    web = replica_set("web", ["a1", "a1"], claims=["d"])
    found = homes(of(after(world(*disk, *web), (ZONE, "za")), "web"))
    assert found.keys() == {"web-0", "web-1"}
    assert len({node for node, _ in found.values()}) == 1


def test_w14_an_ordinal_that_stays_down_keeps_later_ones_down() -> None:
    local = [
        *bound("data-db-0", local=True, affinity=[at(b.HOSTNAME, "a1")]),
        b.stateful_set(name="db", replicas=2),
        b.pod(name="db-0", node="a1", owner=("StatefulSet", "db"), claims=["data-db-0"]),
        b.pod(name="db-1", node="a1", owner=("StatefulSet", "db")),
    ]
    assert down(of(after(world(*local), ("node", "a1")), "db")) == {
        "db-0": "Volumes",
        "db-1": "OrderedBehind",
    }
    local[2] = b.stateful_set(name="db", replicas=2, parallel=True)
    assert down(of(after(world(*local), ("node", "a1")), "db")) == {"db-0": "Volumes"}


# evictions


def tolerating(seconds: int | None) -> b.Raw:
    toleration = b.toleration(key="node.kubernetes.io/unreachable", operator="Exists", effect="NoExecute")
    return toleration if seconds is None else {**toleration, "tolerationSeconds": seconds}


def test_c16_pods_are_evicted_when_their_toleration_ends() -> None:
    web = replica_set("web", ["a1"], tolerations=[tolerating(30)])
    fate = of(after(world(*web), ("node", "a1")), "web")
    assert fate.returned[0].after == Span(low_s=70, high_s=80)


def test_c16_a_pod_that_tolerates_the_taint_for_ever_waits_for_fencing() -> None:
    web = replica_set("web", ["a1"], tolerations=[tolerating(None)])
    fate = of(after(world(*web), ("node", "a1")), "web")
    assert fate.returned[0].fencing == (Fencing.TOLERATES_FOR_EVER,)


def test_c20_evictions_stop_where_most_of_a_small_zone_is_down() -> None:
    nodes = [b.node(name=f"d{n}", zone="zd") for n in range(4)]
    web = replica_set("web", ["d0"])
    lost = [("node", f"d{n}") for n in range(3)]
    fate = of(after(world(*nodes, *web), *lost), "web")
    assert fate.returned[0].fencing == (Fencing.EVICTIONS_STOPPED,)
    whole = of(after(world(*nodes, *web), (ZONE, "zd")), "web")
    assert whole.returned[0].after == Span(low_s=340, high_s=380)


def test_c20_nothing_is_evicted_when_every_zone_is_down() -> None:
    lost = [(ZONE, zone) for zone in ("za", "zb", "zc")]
    fate = of(after(world(*replica_set("web", ["a1"])), *lost), "web")
    assert homes(fate) == {}


def test_timings_can_be_said() -> None:
    timing = with_setting(with_setting(DEFAULT_TIMING, "grace=10s"), "eviction=1m")
    fate = of(
        after(world(*replica_set("web", ["a1"])), ("node", "a1"), assumptions=Assumptions(timing=timing)),
        "web",
    )
    assert fate.returned[0].after == Span(low_s=70, high_s=70)


# data


def data(snapshot: Snapshot, *lost: tuple[str, str]) -> dict[str, Fate]:
    return {one.example: one.fate for one in after(snapshot, *lost).data}


def test_c24_a_local_volume_stays_with_its_node() -> None:
    objects = [
        *bound("data-db-0", local=True, affinity=[at(b.HOSTNAME, "a1")]),
        b.pod(name="db-0", node="a1", owner=("StatefulSet", "db"), claims=["data-db-0"]),
    ]
    assert down(of(after(world(*objects), ("node", "a1")), "db")) == {"db-0": "Volumes"}
    assert data(world(*objects), ("node", "a1")) == {"pv-data-db-0": Fate.DISK}


def test_c24_scratch_space_is_lost_by_design_and_keeps_nobody_down() -> None:
    web = replica_set("web", ["a1"], volumes=[{"name": "tmp", "emptyDir": {}}])
    assert data(world(*web), ("node", "a1")) == {"prod/web-0/tmp": Fate.LOST}
    assert of(after(world(*web), ("node", "a1")), "web").verdict is WorkloadVerdict.RECOVERS


def test_c24_generic_ephemeral_volumes_are_made_anew() -> None:
    claim = b.claim(
        name="web-0-tmp",
        volume="pv-tmp",
        storage_class="c",
        owner=("Pod", "web-0"),
        owner_uid="uid-prod-web-0",
    )
    volume = b.volume(name="pv-tmp", claim="web-0-tmp", storage_class="c", affinity=[at(ZONE, "za")])
    web = replica_set("web", ["a1"], volumes=[b.ephemeral_volume(name="tmp", storage_class="c")])
    snapshot = world(b.storage_class(name="c"), claim, volume, *web)
    assert data(snapshot, (ZONE, "za")) == {"prod/web-0-tmp": Fate.LOST}
    assert homes(of(after(snapshot, (ZONE, "za")), "web")).keys() == {"web-0"}


def test_c24_a_path_of_the_node_is_left_behind() -> None:
    web = replica_set("web", ["a1"], volumes=[{"name": "h", "hostPath": {"path": "/x"}}])
    assert data(world(*web), ("node", "a1")) == {"prod/web-0/h": Fate.LEFT_BEHIND}
    assert homes(of(after(world(*web), ("node", "a1")), "web"))["web-0"][1] == "auto"


def test_c24_zonal_data_is_kept_and_out_of_reach_when_its_zone_goes() -> None:
    db = stateful_set("db", ["a1"], ZONES)
    assert data(world(*db), ("node", "a1")) == {"pv-data-db-0": Fate.KEPT}
    assert data(world(*db), (ZONE, "za")) == {"pv-data-db-0": Fate.UNREACHABLE}


def test_c24_a_regional_volume_goes_on_in_its_other_zone() -> None:
    disk = bound("d", driver="pd.csi.storage.gke.io", affinity=[at(ZONE, "za", "zb")])
    db = [
        b.stateful_set(name="db", replicas=1),
        b.pod(name="db-0", node="a1", owner=("StatefulSet", "db"), claims=["d"]),
    ]
    fate = of(after(world(*disk, *db), (ZONE, "za")), "db")
    assert homes(fate)["db-0"] in {("b1", "fence"), ("b2", "fence")}


def test_ex_c13_a_regional_volume_needs_a_node_in_one_of_its_zones() -> None:
    disk = bound("d", driver="pd.csi.storage.gke.io", affinity=[at(ZONE, "za", "zb")])
    fate = of(after(world(*disk, *replica_set("db", ["a1"], claims=["d"])), (ZONE, "za"), (ZONE, "zb")), "db")
    assert down(fate) == {"db-0": "Volumes"}


def test_ex_c6_a_volume_replicated_on_named_nodes_is_used_on_the_one_that_is_left() -> None:
    keys = [
        b.node(name=n, zone=z, labels={"linbit.com/hostname": n}) for n, z in (("x1", "za"), ("y1", "zb"))
    ]
    disk = bound("d", driver="linstor.csi.linbit.com", affinity=[at("linbit.com/hostname", "x1", "y1")])
    fate = of(after(world(*keys, *disk, *replica_set("db", ["x1"], claims=["d"])), (ZONE, "za")), "db")
    assert homes(fate) == {"db-0": ("y1", "fence")}


def test_ex_c7_volumes_that_no_node_reaches_together_keep_a_pod_down() -> None:
    objects = [
        *bound("l", local=True, affinity=[at(b.HOSTNAME, "a1")]),
        *bound("z", driver="csi.example.com", affinity=[at(ZONE, "zb")]),
        *replica_set("db", ["b1"], claims=["l", "z"]),
    ]
    fate = of(after(world(*objects), ("node", "b1")), "db")
    assert down(fate) == {"db-0": "Volumes"}
    assert set(fate.down[0].claims) == {"prod/l", "prod/z"}


def test_c24_pods_elsewhere_do_not_survive_a_server_that_may_be_lost() -> None:
    share = bound("d", modes=RWX, driver="nfs.csi.k8s.io")
    fate = of(after(world(*share, *replica_set("web", ["a1", "b1"], claims=["d"])), (ZONE, "za")), "web")
    assert (fate.left, fate.uncertain, fate.verdict) == (0, 1, WorkloadVerdict.UNKNOWN)
    assert down(fate) == {"web-0": "UnknownStorage", "web-1": "UnknownStorage"}


@pytest.mark.parametrize(
    ("zones", "left", "verdict"),
    [
        ("za", 0, WorkloadVerdict.DOWN),
        ("zc", 1, WorkloadVerdict.RECOVERS),
        ("za,zb", 0, WorkloadVerdict.UNKNOWN),
        ("za,zb,zc", 1, WorkloadVerdict.RECOVERS),
    ],
)
def test_c10_where_scale_out_storage_lives_decides_whether_a_zone_is_survived(
    zones: str, left: int, verdict: WorkloadVerdict
) -> None:
    """A majority of its zones has to be left; with half of them nobody knows."""
    share = bound(
        "d", modes=RWX, driver="cephfs.csi.ceph.com", annotations={"bulkhead.dev/data-zones": zones}
    )
    fate = of(after(world(*share, *replica_set("web", ["a1", "b1"], claims=["d"])), (ZONE, "za")), "web")
    assert (fate.left, fate.verdict) == (left, verdict)


def test_c10_a_user_may_say_that_storage_comes_back_by_itself_or_not_at_all() -> None:
    def said(recovery: str) -> Snapshot:
        notes = {"bulkhead.dev/recovery": recovery}
        disk = bound("d", driver="csi.example.com", affinity=[at(ZONE, "za")], annotations=notes)
        return world(*disk, *replica_set("web", ["a1"], claims=["d"]))

    assert homes(of(after(said("auto"), ("node", "a1")), "web")) == {"web-0": ("a2", "auto")}
    assert homes(of(after(said("fence"), ("node", "a1")), "web")) == {"web-0": ("a2", "fence")}
    assert down(of(after(said("no"), ("node", "a1")), "web")) == {"web-0": "Override"}


def test_a_replica_with_peers_left_can_be_rebuilt_with_new_claims_elsewhere() -> None:
    """On a node that would take it with an empty volume; without peers nothing could fill that."""
    rebuilding = Assumptions(rebuild=True)
    storage_class = b.storage_class(name="c")
    many = of(
        after(
            world(storage_class, *stateful_set("db", ["a1", "b1", "c1"], ZONES)),
            (ZONE, "za"),
            assumptions=rebuilding,
        ),
        "db",
    )
    assert [one.anew for one in many.down if one.anew in {"b1", "b2", "c1"}] == [many.down[0].anew]
    alone = of(
        after(world(storage_class, *stateful_set("db", ["a1"], ZONES)), (ZONE, "za"), assumptions=rebuilding),
        "db",
    )
    assert [one.anew for one in alone.down] == [None]
    static = b.storage_class(name="c", provisioner="kubernetes.io/no-provisioner")
    none = of(
        after(
            world(static, *stateful_set("db", ["a1", "b1", "c1"], ZONES)),
            (ZONE, "za"),
            assumptions=rebuilding,
        ),
        "db",
    )
    assert [one.anew for one in none.down] == [None]


def test_a_planned_volume_of_a_driver_nobody_describes_is_unknown_until_somebody_says() -> None:
    """Where it will be is expected to be one zone; what it is like is not known by that."""
    planned = [
        b.storage_class(name="c"),
        b.claim(name="d", storage_class="c"),
        b.pod(name="db", claims=["d"], labels={"a": "b"}),
    ]
    waiting = world(*planned)
    put = Placement(assignments=(Assignment(pod=waiting.pending[0].key, node=NodeName("a1")),))
    snapshot = carried_out(waiting, put)
    assert data(snapshot, (ZONE, "za")) == {"pv-prod-d": Fate.UNKNOWN}
    assert data(snapshot, (ZONE, "zb")) == {}
    said = Overrides(classes=frozendict({"c": override_of({"storage": "zonal"}, "--storage")}))
    found = after(snapshot, (ZONE, "za"), assumptions=Assumptions(overrides=said))
    assert [one.fate for one in found.data] == [Fate.UNREACHABLE]


# room and rules


def test_a_pod_without_room_stays_down_and_says_of_what() -> None:
    web = replica_set("web", ["a1", "b1"], requests={"cpu": "3"})
    full = [b.pod(name=f"f{n}", node=n, requests={"cpu": "2"}) for n in ("a2", "b2", "c1")]
    fate = of(after(world(*web, *full), ("node", "a1")), "web")
    assert (down(fate), fate.down[0].lacking) == ({"web-0": "Resources"}, ("cpu",))
    assert fate.verdict is WorkloadVerdict.DEGRADED


def spreading(policy: str | None = None) -> list[b.Raw]:
    return replica_set(
        "web", ["a1", "b1", "c1"], spread=[b.spread(labels={"app": "web"}, taints_policy=policy)]
    )


def test_ex_c10_a_dead_zone_that_still_counts_keeps_its_pod_pending() -> None:
    fate = of(after(world(*spreading()), (ZONE, "zc")), "web")
    assert down(fate) == {"web-2": "TopologySpread"}


def test_c27_it_is_said_that_the_lost_domain_is_why() -> None:
    assert of(after(world(*spreading()), (ZONE, "zc")), "web").down[0].lost_domain


def test_ex_c11_a_rule_that_heeds_taints_lets_it_in() -> None:
    fate = of(after(world(*spreading("Honor")), (ZONE, "zc")), "web")
    assert homes(fate).keys() == {"web-2"}


def test_c26_with_its_nodes_deleted_a_dead_zone_counts_no_more() -> None:
    fate = of(after(world(*spreading()), (ZONE, "zc"), assumptions=Assumptions(nodes_deleted=True)), "web")
    assert homes(fate).keys() == {"web-2"}


def apart(homes_: list[str]) -> list[b.Raw]:
    anti = b.required_terms(b.affinity_term(labels={"app": "web"}, key=b.HOSTNAME))
    return replica_set("web", homes_, pod_anti_affinity=anti)


def test_ex_c12_replicas_that_keep_apart_need_a_spare_node() -> None:
    nodes = [b.node(name=f"n{i}") for i in range(4)]
    few = b.snapshot(*nodes[:3], *apart(["n0", "n1", "n2"]))
    assert down(of(after(few, ("node", "n0")), "web")) == {"web-0": "PodAntiAffinity"}
    more = b.snapshot(*nodes, *apart(["n0", "n1", "n2"]))
    assert homes(of(after(more, ("node", "n0")), "web")) == {"web-0": ("n3", "auto")}


def test_c26_dying_pods_on_lost_nodes_still_keep_others_away_until_they_are_gone() -> None:
    """Anti-affinity over zones: the dying pod's zone is that of a node that is left."""
    anti = b.required_terms(b.affinity_term(labels={"app": "web"}, key=ZONE))
    nodes = [b.node(name=n, zone="za") for n in ("a1", "a2")]
    web = replica_set("web", ["a1"], pod_anti_affinity=anti)
    fate = of(after(b.snapshot(*nodes, *web), ("node", "a1")), "web")
    assert homes(fate) == {"web-0": ("a2", "fence")}


def test_c26_a_pod_that_tolerates_everything_is_not_put_on_a_lost_node() -> None:
    web = replica_set("web", ["a1"], tolerations=[b.toleration(operator="Exists")], requests={"cpu": "3"})
    full = [b.pod(name=f"f{n}", node=n, requests={"cpu": "2"}) for n in ("a2", "b1", "b2", "c1")]
    assert homes(of(after(world(*web, *full), ("node", "a1")), "web")) == {}


def test_what_there_was_no_time_for_is_undecided_and_never_good() -> None:
    snapshot = world(*replica_set("web", ["a1"]))
    loss = lose(snapshot, [Domain(key="node", value="a1")])
    found = outage(snapshot, [loss], PLAIN, CONFIG, Budget(0.0))
    (fate,) = found.fates[0].workloads
    assert (down(fate), fate.verdict) == ({"web-0": "NotDecided"}, WorkloadVerdict.UNKNOWN)
    assert found.verdict is LossVerdict.UNKNOWN


# quorum


def test_quorum_is_a_majority_of_a_stateful_set_unless_somebody_says_otherwise() -> None:
    snapshot = world(*stateful_set("db", ["a1", "a2", "b1", "b2", "c1"], ZONES))
    quorum = of(after(snapshot, (ZONE, "zc")), "db").quorum
    assert (quorum.needs, quorum.source) == (3, QuorumSource.MAJORITY)
    found = after(snapshot, (ZONE, "za"))
    assert (of(found, "db").verdict, found.verdict) == (WorkloadVerdict.QUORUM_HELD, LossVerdict.OK)


def test_an_annotation_says_what_a_quorum_is() -> None:
    objects = stateful_set("db", ["a1", "b1", "c1"], ZONES)
    objects[0]["metadata"]["annotations"] = {"bulkhead.dev/quorum": "3"}
    fate = of(after(world(*objects), (ZONE, "za")), "db")
    assert (fate.quorum.source, fate.verdict) == (QuorumSource.ANNOTATION, WorkloadVerdict.QUORUM_LOST)


def test_a_quorum_that_comes_back_later_is_lost_all_the_same() -> None:
    """Everything returns after fencing; until then nobody serves."""
    fate = of(after(world(*stateful_set("db", ["a1", "a2", "b1"])), (ZONE, "za")), "db")
    assert len(fate.returned) == 2
    assert fate.verdict is WorkloadVerdict.QUORUM_LOST


def test_pods_on_a_node_that_is_not_ready_are_not_counted_on() -> None:
    sick = b.node(name="d1", zone="zd", ready=False)
    fate = of(after(world(sick, *stateful_set("db", ["a1", "b1", "d1"])), ("node", "a1")), "db")
    assert (fate.left, fate.uncertain, fate.verdict) == (1, 1, WorkloadVerdict.UNKNOWN)
    assert down(fate)["db-2"] == "NotReady"


def test_replicas_of_a_stateful_set_that_share_data_are_no_quorum() -> None:
    share = bound("d", modes=RWX, driver="cephfs.csi.ceph.com", annotations={"bulkhead.dev/data-zones": "zb"})
    pods = [
        b.pod(name=f"s-{n}", node=h, owner=("StatefulSet", "s"), claims=["d"])
        for n, h in enumerate(("a1", "b1"))
    ]
    fate = of(after(world(*share, *pods), ("node", "a1")), "s")
    assert (fate.model, fate.quorum.source) == (Model.SHARED_DATA, QuorumSource.ONE)
