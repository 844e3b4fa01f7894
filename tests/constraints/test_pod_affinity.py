"""A5, A6, A9-A11, A13, J6, J7: required affinity."""

from __future__ import annotations

import pytest

from tests.builders import HOSTNAME, affinity_term, f_nodes, node, pod, required_terms, snapshot
from tests.constraints.judge import allows, compiled

WEB, DB = {"app": "web"}, {"app": "db"}


def near(*labels, **where):
    return required_terms(*(affinity_term(labels=one, **where) for one in labels))


def web(name, **more):
    return pod(name=name, labels=WEB, **more)


def test_ex_a1_pod_joins_a_running_one():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB, node="a1"), web("p", pod_affinity=near(DB)))
    assert allows(here, {"p": "a2"})
    assert not allows(here, {"p": "b1"})


def test_ex_a2_ex_j2_first_of_its_kind_opens_one_domain():
    here = snapshot(*f_nodes(), *(web(f"p{i}", pod_affinity=near(WEB)) for i in range(4)))
    assert allows(here, {"p0": "a1", "p1": "a2", "p2": "a1", "p3": "a2"})
    assert not allows(here, {"p0": "a1", "p1": "a2", "p2": "b1", "p3": "b2"})


def test_ex_a3_node_without_the_key_is_closed():
    here = snapshot(*f_nodes(), node(name="x1"), *(web(n, pod_affinity=near(WEB)) for n in "pq"))
    assert not allows(here, {"p": "x1"})
    assert allows(here, {"p": "a1", "q": "a2"})


def test_ex_a4_running_replica_binds_the_others():
    here = snapshot(*f_nodes(), web("old", node="b1"), *(web(n, pod_affinity=near(WEB)) for n in "pq"))
    assert allows(here, {"p": "b1", "q": "b2"})
    assert not allows(here, {"p": "a1", "q": "a2"})


def test_ex_a5_pod_that_does_not_match_its_own_term_cannot_start():
    assert not allows(snapshot(*f_nodes(), web("p", pod_affinity=near(DB))), {"p": "a1"})


def test_ex_a6_running_replica_on_a_node_without_the_key_is_invisible():
    here = snapshot(*f_nodes(), node(name="x1"), web("old", node="x1"), web("p", pod_affinity=near(WEB)))
    assert allows(here, {"p": "c1"})


@pytest.mark.parametrize(
    ("labels", "fits"), [(({"a": "1"}, {"b": "1"}), False), (({"a": "1", "b": "1"},), True)]
)
def test_ex_a7_ex_a8_one_pod_must_match_all_terms(labels, fits):
    old = [pod(name=f"old{i}", labels=own, node="a1") for i, own in enumerate(labels)]
    here = snapshot(*f_nodes(), *old, web("p", pod_affinity=near({"a": "1"}, {"b": "1"})))
    assert allows(here, {"p": "a1"}) is fits


def test_ex_a9_terms_of_different_keys():
    terms = required_terms(affinity_term(labels={"a": "1"}), affinity_term(labels={"b": "1"}, key=HOSTNAME))
    both = {"a": "1", "b": "1"}
    old = [pod(name=f"old-{n}", labels=both, node=n) for n in ("a1", "b1")]
    here = snapshot(*f_nodes(), *old, web("p", pod_affinity=terms))
    assert allows(here, {"p": "b1"})
    assert not allows(here, {"p": "a2"})


def test_pod_joins_a_workload_placed_with_it():
    here = snapshot(*f_nodes(), pod(name="db", labels=DB), web("p", pod_affinity=near(DB)))
    assert allows(here, {"db": "b1", "p": "b2"})
    assert not allows(here, {"db": "b1", "p": "a1"})
    assert not allows(here, {"p": "a1"})


@pytest.mark.parametrize("relaxed", [False, True])
def test_ex_j3_two_that_wait_for_each_other(relaxed):
    """Only the strict form knows that one of them has to be first."""
    here = snapshot(
        *f_nodes(), web("p", pod_affinity=near(DB)), pod(name="q", labels=DB, pod_affinity=near(WEB))
    )
    assert allows(here, {"p": "a1", "q": "a2"}, relaxed=relaxed) is relaxed


def test_a10_first_of_its_kind_must_not_find_a_match_elsewhere():
    """q matches p's term too: with q placed first p must join it, but p may come first."""
    apart = [pod(name="q", labels=WEB)]
    here = snapshot(*f_nodes(), *apart, web("p", pod_affinity=near(WEB)))
    assert allows(here, {"p": "a1", "q": "b1"})
    assert allows(here, {"p": "a1", "q": "a2"})


def test_ex_a21_null_selector_is_never_met():
    here = snapshot(*f_nodes(), web("old", node="a1"), web("p", pod_affinity=required_terms(affinity_term())))
    assert not allows(here, {"p": "a1"})


def test_affinity_between_workloads_is_named_as_an_approximation():
    alone = snapshot(*f_nodes(), *(web(n, pod_affinity=near(WEB)) for n in "pq"))
    joined = snapshot(*f_nodes(), pod(name="db", labels=DB), web("p", pod_affinity=near(DB)))
    assert compiled(alone).approximations == ()
    assert compiled(joined).approximations
