"""Which nodes a planned pod may take, rule by rule."""

from __future__ import annotations

from extender.book.verdicts import Refusal
from tests import builders as b
from tests.builders import HOSTNAME, ZONE, Raw, f_nodes, snapshot
from tests.extender.desk import kept, placed, refusals, slots_of


def db(name: str, **rules: object) -> Raw:
    """One replica of a StatefulSet."""
    return b.pod(
        name=name,
        labels={"app": "db"},
        requests={"cpu": "3"},
        owner=("StatefulSet", "db"),
        **rules,  # type: ignore[arg-type]
    )


def web(name: str, cpu: str = "2") -> Raw:
    return b.pod(name=name, labels={"app": "web"}, requests={"cpu": cpu}, owner=("ReplicaSet", "web"))


SPREAD = b.spread(labels={"app": "db"})
APART = b.required_terms(b.affinity_term(key=HOSTNAME, labels={"app": "db"}))
ONE_PER_ZONE = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))
TOGETHER = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))


def test_a_pod_alone_may_go_wherever_it_fits() -> None:
    slots = slots_of(snapshot(*f_nodes(), web("web-0")), placed(web_0="a1"))
    assert kept(slots, "web-0") == {"a1", "a2", "b1", "b2", "c1"}


def test_a_node_the_snapshot_does_not_know_is_refused() -> None:
    slots = slots_of(snapshot(*f_nodes(), web("web-0")), placed(web_0="a1"))
    assert refusals(slots, "web-0", ["a1", "z9"]) == {"z9": Refusal.NOT_KNOWN}


def test_a_node_that_does_not_suit_the_pod_is_refused_for_what_it_is() -> None:
    tainted = b.node(name="t1", zone="za", taints=[b.taint(key="team", value="x")])
    slots = slots_of(snapshot(*f_nodes(), tainted, web("web-0")), placed(web_0="a1"))
    assert refusals(slots, "web-0") == {"t1": Refusal.UNFIT}


def test_a_node_another_pod_needs_is_refused() -> None:
    world = snapshot(*f_nodes(), db("db-0"), web("web-0"))
    slots = slots_of(world, placed(db_0="a1", web_0="a2"))
    assert refusals(slots, "web-0", ["a1", "a2", "b1"]) == {"a1": Refusal.NEEDED}
    assert refusals(slots, "db-0", ["a1", "a2", "b1"]) == {"a2": Refusal.NEEDED}


def test_a_node_another_pod_needs_is_shared_when_both_fit() -> None:
    world = snapshot(*f_nodes(), db("db-0"), web("web-0", cpu="1"))
    slots = slots_of(world, placed(db_0="a1", web_0="a2"))
    assert kept(slots, "web-0", ["a1", "a2"]) == {"a1", "a2"}
    assert kept(slots, "db-0", ["a1", "a2"]) == {"a1", "a2"}


def test_what_is_shared_is_counted_against_everybody_who_may_come() -> None:
    """4 cpu on a1: db-0 takes 3, so one web pod of 1 cpu may come, not two with different needs."""
    other = b.pod(name="other-0", labels={"app": "other"}, requests={"cpu": "1", "memory": "1Gi"})
    world = snapshot(*f_nodes(), db("db-0"), web("web-0", cpu="1"), other)
    slots = slots_of(world, placed(db_0="a1", web_0="a2", other_0="b1"))
    guests = [name for name in ("web-0", "other-0") if "a1" in kept(slots, name)]
    assert len(guests) == 1


def test_nothing_is_shared_when_the_operator_says_so() -> None:
    world = snapshot(*f_nodes(), db("db-0"), web("web-0", cpu="1"))
    slots = slots_of(world, placed(db_0="a1", web_0="a2"), shared_nodes=0)
    assert refusals(slots, "web-0", ["a1", "a2"]) == {"a1": Refusal.UNPROVED}


def test_host_ports_and_pod_counts_are_counted_too() -> None:
    port = [b.container(requests={"cpu": "1"}, ports=[{"containerPort": 80, "hostPort": 80}])]
    other = [b.container(requests={"cpu": "2"}, ports=[{"containerPort": 80, "hostPort": 80}])]
    listening = [b.pod(name="p-0", containers=port), b.pod(name="q-0", containers=other)]
    slots = slots_of(snapshot(*f_nodes(), *listening), placed(p_0="a1", q_0="a2"))
    assert refusals(slots, "p-0", ["a1", "a2"]) == {"a2": Refusal.NEEDED}
    crowded = [b.node(name="a1", zone="za", pods="1"), b.node(name="a2", zone="za", pods="1")]
    slots = slots_of(snapshot(*crowded, db("db-0"), web("web-0", "1")), placed(db_0="a1", web_0="a2"))
    assert refusals(slots, "web-0") == {"a1": Refusal.NEEDED}


def test_attach_limits_are_counted_for_everybody_who_may_come() -> None:
    def one_claim(limit: int) -> set[str]:
        world = snapshot(
            *f_nodes(),
            *(b.csi_node(name=n, limits={"csi.example.com": limit}) for n in ("a1", "a2")),
            b.storage_class(name="fast"),
            *(b.claim(name=n, storage_class="fast") for n in ("p", "q")),
            b.pod(name="p-0", requests={"cpu": "1"}, claims=["p"]),
            b.pod(name="q-0", requests={"cpu": "2"}, claims=["q"]),
        )
        return kept(slots_of(world, placed(p_0="a1", q_0="a2")), "p-0", ["a1", "a2"])

    assert one_claim(limit=1) == {"a1"}
    assert one_claim(limit=2) == {"a1", "a2"}


# Interchangeable pods


def test_replicas_may_take_each_others_nodes() -> None:
    world = snapshot(*f_nodes(), *(db(f"db-{i}", spread=[SPREAD], pod_anti_affinity=APART) for i in range(3)))
    slots = slots_of(world, placed(db_0="a1", db_1="b1", db_2="c1"))
    assert kept(slots, "db-0") == {"a1", "a2", "b1", "b2", "c1"}


def test_replicas_stay_apart_from_what_else_is_planned() -> None:
    replicas = (db(f"db-{i}", spread=[SPREAD], pod_anti_affinity=APART) for i in range(3))
    world = snapshot(*f_nodes(), *replicas, web("web-0"))
    slots = slots_of(world, placed(db_0="a1", db_1="b1", db_2="c1", web_0="a2"))
    for name in ("db-0", "db-1", "db-2"):
        assert refusals(slots, name) == {"a2": Refusal.NEEDED}
    assert refusals(slots, "web-0") == dict.fromkeys(("a1", "b1", "c1"), Refusal.NEEDED)


def test_replicas_on_a_node_with_other_pods_stay_on_it() -> None:
    """On c1 a second web pod would push db-1 off, so web-0 does not lend its place to web-1."""
    objects = [*f_nodes(cpu="5"), db("db-0"), db("db-1"), web("web-0"), web("web-1")]
    slots = slots_of(snapshot(*objects), placed(db_0="a1", db_1="c1", web_0="c1", web_1="b1"))
    assert refusals(slots, "web-1", ["b1", "c1"]) == {"c1": Refusal.LATER_NODE}


def test_replicas_that_keep_apart_trade_nodes_beside_other_pods() -> None:
    """No node ever takes two of them, so web-0 on a1 keeps its place whichever replica comes there."""
    replicas = (db(f"db-{i}", pod_anti_affinity=APART) for i in range(3))
    world = snapshot(*f_nodes(cpu="5"), *replicas, web("web-0"))
    slots = slots_of(world, placed(db_0="a1", db_1="b1", db_2="c1", web_0="a1"), shared_nodes=0)
    assert kept(slots, "db-1") == {"a1", "a2", "b1", "b2", "c1"}
    assert kept(slots, "web-0") == {"a1", "a2", "b2"}


def test_a_replica_bound_to_its_volume_lends_its_node_to_nobody() -> None:
    """db-1's volume is in zone za; with db-0 there too, zb would have none and db-1 one too many."""
    world = snapshot(
        *(node for node in f_nodes() if node["metadata"]["name"] != "c1"),
        b.storage_class(name="fast"),
        b.volume(name="pv", storage_class="fast", claim="data-db-1", affinity=[b.in_zones("za")]),
        b.claim(name="data-db-0", storage_class="fast"),
        b.claim(name="data-db-1", storage_class="fast", volume="pv"),
        db("db-0", spread=[SPREAD], claims=["data-db-0"]),
        db("db-1", spread=[SPREAD], claims=["data-db-1"]),
    )
    slots = slots_of(world, placed(db_0="b1", db_1="a1"))
    assert refusals(slots, "db-0") == dict.fromkeys(("a1", "a2"), Refusal.LATER_ZONE)


def test_pods_that_share_a_volume_stay_where_they_are_planned() -> None:
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="fast"),
        b.claim(name="shared", storage_class="fast"),
        b.pod(name="p-0", requests={"cpu": "1"}, claims=["shared"]),
        b.pod(name="p-1", requests={"cpu": "1"}, claims=["shared"]),
    )
    slots = slots_of(world, placed(p_0="a1", p_1="a1"))
    assert kept(slots, "p-0") == {"a1"}


def test_pods_that_may_take_an_existing_volume_stay_where_they_are_planned() -> None:
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        b.volume(name="pv-a", storage_class="local", affinity=[b.in_zones("za")], local=True),
        b.volume(name="pv-b", storage_class="local", affinity=[b.in_zones("zb")], local=True),
        b.claim(name="data", storage_class="local"),
        b.pod(name="p-0", requests={"cpu": "1"}, claims=["data"]),
    )
    slots = slots_of(world, placed(p_0="a1"))
    assert refusals(slots, "p-0", ["a1", "a2", "b1"]) == {"a2": Refusal.UNPROVED, "b1": Refusal.UNPROVED}


# Rules between pods


def test_a_zone_that_would_strand_a_later_replica_is_refused() -> None:
    """Look-ahead: all four must share a zone, and only zb holds four. za suits db-0 and dooms db-2."""
    nodes = [b.node(name=f"a{i}", zone="za", cpu="3") for i in range(2)]
    nodes += [b.node(name=f"b{i}", zone="zb", cpu="3") for i in range(4)]
    world = snapshot(*nodes, *(db(f"db-{i}", pod_affinity=TOGETHER) for i in range(4)))
    slots = slots_of(world, placed(db_0="b0", db_1="b1", db_2="b2", db_3="b3"))
    for name in ("db-0", "db-1", "db-2", "db-3"):
        assert refusals(slots, name) == dict.fromkeys(("a0", "a1"), Refusal.LATER_ZONE)


def test_a_node_that_would_strand_a_later_replica_is_refused() -> None:
    """Look-ahead: db-1 must be on a1, where its disk is; a1 suits db-0 just as well."""
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="fast"),
        b.volume(
            name="pv",
            storage_class="fast",
            claim="data-db-1",
            affinity=[b.node_term(expressions=[b.expression(key=HOSTNAME, operator="In", values=["a1"])])],
        ),
        b.claim(name="data-db-0", storage_class="fast"),
        b.claim(name="data-db-1", storage_class="fast", volume="pv"),
        db("db-0", claims=["data-db-0"], pod_anti_affinity=APART),
        db("db-1", claims=["data-db-1"], pod_anti_affinity=APART),
    )
    slots = slots_of(world, placed(db_0="b1", db_1="a1"))
    assert refusals(slots, "db-0") == {"a1": Refusal.LATER_NODE}


def test_a_pod_that_others_refuse_keeps_out_of_their_zones() -> None:
    """db refuses web in its zone, which web does not know."""
    lonely = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "web"}))
    world = snapshot(*f_nodes(), db("db-0", pod_anti_affinity=lonely), web("web-0", cpu="1"))
    slots = slots_of(world, placed(db_0="a1", web_0="b1"))
    assert refusals(slots, "web-0") == dict.fromkeys(("a1", "a2"), Refusal.OTHERS_ZONE)
    assert refusals(slots, "db-0") == dict.fromkeys(("b1", "b2"), Refusal.OTHERS_ZONE)


def test_replicas_that_must_come_after_others_do_not_trade_nodes() -> None:
    """A18: as an incoming pod db avoids web here, while web does not see that. So db has to come first."""
    elsewhere = b.selector(
        expressions=[b.expression(key="kubernetes.io/metadata.name", operator="NotIn", values=[b.NAMESPACE])]
    )
    term = b.affinity_term(key=ZONE, labels={"app": "web"}, namespace_selector=elsewhere)
    lonely = db("db-0", pod_anti_affinity=b.required_terms(term))
    world = snapshot(*f_nodes(), lonely, *(web(f"web-{i}", cpu="1") for i in range(3)))
    slots = slots_of(world, placed(db_0="a1", web_0="a2", web_1="b1", web_2="b2"))
    assert "a2" in kept(slots, "web-0")
    assert kept(slots, "web-1") == kept(slots, "web-2") == {"b1", "b2", "c1"}


def test_a_pod_that_others_wait_for_stays_in_its_zone() -> None:
    needy = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))
    follower = b.pod(name="f-0", requests={"cpu": "1"}, pod_affinity=needy)
    slots = slots_of(snapshot(*f_nodes(), db("db-0"), follower), placed(db_0="a1", f_0="a1"))
    assert kept(slots, "db-0") <= {"a1", "a2"}


def test_a_pod_counted_by_other_rules_stays_in_its_domain() -> None:
    """The rule of p counts db pods: with db-0 in zb, p-0 would find its zone too full."""
    counting = b.pod(name="p-0", requests={"cpu": "1"}, labels={"app": "db", "role": "p"}, spread=[SPREAD])
    world = snapshot(*f_nodes(), db("db-0"), counting)
    slots = slots_of(world, placed(db_0="a1", p_0="b1"))
    assert kept(slots, "db-0") == {"a1", "a2"}
    assert refusals(slots, "db-0", ["b2"]) == {"b2": Refusal.OTHERS_ZONE}


def test_a_node_that_does_not_count_is_not_like_one_that_does() -> None:
    """T4: p counts db pods on nodes with an ssd only, so on a2 db-0 would be missing in its count."""
    disks = {"a1": "ssd", "a2": "hdd", "b1": "ssd"}
    nodes = [b.node(name=n, zone=f"z{n[0]}", labels={"disk": disk}) for n, disk in disks.items()]
    counting = b.pod(
        name="p-0",
        requests={"cpu": "1"},
        labels={"app": "db", "role": "p"},
        node_selector={"disk": "ssd"},
        spread=[SPREAD],
    )
    runs = b.pod(name="old-0", labels={"app": "db"}, node="b1")
    slots = slots_of(snapshot(*nodes, runs, db("db-0"), counting), placed(db_0="a1", p_0="b1"))
    assert refusals(slots, "db-0", ["a1", "a2"]) == {"a2": Refusal.OTHERS_ZONE}


def test_two_rules_at_once_leave_each_replica_in_its_own_zone() -> None:
    """J5: with a second hard constraint the counts alone do not show that everybody finds a place."""
    hosts = b.spread(key=HOSTNAME, labels={"app": "db"})
    world = snapshot(*f_nodes(), *(db(f"db-{i}", spread=[SPREAD, hosts]) for i in range(3)))
    slots = slots_of(world, placed(db_0="a1", db_1="b1", db_2="c1"))
    assert [kept(slots, f"db-{i}") for i in range(3)] == [{"a1"}, {"b1"}, {"c1"}]


def test_replicas_with_a_zone_each_may_trade_zones() -> None:
    world = snapshot(*f_nodes(), *(db(f"db-{i}", pod_anti_affinity=ONE_PER_ZONE) for i in range(3)))
    slots = slots_of(world, placed(db_0="a1", db_1="b1", db_2="c1"))
    assert kept(slots, "db-2") == {"a1", "a2", "b1", "b2", "c1"}


def test_a_node_without_the_key_of_a_rule_may_hold_more_than_one() -> None:
    """A11: only a1 has a rack. Replicas that keep apart by rack may both come to a2: no room for web-0."""
    by_rack = b.required_terms(b.affinity_term(key="rack", labels={"app": "db"}))
    nodes = [b.node(name="a1", labels={"rack": "r"}), b.node(name="a2", cpu="7"), b.node(name="a3", cpu="2")]
    replicas = [db(f"db-{i}", pod_anti_affinity=by_rack) for i in range(2)]
    slots = slots_of(snapshot(*nodes, *replicas, web("web-0")), placed(db_0="a1", db_1="a2", web_0="a3"))
    assert kept(slots, "db-0") == {"a1", "a2"}
    assert kept(slots, "web-0") == {"a3"}


def test_the_planned_node_is_always_kept() -> None:
    """Even one the snapshot itself finds full: the plan was verified, and kube-scheduler has let it pass."""
    world = snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(5)))
    slots = slots_of(world, placed(db_0="a1", db_1="a2", db_2="b1", db_3="b2", db_4="c1"))
    for index, name in enumerate(("a1", "a2", "b1", "b2", "c1")):
        assert name in kept(slots, f"db-{index}")
