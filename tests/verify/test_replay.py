"""J2, J9, Q2, W14: finding an order kube-scheduler's filters accept, step by step."""

from __future__ import annotations

from solver.scheduler import ClusterState, check
from tests.builders import (
    HOSTNAME,
    ZONE,
    affinity_term,
    claim,
    claim_spec,
    expression,
    f_nodes,
    in_zones,
    namespace,
    node,
    node_term,
    pod,
    pod_spec,
    required_terms,
    selector,
    snapshot,
    spread,
    stateful_set,
    storage_class,
    taint,
    toleration,
    volume,
)
from tests.verify.judge import order, replayed

WEB = {"app": "web"}
BY_ZONE = spread(labels=WEB)


def names(placed):
    return [name for name, _ in placed]


def assert_each_step_passes(world, placed):
    state = ClusterState.of(world)
    for assignment in placed:
        one = world.pod_by_key[assignment.pod]
        assert check(one, assignment.node, state) is None
        state.add(one, assignment.node)


def test_pods_without_rules_keep_the_input_order():
    here = snapshot(*f_nodes(), *(pod(name=name) for name in ("x", "b", "m")))
    assert names(order(here, {"m": "a1", "b": "a1", "x": "c1"})) == ["x", "b", "m"]


def test_higher_priority_is_asked_first():
    here = snapshot(*f_nodes(), pod(name="low"), pod(name="high", priority=9), pod(name="mid", priority=5))
    assert names(order(here, {"low": "a1", "mid": "a1", "high": "a1"})) == ["high", "mid", "low"]


def test_pod_that_does_not_pass_is_stuck_with_its_refusal():
    here = snapshot(*f_nodes(cpu="1"), *(pod(name=name, requests={"cpu": "1"}) for name in "pq"))
    result = replayed(here, {"p": "a1", "q": "a1"})
    assert [assignment.pod for assignment in result.order] == ["prod/p"]
    ((stuck, status),) = result.stuck
    assert (stuck, status.plugin, status.reasons) == ("prod/q", "NodeResourcesFit", ("Insufficient cpu",))


def test_pod_behind_a_stuck_predecessor_does_not_exist():
    busy = pod(name="busy", node="a1", requests={"cpu": "4"})
    spec = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]}
    here = snapshot(*f_nodes(), busy, manifests=[stateful_set(name="db", replicas=2, spec=spec)])
    result = replayed(here, {"db-0": "a1", "db-1": "b1"})
    assert [(pod, status.plugin) for pod, status in result.stuck] == [
        ("prod/db-0", "NodeResourcesFit"),
        ("prod/db-1", ""),
    ]
    assert result.stuck[1][1].reasons == ("not created before pod prod/db-0 runs",)


def bound(name, zone):
    """A pod tied to a zone by its volume, so that no other can take its place."""
    tied = volume(name=f"pv-{name}", claim=name, affinity=[in_zones(zone)])
    user = pod(name=name, labels=WEB, spread=[BY_ZONE], claims=[name])
    return [claim(name=name, volume=f"pv-{name}"), tied, user]


def test_pod_that_must_wait_goes_after_the_one_it_waits_for():
    here = snapshot(
        *f_nodes(), *bound("p0", "za"), *bound("p1", "za"), *bound("p2", "zb"), *bound("p3", "zc")
    )
    placed = order(here, {"p0": "a1", "p1": "a2", "p2": "b1", "p3": "c1"})
    assert names(placed) == ["p0", "p2", "p3", "p1"]


def test_alike_pods_trade_nodes_to_keep_the_queue_order():
    news = [pod(name=f"p{i}", labels=WEB, spread=[BY_ZONE]) for i in range(4)]
    here = snapshot(*f_nodes(), *news)
    placed = order(here, {"p0": "a1", "p1": "a2", "p2": "b1", "p3": "c1"})
    assert names(placed) == ["p0", "p1", "p2", "p3"]
    assert sorted(node for _, node in placed) == ["a1", "a2", "b1", "c1"]


def test_plan_that_passes_in_queue_order_is_left_alone():
    news = [pod(name=f"p{i}", labels=WEB, spread=[BY_ZONE]) for i in range(4)]
    plan = {"p0": "c1", "p1": "b2", "p2": "a1", "p3": "b1"}
    assert order(snapshot(*f_nodes(), *news), plan) == list(plan.items())


def test_pods_that_differ_in_any_rule_do_not_trade():
    wide = [pod(name=f"p{i}", labels=WEB, spread=[BY_ZONE], requests={"cpu": f"{i + 1}"}) for i in range(4)]
    plan = {"p0": "a1", "p1": "a2", "p2": "b1", "p3": "c1"}
    assert dict(order(snapshot(*f_nodes(), *wide), plan)) == plan


WAITS = storage_class(name="waits")


def database(*, replicas, parallel=False):
    """A StatefulSet spread over zones, with a claim per ordinal."""
    spec = pod_spec(spread=[spread(labels={"app": "db"})])
    data = {"data": claim_spec(storage_class="waits")}
    return stateful_set(name="db", replicas=replicas, parallel=parallel, spec=spec, claims=data)


def test_ordinals_trade_nodes_so_that_each_may_follow_its_predecessor():
    here = snapshot(*f_nodes(), WAITS, manifests=[database(replicas=4)])
    placed = order(here, {"db-0": "a1", "db-1": "a2", "db-2": "b1", "db-3": "c1"})
    assert names(placed) == ["db-0", "db-1", "db-2", "db-3"]
    assert sorted(node for _, node in placed) == ["a1", "a2", "b1", "c1"]


def test_ordinal_with_a_volume_of_its_own_keeps_its_node_and_waits():
    own = volume(name="pv", claim="data-db-1", storage_class="waits", affinity=[in_zones("za")])
    old = claim(name="data-db-1", volume="pv", storage_class="waits")
    here = snapshot(*f_nodes(), WAITS, old, own, manifests=[database(replicas=4, parallel=True)])
    plan = {"db-0": "a1", "db-1": "a2", "db-2": "b1", "db-3": "c1"}
    placed = order(here, plan)
    assert names(placed) == ["db-0", "db-2", "db-3", "db-1"]
    assert dict(placed) == plan


def test_affinity_to_a_pod_of_lower_priority_waits_for_it():
    near = required_terms(affinity_term(labels={"app": "db"}))
    here = snapshot(
        *f_nodes(),
        *(pod(name=f"web{i}", labels=WEB, pod_affinity=near, priority=9) for i in range(3)),
        pod(name="db", labels={"app": "db"}),
    )
    placed = order(here, {"web0": "a1", "web1": "a2", "web2": "a1", "db": "a2"})
    assert names(placed) == ["db", "web0", "web1", "web2"]


def test_lower_priority_pods_may_have_to_raise_the_minimum_first():
    """Only za is fast enough for the high pods; the low ones fill zb and zc."""
    whole_cluster = spread(labels=WEB, affinity_policy="Ignore")
    fast = {"fast": "yes"}
    nodes = [node(name="a1", zone="za", labels=fast), node(name="b1", zone="zb"), node(name="c1", zone="zc")]
    highs = [
        pod(name=f"high{i}", labels=WEB, spread=[whole_cluster], priority=9, node_selector=fast)
        for i in range(2)
    ]
    lows = [pod(name=f"low{i}", labels=WEB, spread=[BY_ZONE]) for i in range(2)]
    here = snapshot(*nodes, *highs, *lows)
    placed = order(here, {"high0": "a1", "high1": "a1", "low0": "b1", "low1": "c1"})
    assert names(placed) == ["high0", "low0", "low1", "high1"]


def test_ex_v31_like_contention_for_static_volumes_is_resolved_by_asking_the_choosy_first():
    """p would take the smallest volume, the only one q accepts."""
    local = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
    here_term = node_term(expressions=[expression(key=HOSTNAME, operator="In", values=["a1"])])
    volumes = [
        volume(
            name="fast", storage="6Gi", storage_class="local", affinity=[here_term], labels={"tier": "fast"}
        ),
        volume(name="slow", storage="10Gi", storage_class="local", affinity=[here_term]),
    ]
    choosy = claim(
        name="q", storage="5Gi", storage_class="local", spec={"selector": selector(labels={"tier": "fast"})}
    )
    easy = claim(name="p", storage="5Gi", storage_class="local")
    here = snapshot(
        *f_nodes(), local, *volumes, choosy, easy, pod(name="p", claims=["p"]), pod(name="q", claims=["q"])
    )
    assert names(order(here, {"p": "a1", "q": "a1"})) == ["q", "p"]


def test_a18_pod_with_the_quirky_term_is_asked_first():
    not_prod = selector(
        expressions=[expression(key="kubernetes.io/metadata.name", operator="NotIn", values=["prod"])]
    )
    avoids = required_terms(affinity_term(labels=WEB, namespace_selector=not_prod))
    here = snapshot(
        *f_nodes(), namespace(name="prod"), pod(name="q", labels=WEB), pod(name="p", pod_anti_affinity=avoids)
    )
    assert names(order(here, {"q": "a1", "p": "a2"})) == ["p", "q"]


def zone_and_host(count, **more):
    both = [spread(labels=WEB), spread(key=HOSTNAME, labels=WEB)]
    return [pod(name=f"p{i}", labels=WEB, spread=both, **more) for i in range(count)]


RACK = "example.com/rack"
CORNERS = [
    node(name=name, zone=zone, labels={RACK: rack})
    for name, zone, rack in (("ay", "za", "ry"), ("by", "zb", "ry"), ("az", "za", "rz"))
]
"""Whoever comes to ay first shuts both others out: by shares its rack, az its zone."""
BOTH = [BY_ZONE, spread(key=RACK, labels=WEB)]


def test_backtracking_takes_back_an_early_choice_that_blocks_the_rest():
    sizes = [pod(name=f"p{i}", labels=WEB, spread=BOTH, requests={"cpu": f"{i + 1}"}) for i in range(3)]
    placed = order(snapshot(*CORNERS, *sizes), {"p0": "ay", "p1": "by", "p2": "az"})
    assert names(placed) == ["p1", "p2", "p0"]


def test_backtracking_heeds_where_pods_without_rules_of_their_own_are_counted():
    """Of two alike pods one has to come before q, to lift the minimum, and one after it."""
    here = snapshot(
        node(name="a1", zone="za"),
        node(name="c1", zone="zc"),
        pod(name="old", node="c1", labels=WEB),
        *(pod(name=name, labels=WEB) for name in ("p0", "p1")),
        pod(name="q", labels=WEB, spread=[BY_ZONE]),
    )
    placed = order(here, {"p0": "a1", "p1": "c1", "q": "c1"})
    assert [(name[0], where) for name, where in placed] == [("p", "a1"), ("q", "c1"), ("p", "c1")]


def test_backtracking_heeds_on_which_nodes_pods_are_counted():
    """T4: q needs a pod on a1 before it, and comes before r. r cannot follow a second pod, be it on a2."""
    tainted = [taint(key="team", value="x")]
    of_team = [toleration(key="team", operator="Exists")]
    one_rack = {RACK: "r"}
    near_q = required_terms(affinity_term(key=RACK, labels={"role": "q"}))
    here = snapshot(
        node(name="a1", zone="za", labels=one_rack),
        node(name="a2", zone="za", labels=one_rack, taints=tainted),
        node(name="b1", zone="zb", labels=one_rack),
        node(name="c1", zone="zc", labels=one_rack),
        *(pod(name=f"old-{where}", node=where, labels=WEB) for where in ("b1", "c1")),
        *(pod(name=name, labels=WEB, tolerations=of_team) for name in ("p0", "p1")),
        pod(name="q", labels={**WEB, "role": "q"}, spread=[spread(labels=WEB, taints_policy="Honor")]),
        pod(name="r", labels=WEB, spread=[BY_ZONE], pod_affinity=near_q, tolerations=of_team),
    )
    placed = order(here, {"p0": "a1", "p1": "a2", "q": "c1", "r": "a2"})
    assert [(name[0], where) for name, where in placed] == [
        ("p", "a1"),
        ("q", "c1"),
        ("r", "a2"),
        ("p", "a2"),
    ]


def test_backtracking_keeps_ordinals_in_order_and_lets_them_trade():
    rules = [spread(key=key, labels={"app": "db"}) for key in (ZONE, RACK)]
    db = stateful_set(name="db", replicas=3, spec=pod_spec(spread=rules))
    placed = order(snapshot(*CORNERS, manifests=[db]), {"db-0": "ay", "db-1": "by", "db-2": "az"})
    assert names(placed) == ["db-0", "db-1", "db-2"]
    assert placed[2][1] == "ay"


def test_pod_that_waits_behind_another_may_trade_away_its_seat():
    """When z0 has lifted the minimum, zb opens: y takes the seat of its like x, who stood there behind h."""
    tied = {"labels": WEB, "spread": [BY_ZONE]}
    here = snapshot(
        *f_nodes(),
        *(pod(name=f"old{i}", node=name, labels=WEB) for i, name in enumerate(("a1", "a1", "b1"))),
        pod(name="y", **tied),
        pod(name="h", **tied, requests={"cpu": "1"}),
        pod(name="x", **tied),
        *(pod(name=f"z{i}", **tied, requests={"cpu": "2"}) for i in range(2)),
    )
    placed = order(here, {"y": "a1", "h": "b1", "x": "b2", "z0": "c1", "z1": "c1"})
    assert placed == [("z0", "c1"), ("y", "b2"), ("z1", "c1"), ("h", "b1"), ("x", "a1")]


def test_search_is_bounded_by_a_count():
    nodes = [node(name="n1", zone="za"), node(name="n2", zone="za"), node(name="n3", zone="zb")]
    here = snapshot(*nodes, *zone_and_host(7))
    plan = {f"p{i}": name for i, name in enumerate(["n1", "n1", "n2", "n2", "n3", "n3", "n3"])}
    assert replayed(here, plan, replay_checks=1).stuck


def test_bystanders_are_placed_although_others_are_stuck():
    nodes = [node(name="n1", zone="za"), node(name="n2", zone="za"), node(name="n3", zone="zb")]
    here = snapshot(*nodes, *zone_and_host(7), pod(name="bystander"))
    plan = {f"p{i}": name for i, name in enumerate(["n1", "n1", "n2", "n2", "n3", "n3", "n3"])}
    result = replayed(here, {**plan, "bystander": "n1"})
    assert "prod/bystander" in {assignment.pod for assignment in result.order}
    assert len(result.stuck) == 2


def test_hundreds_of_pods_tied_to_zones_in_the_worst_queue_order_find_theirs():
    """All of za first, then all of zb, then zc: almost everyone has to wait."""
    zones = ("za", "zb", "zc")
    count = 40
    tied = [item for zone in zones for i in range(count) for item in bound(f"{zone}-{i}", zone)]
    here = snapshot(*f_nodes(), *tied)
    plan = {f"{zone}-{i}": f"{zone[1]}1" for zone in zones for i in range(count)}
    result = replayed(here, plan)
    assert not result.stuck
    assert_each_step_passes(here, result.order)
