"""Section 8: affinity and anti-affinity between pods (A)."""

from __future__ import annotations

import pytest

from solver.model.profile import Profile
from solver.scheduler import ClusterState
from tests.builders import (
    HOSTNAME,
    affinity_term,
    expression,
    f_nodes,
    namespace,
    node,
    pod,
    preferred_terms,
    required_terms,
    selector,
    snapshot,
)
from tests.scheduler.judge import OK, ask, by_node, judge, place, scores, short

WEB, DB = {"app": "web"}, {"app": "db"}
LONELY = "UU node(s) didn't match pod affinity rules"
OWN = "U node(s) didn't match pod anti-affinity rules"
OTHERS = "U node(s) didn't satisfy existing pods anti-affinity rules"
ALL = ("a1", "a2", "b1", "b2", "c1")


def near(*terms, labels=None, **fields):
    return pod(name="p", labels=labels, pod_affinity=required_terms(*terms), **fields)


def away(*terms, labels=WEB, **fields):
    return pod(name="p", labels=labels, pod_anti_affinity=required_terms(*terms), **fields)


def said(*objects, **asking):
    return by_node(judge(*f_nodes(), *objects, **asking))


def except_for(rest, **nodes):
    """Every node of fixture F says ``rest`` but those named."""
    return {**dict.fromkeys(ALL, rest), **nodes}


def to_web(**fields):
    return affinity_term(labels=WEB, **fields)


# Required affinity


def test_ex_a1_affinity_follows_the_pods_domain():
    db = pod(name="db", node="a1", labels=DB)
    assert said(db, near(affinity_term(labels=DB))) == except_for(LONELY, a1=OK, a2=OK)


def test_ex_a2_first_pod_of_a_self_affine_group_starts_anywhere():
    assert said(near(to_web(), labels=WEB)) == except_for(OK)


def test_ex_a3_first_pod_still_needs_the_key():
    found = judge(*f_nodes(), node(name="d1"), near(to_web(), labels=WEB))
    assert by_node(found)["d1"] == LONELY


def test_ex_a4_later_pods_join_the_first():
    assert said(pod(name="w", node="b1", labels=WEB), near(to_web(), labels=WEB)) == except_for(
        LONELY, b1=OK, b2=OK
    )


def test_ex_a5_pod_outside_its_own_term_cannot_start():
    assert said(near(affinity_term(labels=DB), labels=WEB)) == except_for(LONELY)


def test_ex_a6_pod_on_a_node_without_the_key_is_invisible():
    found = judge(
        *f_nodes(), node(name="d1"), pod(name="w", node="d1", labels=WEB), near(to_web(), labels=WEB)
    )
    assert by_node(found) == {**except_for(OK), "d1": LONELY}


TWO_TERMS = affinity_term(labels=DB), affinity_term(key=HOSTNAME, labels={"tier": "cache"})
BOTH = {"app": "db", "tier": "cache"}


def test_ex_a7_no_single_pod_matches_both_terms():
    p1, p2 = pod(name="p1", node="a1", labels=DB), pod(name="p2", node="a1", labels={"tier": "cache"})
    assert said(p1, p2, near(*TWO_TERMS)) == except_for(LONELY)


def test_ex_a8_one_pod_matching_both_terms_is_joined():
    assert said(pod(name="p3", node="a1", labels=BOTH), near(*TWO_TERMS)) == except_for(LONELY, a1=OK)


def test_ex_a9_every_term_needs_a_companion_in_its_own_domain():
    p3, p4 = pod(name="p3", node="a1", labels=BOTH), pod(name="p4", node="b1", labels=BOTH)
    assert said(p3, p4, near(*TWO_TERMS)) == except_for(LONELY, a1=OK, b1=OK)


def test_a10_first_pod_rule_ends_with_the_first_pod():
    replicas = [pod(name=f"w{i}", labels=WEB, pod_affinity=required_terms(to_web())) for i in range(2)]
    state = ClusterState.of(snapshot(*f_nodes(), *replicas))
    assert ask(state, "w1", "c1") == OK
    place(state, "w0", "a1")
    assert ask(state, "w1", "c1") == LONELY
    assert ask(state, "w1", "a2") == OK


# Required anti-affinity


def test_ex_a10_host_anti_affinity_blocks_the_host():
    web = pod(name="w", node="a1", labels=WEB)
    assert said(web, away(to_web(key=HOSTNAME))) == except_for(OK, a1=OWN)


def test_ex_a11_zone_anti_affinity_blocks_the_zone():
    assert said(pod(name="w", node="a1", labels=WEB), away(to_web())) == except_for(OK, a1=OWN, a2=OWN)


def test_ex_a12_node_without_the_key_cannot_be_blocked():
    found = judge(*f_nodes(), node(name="d1"), pod(name="w", node="d1", labels=WEB), away(to_web()))
    assert by_node(found) == {**except_for(OK), "d1": OK}


def guarded(**term):
    """A db pod on b1 that wants no web pod in its zone."""
    space = term.pop("space", "prod")
    rule = required_terms(to_web(**term))
    return pod(name="db", namespace=space, node="b1", labels=DB, pod_anti_affinity=rule)


def test_ex_a13_existing_anti_affinity_is_symmetric():
    assert said(guarded(), pod(name="p", labels=WEB)) == except_for(OK, b1=OTHERS, b2=OTHERS)


def test_ex_a14_terms_cover_their_own_namespace_by_default():
    assert said(guarded(space="ops"), pod(name="p", labels=WEB)) == except_for(OK)


def test_ex_a15_empty_namespace_selector_covers_all():
    db = guarded(space="ops", namespace_selector={})
    assert said(db, pod(name="p", labels=WEB)) == except_for(OK, b1=OTHERS, b2=OTHERS)


def test_ex_a16_listed_namespaces_replace_the_own_one():
    here = pod(name="w", node="a1", labels=WEB)
    there = pod(name="w", namespace="ops", node="b1", labels=WEB)
    assert said(here, there, away(to_web(namespaces=["ops"]))) == except_for(OK, b1=OWN, b2=OWN)


def test_ex_a17_lists_and_selectors_of_namespaces_add_up():
    spaces = [namespace(name="dev", labels={"team": "x"}), namespace(name="qa", labels={"team": "y"})]
    webs = [
        pod(name="w", namespace=space, node=name, labels=WEB)
        for space, name in (("ops", "a1"), ("dev", "b1"), ("qa", "c1"), ("prod", "c1"))
    ]
    term = to_web(namespaces=["ops"], namespace_selector=selector(labels={"team": "x"}))
    assert said(*spaces, *webs, away(term)) == {**dict.fromkeys(ALL, OWN), "c1": OK}


def test_ex_a18_terminating_pods_still_repel():
    dying = pod(name="w", node="a1", labels=WEB, terminating=True)
    assert said(dying, away(to_web(key=HOSTNAME))) == except_for(OK, a1=OWN)


def test_ex_a19_terminating_pods_still_attract():
    dying = pod(name="db", node="a1", labels=DB, terminating=True)
    assert said(dying, near(affinity_term(labels=DB))) == except_for(LONELY, a1=OK, a2=OK)


def test_ex_a20_fourth_replica_finds_no_third_zone_left():
    replicas = [pod(name=f"w{i}", labels=WEB, pod_anti_affinity=required_terms(to_web())) for i in range(4)]
    state = ClusterState.of(snapshot(*f_nodes(), *replicas))
    for index, name in enumerate(("a1", "b1", "c1")):
        assert ask(state, f"w{index}", name) == OK
        place(state, f"w{index}", name)
    assert {ask(state, "w3", name) for name in ALL} == {OWN}


def test_ex_a21_null_selector_is_never_met_and_never_blocks():
    web = pod(name="w", node="a1", labels=WEB)
    assert said(web, near(affinity_term(), labels=WEB)) == except_for(LONELY)
    assert said(web, away(affinity_term())) == except_for(OK)


def test_ex_a22_empty_selector_takes_every_pod_of_the_namespace():
    any_pod, other = pod(name="any", node="a1"), pod(name="any", namespace="ops", node="b1")
    rule = affinity_term(key=HOSTNAME, label_selector={})
    assert said(any_pod, other, away(rule)) == except_for(OK, a1=OWN)


def test_ex_a23_mismatch_keys_spare_the_own_tenant():
    tenants = [
        pod(name="t1", node="a1", labels={"tenant": "t1"}),
        pod(name="t2", node="b1", labels={"tenant": "t2"}),
    ]
    has_tenant = selector(expressions=[expression(key="tenant", operator="Exists")])
    rule = affinity_term(label_selector=has_tenant, mismatch_keys=["tenant"])
    found = judge(*f_nodes(), *tenants, manifests=[away(rule, labels={"tenant": "t1"})])
    assert by_node(found) == except_for(OK, b1=OWN, b2=OWN)


def test_ex_a24_match_keys_separate_revisions():
    old = pod(name="old", node="a1", labels={**WEB, "pod-template-hash": "1"})
    rule = to_web(key=HOSTNAME, match_keys=["pod-template-hash"])
    new = away(rule, labels={**WEB, "pod-template-hash": "2"})
    assert by_node(judge(*f_nodes(), old, manifests=[new])) == except_for(OK)


def test_s4_stored_affinity_is_not_merged_again():
    old = pod(name="old", node="a1", labels={**WEB, "pod-template-hash": "1"})
    rule = to_web(key=HOSTNAME, match_keys=["pod-template-hash"])
    assert said(old, away(rule, labels={**WEB, "pod-template-hash": "2"})) == except_for(OK, a1=OWN)


NOT_PROD = selector(
    expressions=[expression(key="kubernetes.io/metadata.name", operator="NotIn", values=["prod"])]
)


def test_ex_a25_negative_namespace_selectors_cover_everything_in_v1_34():
    web = pod(name="w", node="a1", labels=WEB)
    objects = (namespace(name="prod"), web, away(to_web(namespace_selector=NOT_PROD)))
    assert said(*objects) == except_for(OK, a1=OWN, a2=OWN)
    documented = Profile(exact_namespace_selector=False)
    assert said(*objects, config=documented) == except_for(OK)


def test_a18_existing_pods_terms_use_real_namespace_labels():
    objects = (namespace(name="prod"), guarded(namespace_selector=NOT_PROD), pod(name="p", labels=WEB))
    assert said(*objects) == except_for(OK)


def test_a12_affinity_of_existing_pods_restricts_nobody():
    follower = pod(name="f", node="a1", pod_affinity=required_terms(to_web()))
    assert said(follower, pod(name="p", labels=WEB)) == except_for(OK)


def test_checks_run_in_the_order_affinity_own_others():
    web = pod(name="w", node="b1", labels=WEB)
    choosy = pod(
        name="p",
        labels=WEB,
        pod_affinity=required_terms(affinity_term(labels=DB)),
        pod_anti_affinity=required_terms(to_web()),
    )
    assert said(guarded(), web, choosy) == except_for(LONELY, b1=OWN, b2=OWN)


BAD = affinity_term(label_selector=selector(expressions=[expression(key="app", operator="Near")]))


def test_a14_unreadable_selector_rejects_the_pod():
    found = judge(*f_nodes(), away(BAD))
    assert short(found.prefilter).startswith("UU parsing pod: requiredAntiAffinityTerms: ")
    both = judge(
        *f_nodes(),
        pod(name="p", pod_affinity=preferred_terms((5, BAD)), pod_anti_affinity=required_terms(BAD)),
    )
    assert "[requiredAntiAffinityTerms: " in short(both.prefilter)
    assert ", preferredAffinityTerms: " in short(both.prefilter)


def test_a14_unreadable_list_of_a_running_pod_counts_for_nothing():
    broken = pod(name="db", node="b1", pod_anti_affinity=required_terms(to_web(), BAD))
    assert said(broken, pod(name="p", labels=WEB)) == except_for(OK)


# Scores


def affinity_scores(*objects, **asking):
    return scores(judge(*f_nodes(), *objects, **asking), "InterPodAffinity")


def test_ex_a26_preferences_add_up_per_domain():
    friends = pod(name="db", node="a1", labels=DB)
    foes = [pod(name=f"w{i}", node="b1", labels=WEB) for i in range(2)]
    asked = pod(
        name="p",
        pod_affinity=preferred_terms((80, affinity_term(labels=DB))),
        pod_anti_affinity=preferred_terms((30, to_web())),
    )
    assert affinity_scores(friends, *foes, asked) == {"a1": 100, "a2": 100, "b1": 0, "b2": 0, "c1": 42}


def test_ex_a27_equal_worth_scores_nothing():
    crowd = [pod(name=f"w{name}", node=name, labels=WEB) for name in ("a1", "b1", "c1")]
    asked = pod(name="p", pod_affinity=preferred_terms((5, to_web())))
    assert set(affinity_scores(*crowd, asked).values()) == {0}


FOLLOWER = pod(name="f", node="a1", pod_affinity=required_terms(to_web()))


def test_ex_a28_required_affinity_of_existing_pods_scores():
    got = affinity_scores(FOLLOWER, pod(name="p", labels=WEB))
    assert got == {"a1": 100, "a2": 100, "b1": 0, "b2": 0, "c1": 0}
    switched_off = Profile(hard_pod_affinity_weight=0)
    assert affinity_scores(FOLLOWER, pod(name="p", labels=WEB), config=switched_off) == {}


def test_ex_a29_only_negative_worth_is_scaled_as_well():
    places = ["a1", "a1", "a1", "b1", "b1", "b1", "c1"]
    foes = [pod(name=f"w{i}", node=name, labels=WEB) for i, name in enumerate(places)]
    asked = pod(name="p", pod_anti_affinity=preferred_terms((10, to_web())))
    assert affinity_scores(*foes, asked) == {"a1": 0, "a2": 0, "b1": 0, "b2": 0, "c1": 100}


@pytest.mark.parametrize("kind", ["pod_affinity", "pod_anti_affinity"])
def test_a15_preferences_of_existing_pods_count(kind):
    fan = pod(name="f", node="a1", **{kind: preferred_terms((10, to_web()))})
    got = affinity_scores(fan, pod(name="p", labels=WEB))
    best = 100 if kind == "pod_affinity" else 0
    assert (got["a1"], got["c1"]) == (best, 100 - best)


def test_a16_contributions_that_cancel_out_are_still_scores():
    both = pod(
        name="f",
        node="a1",
        pod_affinity=preferred_terms((10, to_web())),
        pod_anti_affinity=preferred_terms((10, to_web())),
    )
    assert set(affinity_scores(both, pod(name="p", labels=WEB)).values()) == {0}


def test_a17_required_anti_affinity_has_no_score():
    assert affinity_scores(guarded(), pod(name="p", labels=WEB)) == {}


def test_a16_nothing_to_contribute_skips_the_score():
    assert affinity_scores(pod(name="p", pod_affinity=preferred_terms((5, to_web())))) == {}


def test_a19_a_profile_may_ignore_what_others_prefer():
    ignoring = Profile(ignore_preferences_of_others=True)
    assert affinity_scores(FOLLOWER, pod(name="p", labels=WEB), config=ignoring) == {}
    fond = pod(name="p", labels=WEB, pod_affinity=preferred_terms((5, affinity_term(labels=DB))))
    assert affinity_scores(FOLLOWER, fond, config=ignoring)["a1"] == 100
