"""Spread rows count what the scheduler counts; notes say only what was computed."""

from __future__ import annotations

from typing import Any

import pytest

from solver.report.facts import FitFacts, Leaning, ScaleDown, SpreadFact, UnreachedZone
from tests import builders as b
from tests.report.plans import facts

WEB = {"app": "web"}


def web(replicas: int, **spec: Any) -> b.Raw:
    return b.deployment(name="web", replicas=replicas, labels=WEB, spec=b.pod_spec(**spec))


def one(plan: FitFacts) -> SpreadFact:
    (fact,) = plan.spread
    return fact


def place(manifest: b.Raw, nodes: list[str], *existing: b.Raw) -> FitFacts:
    snapshot = b.snapshot(*b.f_nodes(), *existing, manifests=[manifest])
    names = [pod.name for pod in snapshot.pending]
    return facts(snapshot, dict(zip(names, nodes, strict=False)))


def numbered(homes: list[str]) -> list[b.Raw]:
    return [
        b.pod(name=f"zk-{i}", node=node, owner=("StatefulSet", "zk"), labels={"app": "zk"})
        for i, node in enumerate(homes)
    ]


@pytest.mark.parametrize(
    ("homes", "told"),
    [
        (["a1", "a2", "b1"], [("za", 2, 3)]),
        (["a1", "b1", "c1"], []),
        (["a1", "a2", "b1", "b2"], [("za", 2, 4)]),
        (["a1", "a2", "b1", "b2", "c1"], []),
        (["a1", "a2", "a1"], [("za", 3, 3)]),
        (["a1", "b1"], []),
    ],
)
def test_a_majority_that_needs_one_zone_is_told(homes: list[str], told: list[tuple[str, int, int]]) -> None:
    """Two pods have no majority to lose."""
    snapshot = b.snapshot(*b.f_nodes(), *numbered(homes), b.pod(name="one"))
    found = [note for note in facts(snapshot, {"one": "c1"}).notes if isinstance(note, Leaning)]
    assert [(note.zone, note.here, note.of) for note in found] == told


def test_statefulsets_of_namespaces_nobody_asked_about_are_not_told() -> None:
    snapshot = b.snapshot(*b.f_nodes(), *numbered(["a1", "a2", "b1"]), b.pod(name="one", namespace="other"))
    assert facts(snapshot, {}).notes == ()


def test_a_workload_without_rule_is_counted_per_zone() -> None:
    fact = one(place(web(4), ["a1", "a2", "b1", "b2"]))
    assert fact.rule is None
    assert dict(fact.counts) == {"za": 2, "zb": 2, "zc": 0}
    assert fact.skew == 2


def test_running_pods_of_the_workload_count_and_dying_ones_do_not() -> None:
    running = [
        b.pod(name="w1", node="c1", labels=WEB, owner=("ReplicaSet", "web")),
        b.pod(name="w2", node="c1", labels=WEB, owner=("ReplicaSet", "web"), terminating=True),
    ]
    fact = one(place(web(3, spread=[b.spread(labels=WEB)]), ["a1", "b1"], *running))
    assert dict(fact.counts) == {"za": 1, "zb": 1, "zc": 1}


def test_zones_the_pods_may_not_use_are_no_domains() -> None:
    manifest = web(2, node_affinity=b.required_nodes(b.in_zones("za", "zb")))
    fact = one(place(manifest, ["a1", "b1"]))
    assert dict(fact.counts) == {"za": 1, "zb": 1}
    assert fact.skew == 0


def test_a_rule_is_counted_by_its_own_policies() -> None:
    """T4(b): with Ignore, zones the pods may not use still count; with Honor they do not."""
    near = b.required_nodes(b.in_zones("za"))
    ignoring = web(2, node_affinity=near, spread=[b.spread(labels=WEB, max_skew=2, affinity_policy="Ignore")])
    honoring = web(2, node_affinity=near, spread=[b.spread(labels=WEB, max_skew=2)])
    assert one(place(ignoring, ["a1", "a2"])).skew == 2
    assert one(place(honoring, ["a1", "a2"])).skew == 0


def test_fewer_domains_than_required_make_the_minimum_zero() -> None:
    """T6."""
    fact = one(place(web(3, spread=[b.spread(labels=WEB, min_domains=4)]), ["a1", "b1", "c1"]))
    assert dict(fact.counts) == {"za": 1, "zb": 1, "zc": 1}
    assert fact.skew == 1


def test_every_rule_has_a_row_of_its_own() -> None:
    rules = [b.spread(labels=WEB, key=b.HOSTNAME), b.spread(labels=WEB, soft=True)]
    plan = place(web(2, spread=rules), ["a1", "b1"])
    assert [(f.topology_key, f.rule_index) for f in plan.spread] == [(b.HOSTNAME, 0), (b.ZONE, 1)]
    assert plan.max_zone_skew == 1


def test_without_zones_there_is_no_zone_skew() -> None:
    nodes = [b.node(name="n1"), b.node(name="n2")]
    plan = facts(b.snapshot(*nodes, manifests=[web(1)]), {"web-0": "n1"})
    assert (plan.zones, plan.spread, plan.max_zone_skew) == ((), (), None)


def stateful(nodes: list[str], **kwargs: Any) -> list[ScaleDown]:
    manifest = b.stateful_set(name="db", replicas=len(nodes), parallel=True, **kwargs)
    return [note for note in place(manifest, nodes).notes if isinstance(note, ScaleDown)]


def test_a_set_whose_every_prefix_is_balanced_is_scale_down_safe() -> None:
    (note,) = stateful(["a1", "b1", "c1", "b2", "a2"])
    assert (note.worst_prefix, note.names) == (0, ("db-0", "db-1", "db-2", "db-3", "db-4"))


def test_a_set_balanced_only_in_the_end_is_not_scale_down_safe() -> None:
    (note,) = stateful(["a1", "a2", "b1", "c1"])
    assert note.worst_prefix == 3
    assert dict(note.worst_counts) == {"za": 2, "zb": 1, "zc": 0}


def test_the_largest_unbalanced_prefix_is_the_one_told() -> None:
    (note,) = stateful(["a1", "a2", "b1", "b2"])
    assert note.worst_prefix == 4
    assert dict(note.worst_counts) == {"za": 2, "zb": 2, "zc": 0}


def test_one_replica_or_one_zone_is_nothing_to_say() -> None:
    assert stateful(["a1"]) == []
    assert stateful(["a1", "a2"], spec=b.pod_spec(node_affinity=b.required_nodes(b.in_zones("za")))) == []


def test_a_zone_without_a_pod_says_what_its_nodes_lack() -> None:
    full = b.pod(name="full", node="c1", requests={"cpu": "3"})
    plan = place(web(2, requests={"cpu": "2"}), ["a1", "b1"], full)
    assert plan.notes == (
        UnreachedZone(workload=plan.requested[0].workload, zone="zc", refusals=(("Insufficient cpu", 1),)),
    )


def test_a_zone_that_had_room_says_so_of_a_workload_with_a_rule_about_zones() -> None:
    (note,) = place(web(2, spread=[b.spread(labels={"app": "web"})]), ["a1", "b1"]).notes
    assert isinstance(note, UnreachedZone)
    assert (note.zone, note.refusals) == ("zc", ())


def test_a_zone_that_had_room_is_nothing_to_say_without_such_a_rule() -> None:
    by_host = [b.spread(key=b.HOSTNAME, labels={"app": "web"})]
    assert place(web(2), ["a1", "b1"]).notes == ()
    assert place(web(2, spread=by_host), ["a1", "b1"]).notes == ()


def test_a_zone_is_empty_by_the_workloads_own_pods_not_by_those_a_rule_counts() -> None:
    other = web(2, spread=[b.spread(labels={"app": "other"}, max_skew=2)])
    (note,) = place(other, ["a1", "b1"]).notes
    assert isinstance(note, UnreachedZone)
    assert note.zone == "zc"


def test_a_single_pod_is_not_asked_to_be_everywhere() -> None:
    assert place(web(1), ["a1"]).notes == ()


def test_reporting_leaves_the_plan_as_it_was() -> None:
    """Notes take a pod off its node for a moment; what is counted afterwards must not change."""
    plan = place(web(2), ["a1", "b1"])
    assert [(n.node, n.new_pods) for n in plan.nodes if n.new_pods] == [("a1", 1), ("b1", 1)]


def test_nodes_count_running_and_planned_pods_and_the_fullest_drivers_volumes() -> None:
    drivers = {"d": 4, "e": 2, "unlimited": None}
    running = [
        b.pod(name="r", node="a1", requests={"cpu": "1", "memory": "1Gi"}, claims=["one"]),
        b.claim(name="one", volume="pv", storage_class="ssd"),
        b.volume(name="pv", claim="one", driver="e", storage_class="ssd"),
        b.csi_node(name="a1", limits=drivers),
    ]
    plan = place(web(1, requests={"cpu": "500m"}), ["a1"], *running)
    a1 = plan.nodes[0]
    assert (a1.node, a1.cpu_millis, a1.cpu_total_millis, a1.memory_bytes) == ("a1", 1500, 4000, 2**30)
    assert (a1.volumes, a1.volumes_limit, a1.new_pods) == (1, 2, 1)
    assert plan.nodes[1].volumes_limit is None


def test_pods_without_a_controller_are_told_of_together_when_their_labels_agree() -> None:
    waiting = [b.pod(name=f"w0-{i}", labels=WEB) for i in range(2)]
    waiting += [b.pod(name=f"w1-{i}", labels={"app": "other"}) for i in range(2)]
    waiting += [b.pod(name="alone"), b.pod(name="alone-too")]
    nodes = {"w0-0": "a1", "w0-1": "b1", "w1-0": "a1", "w1-1": "a1", "alone": "c1", "alone-too": "c1"}
    plan = facts(b.snapshot(*b.f_nodes(), *waiting), nodes)
    assert {str(fact.workload): [count for _, count in fact.counts] for fact in plan.spread} == {
        "Pod/prod/alone": [0, 0, 1],
        "Pod/prod/alone-too": [0, 0, 1],
        "Pod/prod/w0": [1, 1, 0],
        "Pod/prod/w1": [2, 0, 0],
    }


def test_workloads_whose_pods_share_the_start_of_their_names_stay_apart() -> None:
    waiting = [b.pod(name=f"web-{i}", labels={"v": str(i % 2)}) for i in range(4)]
    plan = facts(b.snapshot(*b.f_nodes(), *waiting), {f"web-{i}": "a1" for i in range(4)})
    assert [str(fact.workload) for fact in plan.spread] == ["Pod/prod/web", "Pod/prod/web-1"]


def test_pods_without_a_controller_whose_rules_differ_stay_apart() -> None:
    """One row states one rule; the other pod's must not go missing."""
    strict = b.pod(name="web-00", labels=WEB, spread=[b.spread(labels=WEB)])
    loose = b.pod(name="web-01", labels=WEB, spread=[b.spread(labels=WEB, max_skew=3)])
    plan = facts(b.snapshot(*b.f_nodes(), strict, loose), {"web-00": "a1", "web-01": "b1"})
    assert [fact.rule.max_skew for fact in plan.spread if fact.rule] == [1, 3]


def test_numbers_cut_in_half_do_not_name_a_workload() -> None:
    waiting = [b.pod(name=name, labels=WEB) for name in ("web-00", "web-07")]
    plan = facts(b.snapshot(*b.f_nodes(), *waiting), {"web-00": "a1", "web-07": "b1"})
    assert str(one(plan).workload) == "Pod/prod/web"
