"""A7, A8, A11, A13, A18: required anti-affinity, with running pods and between asked ones."""

from __future__ import annotations

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
from tests.constraints.judge import allows, compiled

WEB, DB = {"app": "web"}, {"app": "db"}


def against(labels, **where):
    return required_terms(affinity_term(labels=labels, **where))


def web(name, **more):
    return pod(name=name, labels=WEB, **more)


def test_ex_a20_one_replica_a_zone():
    here = snapshot(*f_nodes(), *(web(f"p{i}", pod_anti_affinity=against(WEB)) for i in range(3)))
    assert allows(here, {"p0": "a1", "p1": "b1", "p2": "c1"})
    assert not allows(here, {"p0": "a1", "p1": "a2"})


def test_ex_a10_one_replica_a_node():
    here = snapshot(
        *f_nodes(), *(web(f"p{i}", pod_anti_affinity=against(WEB, key=HOSTNAME)) for i in range(2))
    )
    assert allows(here, {"p0": "a1", "p1": "a2"})
    assert not allows(here, {"p0": "a1", "p1": "a1"})


def test_one_side_refusing_is_enough():
    """Whichever comes second is refused (A7 or A8)."""
    here = snapshot(*f_nodes(), pod(name="db", labels=DB, pod_anti_affinity=against(WEB)), web("p"), web("q"))
    assert allows(here, {"p": "a1", "q": "a2", "db": "b1"})
    assert not allows(here, {"p": "a1", "db": "a2"})


def test_several_workloads_that_all_refuse_each_other():
    any_of = selector(expressions=[expression(key="app", operator="In", values=["web", "db"])])
    both = required_terms(affinity_term(label_selector=any_of))
    here = snapshot(
        *f_nodes(), web("p", pod_anti_affinity=both), pod(name="db", labels=DB, pod_anti_affinity=both)
    )
    assert allows(here, {"p": "a1", "db": "b1"})
    assert not allows(here, {"p": "a1", "db": "a2"})


def test_ex_a11_ex_a13_running_pods_close_their_domain():
    own = snapshot(*f_nodes(), web("old", node="a1"), web("p", pod_anti_affinity=against(WEB)))
    theirs = snapshot(*f_nodes(), pod(name="db", node="a1", pod_anti_affinity=against(WEB)), web("p"))
    for here in (own, theirs):
        assert not allows(here, {"p": "a2"})
        assert allows(here, {"p": "b1"})


def test_ex_a18_dying_pods_still_refuse():
    here = snapshot(
        *f_nodes(), web("old", node="a1", terminating=True), web("p", pod_anti_affinity=against(WEB))
    )
    assert not allows(here, {"p": "a1"})


def test_ex_a12_node_without_the_key_is_open():
    nodes = [node(name="x1"), node(name="x2"), node(name="a1", zone="za")]
    here = snapshot(*nodes, web("old", node="x1"), *(web(n, pod_anti_affinity=against(WEB)) for n in "pq"))
    assert allows(here, {"p": "x1", "q": "x1"})
    assert allows(here, {"p": "x1", "q": "a1"})


def test_ex_a14_ex_a16_terms_cover_their_own_namespace_unless_told():
    ops = [namespace(name="ops"), pod(name="p", namespace="ops", labels=WEB)]
    own = web("q", pod_anti_affinity=against(WEB))
    far = web("q", pod_anti_affinity=against(WEB, namespaces=["ops"]))
    assert allows(snapshot(*f_nodes(), *ops, own), {"ops/p": "a1", "q": "a1"})
    assert not allows(snapshot(*f_nodes(), *ops, far), {"ops/p": "a1", "q": "a2"})


def test_ex_a21_null_selector_refuses_nobody():
    here = snapshot(*f_nodes(), *(web(n, pod_anti_affinity=required_terms(affinity_term())) for n in "pq"))
    assert allows(here, {"p": "a1", "q": "a1"})


def test_ex_a22_empty_selector_refuses_the_whole_namespace():
    everyone = required_terms(affinity_term(label_selector=selector(), key=HOSTNAME))
    here = snapshot(*f_nodes(), web("p", pod_anti_affinity=everyone), pod(name="q", labels=DB))
    assert not allows(here, {"p": "a1", "q": "a1"})
    assert allows(here, {"p": "a1", "q": "a2"})


QUIRK = selector(
    expressions=[expression(key="kubernetes.io/metadata.name", operator="NotIn", values=["prod"])]
)


def test_ex_a25_quirk_reaches_running_pods_of_every_namespace():
    term = against(WEB, namespace_selector=QUIRK)
    here = snapshot(*f_nodes(), web("old", node="a1"), web("p", pod_anti_affinity=term))
    assert not allows(here, {"p": "a2"})


def test_a18_between_two_workloads_is_tightened_and_said_so():
    """The owner refuses web only while it comes second itself."""
    term = against(WEB, namespace_selector=QUIRK)
    here = snapshot(*f_nodes(), web("p"), pod(name="q", labels=DB, pod_anti_affinity=term))
    assert not allows(here, {"p": "a1", "q": "a2"})
    assert compiled(here).approximations


def test_a18_among_replicas_is_exact():
    term = against(WEB, namespace_selector=QUIRK)
    here = snapshot(*f_nodes(), *(web(n, pod_anti_affinity=term) for n in "pq"))
    assert not allows(here, {"p": "a1", "q": "a2"})
    assert compiled(here).approximations == ()
