"""A7, A8, A18: who refuses whose company."""

from __future__ import annotations

import pytest

from tests.builders import (
    HOSTNAME,
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
from tests.verify.judge import broken, violations

WEB, DB = {"app": "web"}, {"app": "db"}


def against(labels, **where):
    return required_terms(affinity_term(labels=labels, **where))


def web(name, *, avoids=None, **more):
    return pod(name=name, labels=WEB, pod_anti_affinity=avoids, **more)


def test_ex_a10_ex_a11_pod_keeps_away_from_running_pods():
    here = snapshot(
        *f_nodes(),
        web("old", node="a1"),
        web("host", avoids=against(WEB, key=HOSTNAME)),
        web("zone", avoids=against(WEB)),
    )
    assert broken(here, {"host": "a2"}) == set()
    assert broken(here, {"host": "a1"}) == {"A7"}
    assert broken(here, {"zone": "b1"}) == set()
    assert broken(here, {"zone": "a2"}) == {"A7"}


def test_planned_pods_keep_away_from_each_other():
    here = snapshot(*f_nodes(), *(web(f"p{i}", avoids=against(WEB)) for i in range(3)))
    assert broken(here, {"p0": "a1", "p1": "b1", "p2": "c1"}) == set()
    assert broken(here, {"p0": "a1", "p1": "b1", "p2": "b2"}) == {"A7"}


def test_pod_does_not_refuse_itself():
    here = snapshot(*f_nodes(), web("p", avoids=against(WEB)))
    assert broken(here, {"p": "a1"}) == set()


def test_ex_a13_running_pods_refuse_newcomers_that_have_no_terms():
    here = snapshot(
        *f_nodes(), pod(name="db", labels=DB, node="b1", pod_anti_affinity=against(WEB)), web("p")
    )
    assert [v.sentence for v in violations(here, {"p": "b2"})] == [
        "pod prod/db on node b1 refuses the company of pod prod/p on node b2"
        " in topology.kubernetes.io/zone=zb"
    ]
    assert broken(here, {"p": "b2"}) == {"A8"}
    assert broken(here, {"p": "a1"}) == set()


def test_planned_pods_refuse_planned_pods_that_have_no_terms():
    """In either order: A7 if the refusing pod comes second, A8 if it comes first."""
    here = snapshot(*f_nodes(), pod(name="db", labels=DB, pod_anti_affinity=against(WEB)), web("p"))
    assert broken(here, {"db": "a1", "p": "a2"}) == {"A7"}
    assert broken(here, {"db": "a1", "p": "b1"}) == set()


def test_ex_a12_node_without_the_key_is_outside_every_domain():
    here = snapshot(*f_nodes(), node(name="bare"), web("old", node="bare"), web("p", avoids=against(WEB)))
    assert broken(here, {"p": "bare"}) == broken(here, {"p": "a1"}) == set()


def test_running_pods_that_refuse_each_other_are_no_fault_of_the_plan():
    olds = [web(f"old{i}", avoids=against(WEB), node="a1") for i in range(2)]
    here = snapshot(*f_nodes(), *olds, pod(name="p", labels=DB))
    assert broken(here, {"p": "a1"}) == set()


def test_ex_a14_ex_a15_running_terms_cover_the_namespaces_they_name():
    for covers, expected in (({}, set()), ({"namespace_selector": selector()}, {"A8"})):
        avoids = against(WEB, **covers)
        db = pod(name="db", namespace="ops", labels=DB, node="b1", pod_anti_affinity=avoids)
        assert broken(snapshot(*f_nodes(), db, web("p")), {"p": "b2"}) == expected


def test_ex_a16_listed_namespaces_replace_the_own_one():
    here = snapshot(
        *f_nodes(),
        web("old", node="a1"),
        pod(name="ops", namespace="ops", labels=WEB, node="b1"),
        web("p", avoids=against(WEB, namespaces=["ops"])),
    )
    assert broken(here, {"p": "a1"}) == set()
    assert broken(here, {"p": "b1"}) == {"A7"}


def test_ex_a18_terminating_pods_are_kept_away_from():
    here = snapshot(*f_nodes(), web("old", node="a1", terminating=True), web("p", avoids=against(WEB)))
    assert broken(here, {"p": "a1"}) == {"A7"}


@pytest.mark.parametrize(("chosen", "expected"), [(None, set()), (selector(), {"A7"})])
def test_ex_a21_ex_a22_null_selector_refuses_nobody_and_an_empty_one_everybody(chosen, expected):
    avoids = required_terms(affinity_term(label_selector=chosen))
    here = snapshot(*f_nodes(), pod(name="old", node="a1"), web("p", avoids=avoids))
    assert broken(here, {"p": "a1"}) == expected


NOT_PROD = selector(
    expressions=[expression(key="kubernetes.io/metadata.name", operator="NotIn", values=["prod"])]
)
QUIRKY = against(WEB, namespace_selector=NOT_PROD)


def test_ex_a25_negative_namespace_selector_of_the_incoming_pod_covers_its_own_namespace():
    here = snapshot(*f_nodes(), namespace(name="prod"), web("old", node="a1"), web("p", avoids=QUIRKY))
    assert broken(here, {"p": "a2"}) == {"A18"}
    assert broken(here, {"p": "b1"}) == set()


def test_a18_pod_that_may_come_first_escapes_the_quirk():
    here = snapshot(*f_nodes(), web("q"), web("p", avoids=QUIRKY))
    assert broken(here, {"q": "a1", "p": "a2"}) == set()


def test_a18_pods_that_both_have_to_come_first_do_not():
    here = snapshot(*f_nodes(), web("q", avoids=QUIRKY), web("p", avoids=QUIRKY))
    assert broken(here, {"q": "a1", "p": "a2"}) == {"A18"}
    assert broken(here, {"q": "a1", "p": "b1"}) == set()
