"""T1-T12, J4: hard spread on the final state, in its strict and its relaxed form."""

from __future__ import annotations

import pytest

from solver.engine.build import build
from tests.builders import (
    HOSTNAME,
    ZONE,
    f_nodes,
    in_zones,
    node,
    pod,
    required_nodes,
    selector,
    snapshot,
    spread,
    taint,
    toleration,
)
from tests.constraints.judge import allows, compiled, solve

WEB, DB = {"app": "web"}, {"app": "db"}
ZONES = ("za", "zb", "zc")


def web(name, *constraints, **more):
    return pod(name=name, labels=WEB, spread=constraints or [spread(labels=WEB)], **more)


def running(*nodes, labels=None):
    """A pod on each of the nodes."""
    return [pod(name=f"old-{i}", node=n, labels=labels or WEB) for i, n in enumerate(nodes)]


def webs(count, *constraints, **more):
    return [web(f"p{i}", *constraints, **more) for i in range(count)]


def on(*nodes):
    return {f"p{i}": name for i, name in enumerate(nodes)}


def test_final_counts_stay_within_max_skew():
    here = snapshot(*f_nodes(), *webs(5))
    assert allows(here, on("a1", "b1", "c1"))
    assert allows(here, on("a1", "b1"))
    assert not allows(here, on("a1", "a2"))
    assert allows(here, on("a1", "a2", "b1", "c1"))
    assert not allows(here, on("a1", "a2", "a1", "b1", "c1"))


def test_ex_t21_larger_max_skew_allows_more():
    here = snapshot(*f_nodes(), *running("a1", "a1", "c1"), *webs(1, spread(labels=WEB, max_skew=2)))
    assert not allows(here, on("a2"))
    assert allows(here, on("b1"))
    assert allows(here, on("c1"))


def test_ex_j4_domain_that_receives_nothing_is_exempt():
    here = snapshot(*f_nodes(), *running("a1", "a1", "a1", "a2", "a2", "b1", "c1"), *webs(2))
    assert allows(here, on("b2", "c1"))
    assert not allows(here, on("b1", "b2"))
    assert not allows(here, on("a1", "b2"))


def test_ex_t4_ex_j5_min_domains_keeps_the_minimum_at_zero():
    here = snapshot(*f_nodes(), *webs(4, spread(labels=WEB, min_domains=4)))
    assert allows(here, on("a1", "b1", "c1"))
    assert not allows(here, on("a1", "b1", "c1", "a2"))


def test_ex_t6_min_domains_reached_changes_nothing():
    here = snapshot(*f_nodes(), *webs(4, spread(labels=WEB, min_domains=3)))
    assert allows(here, on("a1", "b1", "c1", "a2"))


@pytest.mark.parametrize(("policy", "fits"), [(None, True), ("Ignore", False)])
def test_ex_t7_ex_t8_node_affinity_policy(policy, fits):
    only = required_nodes(in_zones("za", "zb"))
    here = snapshot(*f_nodes(), *webs(3, spread(labels=WEB, affinity_policy=policy), node_affinity=only))
    assert allows(here, on("a1", "b1", "a2")) is fits


@pytest.mark.parametrize(("policy", "fits"), [(None, False), ("Honor", True)])
def test_ex_t9_ex_t10_node_taints_policy(policy, fits):
    nodes = [
        node(name=f"{zone}1", zone=zone, taints=[taint(key="x")] if zone == "zc" else []) for zone in ZONES
    ]
    here = snapshot(*nodes, *webs(3, spread(labels=WEB, taints_policy=policy)))
    assert allows(here, on("za1", "zb1", "za1")) is fits


def test_taint_that_is_tolerated_counts_as_none():
    nodes = [
        node(name=f"{zone}1", zone=zone, taints=[taint(key="x")] if zone == "zc" else []) for zone in ZONES
    ]
    tolerant = [toleration(key="x", operator="Exists")]
    here = snapshot(*nodes, *webs(3, spread(labels=WEB, taints_policy="Honor"), tolerations=tolerant))
    assert not allows(here, on("za1", "zb1", "za1"))
    assert allows(here, on("za1", "zb1", "zc1"))


def test_ex_t11_cordoned_node_still_forms_a_domain():
    nodes = [node(name=f"{zone}1", zone=zone, unschedulable=zone == "zc") for zone in ZONES]
    here = snapshot(*nodes, *webs(3, spread(labels=WEB, taints_policy="Honor")))
    assert allows(here, on("za1", "zb1"))
    assert not allows(here, on("za1", "zb1", "za1"))


def test_ex_t12_pods_that_do_not_match_themselves_do_not_count():
    watchers = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=DB)]) for i in range(3)]
    here = snapshot(*f_nodes(), *running("a1", "a1", "b1", "c1", labels=DB), *watchers)
    assert allows(here, on("a1", "a2", "a1"))
    crowded = snapshot(*f_nodes(), *running("a1", "a1", "a2", "b1", "c1", labels=DB), *watchers)
    assert not allows(crowded, on("a1"))
    assert allows(crowded, on("b1", "b2", "b1"))


def test_ex_t13_ex_t14_other_namespaces_and_dying_pods_do_not_count():
    elsewhere = [pod(name=f"x{i}", namespace="ops", node="a1", labels=WEB) for i in range(3)]
    dying = pod(name="dying", node="a2", labels=WEB, terminating=True)
    here = snapshot(*f_nodes(), *elsewhere, dying, *webs(1))
    assert allows(here, on("a1"))


def test_ex_t15_empty_selector_rejects_nothing():
    empty = spread(label_selector=selector())
    here = snapshot(*f_nodes(), *running("a1", "a1", "a1"), *webs(3, empty))
    assert allows(here, on("a1", "a1", "a1"))


def test_ex_t16_null_selector_counts_nobody_but_needs_the_label():
    here = snapshot(*f_nodes(), node(name="nowhere"), *running("a1", "a1"), *webs(2, spread()))
    assert allows(here, on("a1", "a2"))
    assert not allows(here, on("nowhere"))


def test_ex_t17_missing_key_takes_a_node_out_of_every_count():
    nodes = [*f_nodes()[:4], node(name="c1", zone="zc", hostname=False)]
    both = (spread(labels=WEB), spread(labels=WEB, key=HOSTNAME))
    here = snapshot(*nodes, *running("a1", "b1"), *webs(2, *both))
    assert allows(here, on("a2"))
    assert not allows(here, on("a1"))
    assert not allows(here, on("c1"))
    assert allows(here, on("a2", "b2"))


def test_ex_t20_match_label_keys_tell_revisions_apart():
    old = [pod(name=f"old-{i}", node=n, labels={**WEB, "rev": "1"}) for i, n in enumerate(("a1", "a2", "b1"))]
    fresh = pod(
        name="p0", labels={**WEB, "rev": "2"}, spread=[spread(labels=WEB, match_keys=["rev", "none"])]
    )
    assert allows(snapshot(*f_nodes(), *old, fresh), on("a1"))
    assert not allows(snapshot(*f_nodes(), *old, web("p0")), on("a1"))


def test_ex_t23_pods_on_ineligible_nodes_are_not_counted():
    nodes = [
        node(name=name, zone=zone, labels={"disk": "ssd" if name in ("a1", "b1") else "hdd"})
        for name, zone in (("a1", "za"), ("a2", "za"), ("b1", "zb"), ("b2", "zb"), ("c1", "zc"))
    ]
    here = snapshot(*nodes, *running("a2", "a2", "a2", "b1"), *webs(1, node_selector={"disk": "ssd"}))
    assert allows(here, on("a1"))
    assert not allows(here, on("b1"))


def test_pods_that_do_not_carry_the_constraint_may_have_come_later():
    """The strict form counts them, the relaxed form does not (J4)."""
    plain = [pod(name=f"x{i}", labels=WEB) for i in range(2)]
    here = snapshot(*f_nodes(), web("p0"), *plain)
    seats = {"p0": "a1", "x0": "a1", "x1": "a2"}
    assert not allows(here, seats)
    assert allows(here, seats, relaxed=True)
    assert compiled(here).approximations


def test_relaxed_form_still_holds_the_pods_that_carry_the_constraint():
    here = snapshot(*f_nodes(), *webs(2), pod(name="x0", labels=WEB))
    assert not allows(here, on("a1", "a2"), relaxed=True)
    assert not allows(here, {**on("a1", "a2"), "x0": "b1"}, relaxed=True)
    assert allows(here, {**on("a1", "b1"), "x0": "a2"}, relaxed=True)


@pytest.mark.parametrize("pods", [3, 4, 7])
def test_bounds_for_complete_placements_lose_none_of_them(pods):
    problem = compiled(snapshot(*f_nodes(), *webs(pods)))
    assert solve(build(problem, complete=True))


def test_spread_over_zones_and_hosts_at_once():
    both = (spread(labels=WEB, key=ZONE), spread(labels=WEB, key=HOSTNAME))
    here = snapshot(*f_nodes(), *webs(3, *both))
    assert allows(here, on("a1", "b1", "c1"))
    assert not allows(here, on("a1", "a2", "b1"))
