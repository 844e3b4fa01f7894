"""What a placement costs by preferred affinity, soft taints and soft spread."""

from __future__ import annotations

from solver.objectives import soft_rules
from tests.builders import (
    HOSTNAME,
    ZONE,
    affinity_term,
    f_nodes,
    in_zones,
    node,
    pod,
    preferred_nodes,
    preferred_terms,
    snapshot,
    spread,
    taint,
)
from tests.constraints.judge import price

WEB, DB = {"app": "web"}, {"app": "db"}


def cost(world, **seats):
    return price(soft_rules, world, seats)


def webs(count, **rules):
    return [pod(name=f"p{i}", labels=WEB, **rules) for i in range(count)]


def wish(weight, labels, key=ZONE):
    return preferred_terms((weight, affinity_term(labels=labels, key=key)))


def test_nothing_preferred_costs_nothing():
    assert cost(snapshot(*f_nodes(), *webs(2)), p0="a1", p1="a1") == 0


def test_k5_soft_taint_costs_a_hundred_a_pod():
    nodes = [node(name="a1", taints=[taint(key="x", effect="PreferNoSchedule")]), node(name="b1")]
    here = snapshot(*nodes, *webs(2))
    assert cost(here, p0="a1", p1="a1") == 200
    assert cost(here, p0="a1", p1="b1") == 100


def test_l9_missed_node_preferences_cost_their_weight():
    here = snapshot(*f_nodes(), *webs(2, node_affinity=preferred_nodes((30, in_zones("za")))))
    assert cost(here, p0="a1", p1="b1") == 30
    assert cost(here, p0="a1") == 0


def test_soft_spread_costs_ten_a_pod_beyond_max_skew():
    here = snapshot(*f_nodes(), *webs(5, spread=[spread(labels=WEB, soft=True)]))
    assert cost(here, p0="a1", p1="b1", p2="c1") == 0
    assert cost(here, p0="a1", p1="b1", p2="c1", p3="a2") == 0
    assert cost(here, p0="a1", p1="a2", p2="b1") == 10
    assert cost(here, p0="a1", p1="a1", p2="a2", p3="a2", p4="b1") == 30


def test_soft_spread_counts_running_pods():
    old = [pod(name=f"old{i}", labels=WEB, node="a1") for i in range(2)]
    here = snapshot(*f_nodes(), *old, *webs(2, spread=[spread(labels=WEB, soft=True)]))
    assert cost(here, p0="b1", p1="c1") == 0
    assert cost(here, p0="b1", p1="b2") == 10 + 10  # za and zb one above zc each
    assert cost(here, p0="a1", p1="b1") == 20


def test_t15_zone_that_no_pod_may_use_does_not_blur_the_spread():
    nodes = [
        node(name=f"{z}{i}", zone=z, unschedulable=z == "zc") for z in ("za", "zb", "zc") for i in (1, 2)
    ]
    here = snapshot(*nodes, *webs(4, spread=[spread(labels=WEB, soft=True)]))
    assert cost(here, p0="za1", p1="za2", p2="zb1", p3="zb2") == 0
    assert cost(here, p0="za1", p1="za2", p2="za1", p3="zb2") == 10


def test_t15_node_without_the_key_is_the_last_choice():
    here = snapshot(*f_nodes(), node(name="x"), *webs(1, spread=[spread(labels=WEB, soft=True)]))
    assert cost(here, p0="a1") == 0
    assert cost(here, p0="x") == 10


def test_a15_missing_company_costs_the_weight_of_each_pod():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB), *webs(2, pod_affinity=wish(40, DB)))
    assert cost(here, db="a1", p0="a1", p1="a2") == 0
    assert cost(here, db="a1", p0="a2", p1="b1") == 40
    assert cost(here, p0="a1", p1="b1") == 80


def test_a15_running_company_counts():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB, node="b1"), *webs(1, pod_affinity=wish(40, DB)))
    assert cost(here, p0="b2") == 0
    assert cost(here, p0="a1") == 40


def test_replicas_that_like_each_other_pay_once_a_domain():
    here = snapshot(*f_nodes(), *webs(4, pod_affinity=wish(40, WEB)))
    assert cost(here, p0="a1", p1="a2", p2="a1", p3="a2") == 40
    assert cost(here, p0="a1", p1="a2", p2="b1", p3="b2") == 80


def test_workloads_that_like_each_other_are_as_good_as_one():
    """The two differ in what they request, not in whom they like."""
    alike = pod(name="q", labels=WEB, requests={"cpu": "1"}, pod_affinity=wish(40, WEB))
    here = snapshot(*f_nodes(), *webs(1, pod_affinity=wish(40, WEB)), alike)
    assert cost(here, p0="a1", q="a2") == 40
    assert cost(here, p0="a1", q="b1") == 80


def test_node_without_the_key_holds_no_company():
    here = snapshot(*f_nodes(), node(name="x"), *webs(2, pod_affinity=wish(40, WEB)))
    assert cost(here, p0="x", p1="x") == 80


def test_a15_unwanted_company_costs_the_weight():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB), *webs(2, pod_anti_affinity=wish(40, DB)))
    assert cost(here, db="a1", p0="b1", p1="c1") == 0
    assert cost(here, db="a1", p0="a1", p1="b1") == 40
    assert cost(here, db="a1", p0="a1", p1="a2") == 80
    assert cost(here, p0="a1", p1="a2") == 0


def test_unwanted_running_company_costs_every_pod():
    here = snapshot(
        *f_nodes(), *webs(2, pod_anti_affinity=wish(40, WEB)), pod(name="o", labels=WEB, node="a1")
    )
    assert cost(here, p0="a1", p1="a2") == 80
    assert cost(here, p0="b1", p1="c1") == 0


def test_replicas_that_avoid_each_other_pay_for_every_pod_but_the_first():
    here = snapshot(*f_nodes(), *webs(3, pod_anti_affinity=wish(40, WEB, HOSTNAME)))
    assert cost(here, p0="a1", p1="a2", p2="b1") == 0
    assert cost(here, p0="a1", p1="a1", p2="a1") == 80
