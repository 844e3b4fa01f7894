"""A5, A6, A9-A11, J6 on the final state: only what no order could reach is refused."""

from __future__ import annotations

from tests.builders import (
    HOSTNAME,
    ZONE,
    affinity_term,
    expression,
    f_nodes,
    namespace,
    node,
    pod,
    required_terms,
    selector,
    snapshot,
)
from tests.verify.judge import broken

WEB, DB, CACHE = {"app": "web"}, {"app": "db"}, {"tier": "cache"}
NEAR_WEB = required_terms(affinity_term(labels=WEB))
NEAR_DB = required_terms(affinity_term(labels=DB))


def web(name, *, near=NEAR_WEB, **more):
    return pod(name=name, labels=WEB, pod_affinity=near, **more)


def test_ex_a1_pod_joins_a_running_match():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB, node="a1"), web("p", near=NEAR_DB))
    assert broken(here, {"p": "a2"}) == set()
    assert broken(here, {"p": "b1"}) == {"A6"}


def test_planned_match_will_do():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB), web("p", near=NEAR_DB))
    assert broken(here, {"p": "a2", "db": "a1"}) == set()
    assert broken(here, {"p": "b2", "db": "a1"}) == {"A6"}
    assert broken(here, {"p": "a1"}) == {"A6"}  # EX-A5


def test_ex_a2_first_pod_of_its_own_kind_may_go_anywhere():
    here = snapshot(*f_nodes(), web("p"))
    assert all(broken(here, {"p": name}) == set() for name in ("a1", "b2", "c1"))


def test_ex_a3_node_without_the_key_is_refused_all_the_same():
    here = snapshot(*f_nodes(), node(name="bare"), web("p"))
    assert broken(here, {"p": "bare"}) == {"A6"}


def test_ex_a4_running_match_ends_the_first_pod_rule():
    here = snapshot(*f_nodes(), pod(name="old", labels=WEB, node="b1"), web("p"))
    assert broken(here, {"p": "b2"}) == set()
    assert broken(here, {"p": "a1"}) == {"A6"}


def test_ex_a6_match_on_a_node_without_the_key_is_invisible():
    here = snapshot(*f_nodes(), node(name="bare"), pod(name="old", labels=WEB, node="bare"), web("p"))
    assert broken(here, {"p": "a1"}) == set()


def test_ex_a19_terminating_match_counts():
    here = snapshot(
        *f_nodes(), pod(name="db", labels=DB, node="a1", terminating=True), web("p", near=NEAR_DB)
    )
    assert broken(here, {"p": "a2"}) == set()


def test_pods_that_seek_each_other_share_one_domain():
    here = snapshot(*f_nodes(), *(web(f"p{i}") for i in range(3)))
    assert broken(here, {"p0": "a1", "p1": "a2", "p2": "a1"}) == set()
    assert broken(here, {"p0": "a1", "p1": "a2", "p2": "b1"}) == {"J6"}


def test_matching_pods_without_affinity_open_further_domains():
    here = snapshot(*f_nodes(), web("p0"), web("p1"), pod(name="free", labels=WEB))
    assert broken(here, {"p0": "a1", "p1": "b1", "free": "b2"}) == set()
    assert broken(here, {"p0": "a1", "p1": "b1", "free": "c1"}) == {"J6"}


TWO_TERMS = required_terms(affinity_term(labels=DB), affinity_term(key=HOSTNAME, labels=CACHE))


def test_ex_a7_every_term_must_be_met_by_the_same_pods():
    halves = [pod(name="p1", labels=DB, node="a1"), pod(name="p2", labels=CACHE, node="a1")]
    here = snapshot(*f_nodes(), *halves, web("p", near=TWO_TERMS))
    assert broken(here, {"p": "a1"}) == {"A6"}


def test_ex_a8_ex_a9_pod_matching_both_terms_opens_its_own_host():
    both = {**DB, **CACHE}
    here = snapshot(*f_nodes(), pod(name="p3", labels=both, node="a1"), web("p", near=TWO_TERMS))
    assert broken(here, {"p": "a1"}) == set()
    assert broken(here, {"p": "a2"}) == {"A6"}


def test_several_terms_may_be_met_by_different_pods_that_match_all():
    """a1 holds the host, another zone-mate is not needed; p on b1 is covered for the zone only by p4."""
    both = {**DB, **CACHE}
    here = snapshot(
        *f_nodes(),
        pod(name="p3", labels=both, node="a1"),
        pod(name="p4", labels=both, node="b1"),
        web("p", near=TWO_TERMS),
    )
    assert broken(here, {"p": "b1"}) == set()
    assert broken(here, {"p": "b2"}) == {"A6"}


def test_ex_a21_null_selector_can_never_be_met():
    here = snapshot(*f_nodes(), web("p", near=required_terms(affinity_term())))
    assert broken(here, {"p": "a1"}) == {"A6"}


def test_term_covers_its_own_namespace_unless_told_otherwise():
    ops = pod(name="db", namespace="ops", labels=DB, node="a1")
    for covers, expected in (
        ({}, {"A6"}),
        ({"namespaces": ["ops"]}, set()),
        ({"namespace_selector": selector()}, set()),
        ({"namespace_selector": selector(labels={"team": "x"})}, set()),
        ({"namespace_selector": selector(labels={"team": "y"})}, {"A6"}),
    ):
        near = required_terms(affinity_term(labels=DB, **covers))
        here = snapshot(*f_nodes(), namespace(name="ops", labels={"team": "x"}), ops, web("p", near=near))
        assert broken(here, {"p": "a2"}) == expected


def test_a18_negative_namespace_selector_of_the_incoming_pod_covers_every_namespace():
    not_prod = selector(
        expressions=[expression(key="kubernetes.io/metadata.name", operator="NotIn", values=["prod"])]
    )
    near = required_terms(affinity_term(labels=DB, namespace_selector=not_prod))
    here = snapshot(*f_nodes(), pod(name="db", labels=DB, node="a1"), web("p", near=near))
    assert broken(here, {"p": "a2"}) == set()
    assert broken(here, {"p": "b1"}) == {"A6"}


def test_unreadable_selector_is_refused():
    wrong = affinity_term(key=ZONE, label_selector={"matchExpressions": [{"key": "app", "operator": "Near"}]})
    here = snapshot(*f_nodes(), web("p", near=required_terms(wrong)))
    assert "A14" in broken(here, {"p": "a1"})
