"""Pods without a slot they can use: planned as new, on top of what is planned."""

from __future__ import annotations

from extender.book.newcomers import Newcomers
from extender.book.verdicts import Refusal
from solver.model.names import NodeName
from tests import builders as b
from tests.builders import HOSTNAME, ZONE, Raw, f_nodes, snapshot
from tests.extender.desk import key, newcomer_kept, placed, slots_of


def pod(name: str, cpu: str = "3", **rules: object) -> Raw:
    app = name.rpartition("-")[0]
    return b.pod(
        name=name,
        labels={"app": app},
        requests={"cpu": cpu},
        owner=("StatefulSet", app),
        **rules,  # type: ignore[arg-type]
    )


def test_a_newcomer_gets_every_node_nobody_counts_on() -> None:
    slots = slots_of(snapshot(*f_nodes(), pod("db-0"), pod("new-0")), placed(db_0="a1"))
    newcomers = Newcomers(slots, limit=10)
    assert newcomer_kept(newcomers, slots, "new-0") == {"a2", "b1", "b2", "c1"}
    names = [NodeName("a1"), NodeName("c1")]
    new = slots.snapshot.pod_by_key[key("new-0")]
    assert newcomers.judge(new, names) == {"a1": Refusal.NEEDED}


def test_room_beside_a_planned_pod_is_given_away_once() -> None:
    """a1 holds 4 cpu, db-0 counts on 3: there is room for one of the two newcomers, whoever asks first."""
    nodes = [b.node(name="a1", zone="za")]
    slots = slots_of(
        snapshot(*nodes, pod("db-0"), pod("new-0", cpu="1"), pod("new-1", cpu="1")), placed(db_0="a1")
    )
    newcomers = Newcomers(slots, limit=10)
    assert newcomer_kept(newcomers, slots, "new-1") == {"a1"}
    assert newcomer_kept(newcomers, slots, "new-0") == set()
    assert newcomer_kept(newcomers, slots, "new-1") == {"a1"}
    new = slots.snapshot.pod_by_key[key("new-0")]
    assert newcomers.judge(new, [NodeName("a1")]) == {"a1": Refusal.NEEDED}


def test_only_one_node_with_planned_pods_is_set_aside() -> None:
    nodes = [b.node(name=name, zone="za") for name in ("a1", "a2")]
    world = snapshot(*nodes, pod("db-0"), pod("db-1"), pod("new-0", cpu="1"))
    slots = slots_of(world, placed(db_0="a1", db_1="a2"))
    new = world.pod_by_key[key("new-0")]
    refused = Newcomers(slots, limit=10).judge(new, [n.name for n in world.nodes])
    assert refused == {"a2": Refusal.ELSEWHERE}


def test_with_no_seats_left_nothing_is_promised() -> None:
    world = snapshot(b.node(name="a1", zone="za"), pod("db-0"), pod("new-0", cpu="1"))
    slots = slots_of(world, placed(db_0="a1"))
    assert newcomer_kept(Newcomers(slots, limit=0), slots, "new-0") == set()


def test_a_newcomer_does_not_fill_up_a_zone_a_replica_needs() -> None:
    """Two more replicas than planned: one zone each, the next would leave a planned one without."""
    spread = [b.spread(labels={"app": "db"})]
    replicas = [pod(f"db-{i}", cpu="1", spread=spread) for i in range(6)]
    nodes = [b.node(name=name, zone=f"z{name[0]}") for name in ("a1", "b1", "c1")]
    slots = slots_of(snapshot(*nodes, *replicas), placed(db_0="a1", db_1="b1", db_2="c1"))
    newcomers = Newcomers(slots, limit=10)
    zones = [newcomer_kept(newcomers, slots, f"db-{i}") for i in range(3, 6)]
    assert sorted(zones, key=str) == [{"a1"}, {"b1"}, {"c1"}]


def test_ex_x6_the_zones_of_the_cluster_count_not_those_of_the_request() -> None:
    """zb is tainted, so the request lists za alone; with none in zb, za may have one replica: db-0."""
    tainted = [b.taint(key="team", value="x")]
    nodes = [b.node(name=name, zone="za") for name in ("a1", "a2")]
    nodes += [b.node(name=name, zone="zb", taints=tainted) for name in ("b1", "b2")]
    replicas = [pod(f"db-{i}", spread=[b.spread(labels={"app": "db"})]) for i in range(2)]
    slots = slots_of(snapshot(*nodes, *replicas), placed(db_0="a1"))
    later = slots.snapshot.pod_by_key[key("db-1")]
    refused = Newcomers(slots, limit=10).judge(later, [NodeName("a1"), NodeName("a2")])
    assert refused == dict.fromkeys(("a1", "a2"), Refusal.LATER_ZONE)


def test_a_newcomer_on_a_node_that_does_not_count_leads_to_nothing() -> None:
    """T4: c1 has no zone, so nobody is counted there."""
    spread = [b.spread(labels={"app": "db"})]
    other = b.pod(name="new-0", labels={"app": "db"}, requests={"cpu": "1"})
    nodes = [b.node(name="a1", zone="za"), b.node(name="b1", zone="zb"), b.node(name="c1")]
    replicas = [pod(f"db-{i}", spread=spread) for i in range(2)]
    slots = slots_of(snapshot(*nodes, *replicas, other), placed(db_0="a1", db_1="b1"))
    new = slots.snapshot.pod_by_key[key("new-0")]
    refused = Newcomers(slots, limit=10).judge(new, [NodeName("c1"), NodeName("z9")])
    assert refused == {"z9": Refusal.NOT_KNOWN}


def test_a_newcomer_stays_out_of_a_zone_that_refuses_it() -> None:
    lonely = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "new"}))
    world = snapshot(*f_nodes(), pod("db-0", pod_anti_affinity=lonely), pod("new-0", cpu="1"))
    slots = slots_of(world, placed(db_0="a1"))
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "new-0") == {"b1", "b2", "c1"}


def test_a_newcomer_does_not_lead_a_group_astray() -> None:
    """The first pod decides the zone for all that must be together (A9, A10)."""
    together = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))
    replicas = [pod(f"db-{i}", cpu="1", pod_affinity=together) for i in range(3)]
    slots = slots_of(snapshot(*f_nodes(), *replicas), placed(db_0="b1", db_1="b2"))
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "db-2") <= {"b1", "b2"}


def test_a_newcomer_may_join_company_that_runs_already() -> None:
    needy = b.required_terms(b.affinity_term(key=HOSTNAME, labels={"app": "cache"}))
    world = snapshot(
        *f_nodes(),
        pod("cache-0", node="a1", cpu="1"),
        pod("db-0", cpu="1", pod_affinity=needy),
        pod("cache-1"),
    )
    slots = slots_of(world, placed(db_0="a1"))
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "cache-1") == {"a2", "b1", "b2", "c1"}


def test_a_newcomer_takes_no_volume_a_planned_pod_may_need() -> None:
    """db-0 counts on pv-a; the newcomer would be given it anywhere in za, and pv-b in zb."""
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        *(
            b.volume(name=f"pv-{z}", storage_class="local", affinity=[b.in_zones(f"z{z}")], local=True)
            for z in "ab"
        ),
        *(b.claim(name=f"data-{app}", storage_class="local") for app in ("db", "new")),
        pod("db-0", cpu="1", claims=["data-db"]),
        pod("new-0", cpu="1", claims=["data-new"]),
        pod("new-1", cpu="1", claims=["not-in-the-snapshot"]),
    )
    slots = slots_of(world, placed(db_0="a1"))
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "new-0") == {"b1", "b2"}
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "new-1") == set()


def test_a_newcomer_does_not_go_first_with_a_claim_it_shares() -> None:
    """V36: the first user of an unbound claim decides where the other must go."""
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="fast"),
        b.claim(name="shared", storage_class="fast"),
        pod("db-0", cpu="1", claims=["shared"]),
        pod("new-0", cpu="1", claims=["shared"]),
    )
    slots = slots_of(world, placed(db_0="a1"))
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "new-0") == set()


def test_a_newcomer_may_share_a_claim_with_a_pod_that_runs() -> None:
    """Such as the next revision of a pod with a volume: no slot is touched."""
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="fast"),
        b.volume(name="pv", storage_class="fast", claim="data", affinity=[b.in_zones("za")]),
        b.claim(name="data", storage_class="fast", volume="pv"),
        pod("old-0", cpu="1", claims=["data"], node="a1"),
        pod("new-0", cpu="1", claims=["data"]),
    )
    slots = slots_of(world, placed())
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "new-0") == {"a1", "a2"}


def test_where_the_snapshot_is_out_of_date_a_newcomer_falls_through() -> None:
    """Nothing fits as far as the snapshot knows, but kube-scheduler let a1 pass: somebody has left."""
    full = pod("old-0", node="a1")
    slots = slots_of(snapshot(b.node(name="a1", zone="za"), full, pod("new-0")), placed())
    assert newcomer_kept(Newcomers(slots, limit=10), slots, "new-0") == {"a1"}


def test_a_pod_cut_off_from_its_nodes_is_planned_within_the_request() -> None:
    """db-0's own a1 is not offered; a2 is needed by db-1 and has room for both."""
    nodes = [b.node(name=f"a{i}", zone="za", cpu="8") for i in range(1, 4)]
    pods = [pod("db-0"), pod("other-0", cpu="2"), pod("third-0", cpu="1")]
    slots = slots_of(snapshot(*nodes, *pods), placed(db_0="a1", other_0="a2", third_0="a3"), shared_nodes=0)
    db = slots.snapshot.pod_by_key[key("db-0")]
    newcomers = Newcomers(slots, limit=10)
    group = slots.group_of[db.key]
    assert newcomers.reseat(db, group, [NodeName("a2")]) == "a2"
    assert newcomers.reseat(db, group, [NodeName("a3"), NodeName("a2")]) == "a2"  # asked again


def test_a_pod_cut_off_from_its_nodes_takes_no_room_others_need() -> None:
    slots = slots_of(
        snapshot(*f_nodes(), pod("db-0"), pod("other-0", cpu="2")), placed(db_0="a1", other_0="a2")
    )
    db = slots.snapshot.pod_by_key[key("db-0")]
    assert Newcomers(slots, limit=10).reseat(db, slots.group_of[db.key], [NodeName("a2")]) is None
