"""Section 3: nodeSelector and node affinity (L)."""

from __future__ import annotations

import pytest

from solver.model.names import NodeName
from solver.model.pod import PreferredNodeTerm
from solver.model.profile import Profile
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.scheduler import explain
from tests.builders import (
    ZONE,
    expression,
    f_nodes,
    in_zones,
    node,
    node_term,
    pod,
    preferred_nodes,
    required_nodes,
)
from tests.scheduler.judge import OK, by_node, feasible, judge, scores

MISMATCH = "UU node(s) didn't match Pod's node affinity/selector"


def named(*names):
    return expression(key="metadata.name", operator="In", values=names)


def requiring(*terms):
    return pod(name="p", node_affinity=required_nodes(*terms))


def test_ex_l1_selector_and_affinity_must_both_match():
    nodes = [node(name="a1", zone="za", labels={"disk": "ssd"}), node(name="a2", zone="za")]
    found = judge(
        *nodes, pod(name="p", node_selector={"disk": "ssd"}, node_affinity=required_nodes(in_zones("za")))
    )
    assert by_node(found) == {"a1": OK, "a2": MISMATCH}


def test_ex_l2_terms_are_alternatives():
    with_disk = node_term(
        expressions=[
            expression(key=ZONE, operator="In", values=["za"]),
            expression(key="disk", operator="Exists"),
        ]
    )
    assert feasible(judge(*f_nodes(), requiring(with_disk, in_zones("zc")))) == ["c1"]


def test_ex_l3_not_in_matches_where_the_label_is_missing():
    term = node_term(expressions=[expression(key="gpu", operator="NotIn", values=["none"])])
    nodes = [node(name="n1"), node(name="n2", labels={"gpu": "none"}), node(name="n3", labels={"gpu": "a"})]
    assert feasible(judge(*nodes, requiring(term))) == ["n1", "n3"]


def test_ex_l4_greater_than_compares_integers_only():
    term = node_term(expressions=[expression(key="cores", operator="Gt", values=["8"])])
    nodes = [node(name=f"n{v}", labels={"cores": v}) for v in ("16", "8", "x")]
    assert feasible(judge(*nodes, node(name="none"), requiring(term))) == ["n16"]


def test_ex_l5_unusable_term_leaves_the_others():
    bad = node_term(expressions=[expression(key="cores", operator="Gt", values=["a lot"])])
    assert feasible(judge(*f_nodes(), requiring(bad, in_zones("za")))) == ["a1", "a2"]


def test_l6_signed_number_is_no_label_value():
    signed = node_term(expressions=[expression(key="cores", operator="Gt", values=["-1"])])
    nodes = [node(name="n1", zone="za", labels={"cores": "5"}), node(name="n2", zone="zb")]
    assert feasible(judge(*nodes, requiring(signed))) == []
    assert feasible(judge(*nodes, requiring(signed, in_zones("zb")))) == ["n2"]


def test_ex_l6_empty_term_matches_no_node():
    assert set(by_node(judge(*f_nodes(), requiring(node_term()))).values()) == {MISMATCH}


def test_l4_no_terms_match_no_node():
    assert feasible(judge(*f_nodes(), requiring())) == []


def test_ex_l7_naming_a_node_narrows_the_search():
    found = judge(*f_nodes(), requiring(node_term(fields=[named("b1")])))
    assert feasible(found) == ["b1"]
    cut = found.failed[NodeName("a1")]
    assert (cut.plugin, cut.reasons) == ("PreFilterResult", ())


def test_l8_message_counts_nodes_cut_away():
    found = judge(
        *f_nodes(cpu="1"),
        pod(name="p", requests={"cpu": "2"}, node_affinity=required_nodes(node_term(fields=[named("b1")]))),
    )
    assert explain(found) == (
        "0/5 nodes are available: 1 Insufficient cpu, 4 node(s) didn't satisfy plugin(s) [NodeAffinity]."
    )


def test_ex_l8_two_names_in_every_term_conflict():
    found = judge(*f_nodes(), requiring(node_term(fields=[named("a1"), named("b1")])))
    assert found.prefilter is not None
    assert (found.prefilter.plugin, found.prefilter.reasons) == (
        "NodeAffinity",
        ("pod affinity terms conflict",),
    )


def test_l8_no_narrowing_when_some_term_names_no_node():
    found = judge(*f_nodes(), requiring(node_term(fields=[named("b1")]), in_zones("zc")))
    assert by_node(found) == {"a1": MISMATCH, "a2": MISMATCH, "b1": OK, "b2": MISMATCH, "c1": OK}


def test_l8_named_node_must_still_match_the_rest():
    term = node_term(expressions=[expression(key=ZONE, operator="In", values=["za"])], fields=[named("b1")])
    assert by_node(judge(*f_nodes(), requiring(term)))["b1"] == MISMATCH


def test_l8_names_in_an_unusable_term_still_narrow():
    two = node_term(fields=[named("a1", "b1")])  # L7: exactly one value
    said = by_node(judge(*f_nodes(), requiring(two)))
    assert (said["a1"], said["b1"], said["c1"]) == (MISMATCH, MISMATCH, "UU ")


def test_ex_l12_naming_an_unknown_node_leaves_none():
    found = judge(*f_nodes(), requiring(node_term(fields=[named("z9")])))
    assert found.prefilter is None
    assert {status.plugin for status in found.failed.values()} == {"PreFilterResult"}
    assert explain(found) == "0/5 nodes are available: 5 node(s) didn't satisfy plugin(s) [NodeAffinity]."


def preferring(*worths):
    """NodeAffinity scores of nodes of these raw worths."""
    nodes = [node(name=f"n{i}", labels={"worth": str(worth)}) for i, worth in enumerate(worths)]
    wishes = [
        (worth, node_term(expressions=[expression(key="worth", operator="In", values=[str(worth)])]))
        for worth in worths
        if worth
    ]
    unmet = (1, node_term(expressions=[expression(key="worth", operator="In", values=["unmet"])]))
    found = judge(*nodes, pod(name="p", node_affinity=preferred_nodes(*wishes, unmet)))
    return list(scores(found, "NodeAffinity").values())


@pytest.mark.parametrize(
    ("worths", "expected"),
    [
        pytest.param((70, 20, 0), [100, 28, 0], id="ex_l9"),
        pytest.param((50, 80, 30), [62, 100, 37], id="ex_l10"),
        pytest.param((0, 0, 0), [0, 0, 0], id="ex_l11"),
    ],
)
def test_ex_l9_l10_l11_preferences_are_scaled_to_the_best_node(worths, expected):
    assert preferring(*worths) == expected


def test_l9_empty_and_weightless_preferences_count_nothing():
    found = judge(
        *f_nodes(), pod(name="p", node_affinity=preferred_nodes((50, node_term()), (0, in_zones("za"))))
    )
    assert set(scores(found, "NodeAffinity").values()) == {0}


def test_l9_invalid_preference_fails_scoring():
    bad = node_term(expressions=[expression(key="cores", operator="Gt", values=["a lot"])])
    found = judge(*f_nodes(), pod(name="p", node_affinity=preferred_nodes((5, bad), (7, in_zones("za")))))
    assert len(found.feasible) == 5
    assert found.score_error is not None
    assert (found.score_error.plugin, found.scores) == ("NodeAffinity", {})


def zone_is(value):
    return NodeSelectorTerm(expressions=(Requirement(key=ZONE, operator=Operator.IN, values=(value,)),))


def test_l2_added_affinity_is_asked_first():
    config = Profile(added_affinity=NodeSelector(terms=(zone_is("za"),)))
    found = judge(*f_nodes(), requiring(in_zones("za", "zb")), config=config)
    assert by_node(found) == {
        "a1": OK,
        "a2": OK,
        "b1": "UU node(s) didn't match scheduler-enforced node affinity",
        "b2": "UU node(s) didn't match scheduler-enforced node affinity",
        "c1": "UU node(s) didn't match scheduler-enforced node affinity",
    }


def test_l9_added_preferences_score_every_pod():
    config = Profile(added_preferences=(PreferredNodeTerm(weight=30, term=zone_is("zb")),))
    plain = judge(*f_nodes(), pod(name="p"), config=config)
    assert scores(plain, "NodeAffinity") == {"a1": 0, "a2": 0, "b1": 100, "b2": 100, "c1": 0}
    wishing = judge(
        *f_nodes(), pod(name="p", node_affinity=preferred_nodes((60, in_zones("za")))), config=config
    )
    assert scores(wishing, "NodeAffinity") == {"a1": 100, "a2": 100, "b1": 50, "b2": 50, "c1": 0}
