"""Plans for a cluster that changes: made when pods appear, kept while pods come, mended when they must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from extender.book.verdicts import Refusal
from extender.config import DomainLoss, Reservations
from extender.snapshots import with_expected_replicas
from solver.model.names import NodeName, claim_key
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from tests import builders as b
from tests.builders import HOSTNAME, ZONE, Raw, f_nodes, snapshot
from tests.extender.changing import Stage
from tests.extender.desk import key

SPREAD = b.spread(labels={"app": "db"})
APART = b.required_terms(b.affinity_term(key=HOSTNAME, labels={"app": "db"}))


def db(name: str, **rules: object) -> Raw:
    defaults: dict[str, object] = {"spread": [SPREAD], "pod_anti_affinity": APART}
    return b.pod(
        name=name,
        labels={"app": "db"},
        requests={"cpu": "3"},
        owner=("StatefulSet", "db"),
        **(defaults | rules),  # type: ignore[arg-type]
    )


def web(name: str, cpu: str = "2", **more: object) -> Raw:
    return b.pod(
        name=name,
        labels={"app": "web"},
        requests={"cpu": cpu},
        owner=("ReplicaSet", "web"),
        **more,  # type: ignore[arg-type]
    )


def pods_of(*objects: Raw) -> tuple[Pod, ...]:
    return snapshot(*f_nodes(), *objects).pods


def expecting(*objects: Raw) -> Snapshot:
    """With the replicas that StatefulSets still lack."""
    return with_expected_replicas([b.document(*objects)])


SET = b.stateful_set(
    name="db",
    replicas=3,
    labels={"app": "db"},
    spec=b.pod_spec(requests={"cpu": "3"}, spread=[SPREAD], pod_anti_affinity=APART),
)


def first(names: Sequence[NodeName]) -> NodeName:
    return names[0]


def last(names: Sequence[NodeName]) -> NodeName:
    return names[-1]


def test_a_pod_that_appears_has_a_slot_before_anybody_asks() -> None:
    stage = Stage(snapshot(*f_nodes()))
    stage.source.put(*pods_of(db("db-0")))
    stage.settle()
    assert stage.book.plan.slots.node_of.keys() == {key("db-0")}


def test_replicas_that_do_not_exist_yet_have_slots_and_are_not_crowded_out() -> None:
    """c1 is the only node of zone zc: web must not take it, though no database pod was created yet."""
    stage = Stage(expecting(*f_nodes(), SET))
    stage.source.put(*pods_of(web("web-0", cpu="3")))
    stage.settle()
    assert NodeName("c1") not in stage.kept(stage.pod(key("web-0")))
    refused = stage.ladder.at_once(stage.pod(key("web-0")), (NodeName("c1"),))[1].refused
    assert refused == {"c1": Refusal.NEEDED}


def test_a_pod_bound_as_planned_leaves_the_plan_as_it_is() -> None:
    stage = Stage(snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(3))))
    plan = stage.book.plan
    assert stage.schedule(stage.pod(key("db-0")), last)
    stage.settle()
    assert stage.book.plan is plan
    assert len(stage.planner.reservations()) == 2


def test_a_replica_that_takes_the_place_of_another_leaves_it_its_own() -> None:
    stage = Stage(snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(3))))
    before = dict(stage.book.plan.slots.node_of)
    name = before[key("db-2")]
    stage.source.bind(stage.pod(key("db-0")), name)
    stage.settle()
    assert {r.pod: r.node for r in stage.planner.reservations()} == {
        key("db-1"): before[key("db-1")],
        key("db-2"): before[key("db-0")],
    }
    assert stage.metrics.value("bulkhead_reservation_conflicts_total") == 0


def test_a_pod_of_another_scheduler_is_not_planned_for_but_its_room_is_seen() -> None:
    stage = Stage(snapshot(*f_nodes(), db("db-0")))
    (other,) = pods_of(web("web-0", cpu="4"))
    other = replace(other, scheduler_name="other")
    stage.source.put(other)
    stage.settle()
    assert stage.book.plan.slots.node_of.keys() == {key("db-0")}
    home = stage.book.plan.slots.node_of[key("db-0")]
    stage.source.bind(other, home)
    stage.settle()
    assert stage.metrics.value("bulkhead_reservation_conflicts_total") == 1
    assert stage.book.plan.slots.node_of[key("db-0")] != home


def test_a_pod_against_the_plan_that_takes_nothing_away_is_no_conflict() -> None:
    stage = Stage(snapshot(*f_nodes(), db("db-0")))
    (other,) = pods_of(web("web-0", cpu="1"))
    stage.source.bind(replace(other, scheduler_name="other"), stage.book.plan.slots.node_of[key("db-0")])
    stage.settle()
    assert stage.metrics.value("bulkhead_reservation_conflicts_total") == 0


def test_a_slot_nobody_takes_is_given_up_after_its_time() -> None:
    stage = Stage(expecting(*f_nodes(), SET), reservations=Reservations(ttl_s=60))
    assert len(stage.planner.reservations()) == 3
    stage.settle(59)
    assert len(stage.planner.reservations()) == 3
    stage.settle(1)
    assert stage.planner.reservations() == ()
    assert stage.metrics.value("bulkhead_reservations_expired_total") == 3
    stage.source.put(*pods_of(web("web-0", cpu="3")))
    stage.settle(5)
    assert "c1" in stage.kept(stage.pod(key("web-0")))


def test_a_pod_that_comes_after_its_slot_expired_is_planned_again() -> None:
    stage = Stage(expecting(*f_nodes(), SET), reservations=Reservations(ttl_s=60))
    stage.settle(61)
    stage.source.put(*pods_of(db("db-0")))
    stage.settle()
    assert key("db-0") in stage.book.plan.slots.node_of


def test_progress_of_the_owner_keeps_the_slots_of_the_other_replicas() -> None:
    stage = Stage(expecting(*f_nodes(), SET), reservations=Reservations(ttl_s=60))
    stage.settle(50)
    stage.source.bind(stage.pod(key("db-0")), stage.book.plan.slots.node_of[key("db-0")])
    stage.settle()
    stage.settle(50)
    assert [r.pod for r in stage.planner.reservations()] == [key("db-1"), key("db-2")]


def test_a_half_placed_set_keeps_its_promise_after_a_restart() -> None:
    stage = Stage(expecting(*f_nodes(), SET))
    stage.schedule(stage.pod(key("db-0")), first)
    stage.restart()
    stage.source.put(*pods_of(*(web(f"web-{i}", cpu="3") for i in range(3))))
    stage.settle()
    for pod in stage.source.snapshot().pending:
        if pod.name.startswith("web"):
            stage.settle(2)
            stage.schedule(pod, last)
    stage.restart()
    stage.day(first)
    placed = {pod.name: pod.node_name for pod in stage.source.snapshot().running}
    assert {str(placed[f"db-{i}"])[0] for i in range(3)} == {"a", "b", "c"}


def test_without_the_extender_that_set_is_stranded() -> None:
    """Guards the test above."""
    stage = Stage(expecting(*f_nodes(), SET))
    for i in (2, 1, 0):
        (pod,) = pods_of(web(f"web-{i}", cpu="3"))
        stage.source.bind(pod, stage.passing(pod)[-1])
    assert not [name for name in stage.passing(stage.pod(key("db-0"))) if name.startswith("c")]


def test_the_claims_of_replicas_to_come_are_planned_with_them() -> None:
    claims = {"data": b.claim_spec(storage="10Gi", storage_class="fast")}
    lost = b.node(name="d1", zone="zd")
    zonal = b.storage_class(name="fast", topologies=[[(ZONE, ["za", "zb", "zc"])]])
    stage = Stage(expecting(*f_nodes(), lost, zonal, {**SET, "spec": {**SET["spec"], **_claims(claims)}}))
    homes = stage.book.plan.slots.node_of
    assert sorted(name[0] for name in homes.values()) == ["a", "b", "c"]


def _claims(claims: dict[str, Raw]) -> Raw:
    made = b.stateful_set(name="db", claims=claims)
    return {"volumeClaimTemplates": made["spec"]["volumeClaimTemplates"]}


def test_a_claim_on_its_way_shows_where_its_pod_goes() -> None:
    world = snapshot(
        *f_nodes(),
        b.storage_class(name="fast"),
        *(b.claim(name=f"data-{i}", storage_class="fast") for i in range(3)),
        *(db(f"db-{i}", claims=[f"data-{i}"]) for i in range(3)),
    )
    stage = Stage(world)
    before = dict(stage.book.plan.slots.node_of)
    claim = world.claim_by_key[claim_key(b.NAMESPACE, "data-0")]
    stage.source.put(replace(claim, selected_node=before[key("db-1")]))
    stage.settle(2)
    assert stage.book.plan.slots.node_of[key("db-0")] == before[key("db-1")]
    assert stage.book.plan.slots.node_of[key("db-1")] == before[key("db-0")]


def test_nodes_that_change_are_a_new_beginning_that_keeps_the_slots_that_hold() -> None:
    stage = Stage(snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(3))))
    before = dict(stage.book.plan.slots.node_of)
    wider = snapshot(*f_nodes(), b.node(name="a3", zone="za"), *(db(f"db-{i}") for i in range(3)))
    stage.source.become(wider)
    stage.settle()
    assert dict(stage.book.plan.slots.node_of) == before
    assert "a3" in stage.book.plan.slots.roster.index_of


def test_a_slot_on_a_node_that_went_away_is_planned_again() -> None:
    stage = Stage(snapshot(*f_nodes(), db("db-0")))
    lost = stage.book.plan.slots.node_of[key("db-0")]
    left = [node for node in f_nodes() if node["metadata"]["name"] != lost]
    stage.source.become(snapshot(*left, db("db-0")))
    stage.settle()
    assert stage.book.plan.slots.node_of[key("db-0")] != lost


def returned(*waiting: Raw, **more: object) -> Stage:
    """db-0 has just left n0, which has room for a single pod; db-1 and db-2 run on. A planner that begins."""
    nodes = [b.node(name=f"n{i}", zone="za") for i in range(3)]
    running = [db(f"db-{i}", spread=[], pod_anti_affinity=None, node=f"n{i}") for i in (1, 2)]
    spec = b.pod_spec(requests={"cpu": "3"}, **more)  # type: ignore[arg-type]
    db_set = b.stateful_set(name="db", replicas=3, labels={"app": "db"}, spec=spec)
    return Stage(expecting(*nodes, db_set, *running, *waiting))


def test_a_replica_that_returns_goes_before_a_pod_that_waits() -> None:
    stage = returned(web("web-0", cpu="3"))
    assert stage.book.plan.slots.node_of == {key("db-0"): "n0"}
    assert stage.book.plan.unplaced.keys() == {key("web-0")}
    assert stage.book.plan.is_proved


def test_a_replica_that_returns_goes_before_several_smaller_pods() -> None:
    stage = returned(web("web-0"), web("web-1"))
    assert stage.book.plan.slots.node_of == {key("db-0"): "n0"}


def test_a_replica_that_returns_leaves_what_room_there_is_to_others() -> None:
    stage = returned(web("web-0"), web("web-1", cpu="1"))
    assert stage.book.plan.slots.node_of.keys() == {key("db-0"), key("web-1")}


def test_a_replica_whose_volume_is_there_returns_whatever_its_ordinal() -> None:
    """Of sets whose last replica is missing: it ran before when its claim is bound, else it may be new."""

    def planned(*storage: Raw) -> set[str]:
        claims = {"data": b.claim_spec(storage="1Gi", storage_class="fast")}
        spec = b.pod_spec(requests={"cpu": "3"})
        db_set = b.stateful_set(name="db", replicas=1, labels={"app": "db"}, spec=spec, claims=claims)
        node, fast = b.node(name="n0", zone="za"), b.storage_class(name="fast")
        stage = Stage(expecting(node, fast, db_set, web("web-0", cpu="3"), *storage))
        return set(stage.book.plan.slots.node_of)

    claim = b.claim(name="data-db-0", volume="v", storage_class="fast")
    volume = b.volume(name="v", claim="data-db-0", storage_class="fast", driver="csi.example.com")
    assert planned(claim, volume) == {key("db-0")}
    assert planned() == {key("web-0")}


def test_a_more_urgent_pod_goes_before_a_replica_that_returns() -> None:
    stage = returned(web("web-0", priority=10), web("web-1"))
    assert stage.book.plan.slots.node_of.keys() == {key("web-0"), key("web-1")}


def test_a_replica_that_returns_to_no_node_keeps_nobody_waiting() -> None:
    stage = returned(web("web-0"), node_selector={"disk": "ssd"})
    assert stage.book.plan.slots.node_of == {key("web-0"): "n0"}
    assert stage.book.plan.unplaced.keys() == {key("db-0")}


def test_a_pod_left_out_gets_its_slot_when_room_comes() -> None:
    full = [web(f"old-{name}", cpu="4", node=name) for name in ("a1", "a2", "b1", "b2", "c1")]
    stage = Stage(snapshot(*f_nodes(), *full, db("db-0")))
    assert key("db-0") in stage.book.plan.unplaced
    stage.source.remove(stage.pod(key("old-c1")))
    stage.settle(60)
    assert stage.book.plan.slots.node_of == {key("db-0"): "c1"}


def test_pods_left_out_before_are_known_to_the_plan_that_others_came_into() -> None:
    full = [web(f"old-{name}", cpu="4", node=name) for name in ("a1", "a2", "b1", "b2", "c1")]
    stage = Stage(snapshot(*f_nodes(), *full, db("db-0")))
    stage.source.put(*pods_of(web("web-0")))
    stage.settle()
    assert stage.book.plan.unplaced.keys() == {key("db-0"), key("web-0")}
    assert stage.book.plan.is_proved
    plan = stage.book.plan
    stage.settle(60)
    assert stage.book.plan is plan  # nothing is lacking


def test_gated_pods_wait_for_their_gates() -> None:
    stage = Stage(snapshot(*f_nodes(), b.pod(name="p", gates=["quota"], requests={"cpu": "1"})))
    assert not stage.book.plan.slots.node_of
    stage.source.put(replace(stage.pod(key("p")), scheduling_gates=()))
    stage.settle()
    assert key("p") in stage.book.plan.slots.node_of


def test_slots_of_others_stay_where_they_are_when_pods_appear() -> None:
    stage = Stage(snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(3))))
    before = dict(stage.book.plan.slots.node_of)
    stage.source.put(*pods_of(web("web-0"), web("web-1")))
    stage.settle()
    after = stage.book.plan.slots.node_of
    assert {pod: after[pod] for pod in before} == before
    assert key("web-1") in after


def test_slots_move_when_that_makes_room_for_somebody() -> None:
    """One pod could be anywhere and is on the only node that the next one can use."""
    nodes = [b.node(name="n1", zone="za"), b.node(name="n2", zone="zb", labels={"disk": "ssd"})]
    stage = Stage(snapshot(*nodes, web("any-0", cpu="4")))
    home = stage.book.plan.slots.node_of[key("any-0")]
    disk = {"n1": None, "n2": "ssd"}[home]
    picky = {"kubernetes.io/hostname": home} if disk is None else {"disk": "ssd"}
    stage.source.put(*pods_of(web("picky-0", cpu="4", node_selector=picky)))
    stage.settle()
    assert stage.book.plan.slots.node_of[key("picky-0")] == home
    assert key("any-0") in stage.book.plan.slots.node_of


def test_a_pod_on_its_way_is_not_moved() -> None:
    """kube-scheduler was told yes a moment ago; nobody can see yet what it does."""
    nodes = [b.node(name="n1", zone="za"), b.node(name="n2", zone="zb")]
    stage = Stage(snapshot(*nodes, web("any-0", cpu="4")))
    home = stage.book.plan.slots.node_of[key("any-0")]
    assert stage.kept(stage.pod(key("any-0")), (home,)) == (home,)
    stage.source.put(*pods_of(web("picky-0", cpu="4", node_selector={"kubernetes.io/hostname": home})))
    stage.settle()
    assert stage.book.plan.slots.node_of == {key("any-0"): home}
    stage.settle(60)
    assert stage.book.plan.slots.node_of[key("picky-0")] == home


def test_a_new_beginning_does_not_forget_who_is_on_its_way() -> None:
    nodes = [b.node(name="n1", zone="za"), b.node(name="n2", zone="zb")]
    waiting = web("any-0", cpu="4")
    stage = Stage(snapshot(*nodes, waiting))
    home = stage.book.plan.slots.node_of[key("any-0")]
    assert stage.kept(stage.pod(key("any-0")), (home,)) == (home,)
    picky = web("picky-0", cpu="4", node_selector={"kubernetes.io/hostname": home})
    stage.source.become(snapshot(*nodes, b.node(name="n3", zone="zc", cpu="1"), waiting, picky))
    stage.settle()
    assert stage.book.plan.slots.node_of == {key("any-0"): home}


def test_the_loss_of_a_domain_is_measured_when_that_is_wanted() -> None:
    """Three replicas want two left: the zone with two of them is one too many."""
    running = [db(f"db-{i}", node=name, spread=[]) for i, name in enumerate(("a1", "a2", "b1"))]
    stage = Stage(snapshot(*f_nodes(), *running), domain_loss=DomainLoss(enabled=True))

    def kept(domain: str) -> float:
        workload = "StatefulSet/prod/db"
        return stage.metrics.value("bulkhead_domain_loss_quorum_ok", workload=workload, domain=domain)

    assert (kept("za"), kept("zb")) == (0, 1)
    silent = Stage(snapshot(*f_nodes(), *running))
    assert b"bulkhead_domain_loss_quorum_ok{" not in silent.metrics.exposition()


def test_the_plan_rests_on_what_runs_by_and_by() -> None:
    stage = Stage(snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(3))))
    stage.schedule(stage.pod(key("db-0")), last)
    stage.settle()
    stage.settle(30)
    assert stage.book.plan.slots.node_of.keys() == {key("db-1"), key("db-2")}


def test_a_crowd_that_comes_bit_by_bit_is_placed_like_one_that_comes_at_once() -> None:
    for seed in range(10):
        chance = Random(seed)
        stage = Stage(expecting(*f_nodes(), SET))
        for i in range(4):
            stage.source.put(*pods_of(web(f"web-{i}", cpu="1")))
            stage.settle(2)
            waiting = [p for p in stage.source.snapshot().pending if not p.from_manifest]
            stage.schedule(chance.choice(waiting), chance.choice)
        stage.day(chance.choice)
        assert not stage.source.snapshot().pending
