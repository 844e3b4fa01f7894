"""Section 2: node names, cordons and taints (N, K)."""

from __future__ import annotations

from solver.scheduler import ClusterState
from tests.builders import f_nodes, node, pod, snapshot, taint, toleration
from tests.scheduler.judge import OK, ask, by_node, feasible, judge, scores

NOT_READY = "node.kubernetes.io/not-ready"
TEAM_X = "UU node(s) had untolerated taint {team: x}"


def on_tainted(*taints, tolerations=()):
    return by_node(judge(node(name="a1", taints=taints), pod(name="p", tolerations=tolerations)))["a1"]


def test_n1_pod_that_names_its_node_fits_only_there():
    state = ClusterState.of(snapshot(*f_nodes(), pod(name="p", node="a1")))
    assert ask(state, "p", "a1") == OK
    assert ask(state, "p", "b1") == "UU node(s) didn't match the requested node name"


def test_ex_n1_cordon_rejects_without_the_taint():
    found = judge(node(name="a1", unschedulable=True), pod(name="p"))
    assert by_node(found) == {"a1": "UU node(s) were unschedulable"}


def test_ex_n2_cordon_is_tolerated_like_its_taint():
    tolerant = toleration(key="node.kubernetes.io/unschedulable", operator="Exists", effect="NoSchedule")
    found = judge(node(name="a1", unschedulable=True), pod(name="p", tolerations=[tolerant]))
    assert by_node(found) == {"a1": OK}


def test_n3_cordon_taint_alone_rejects_with_its_own_reason():
    said = on_tainted(taint(key="node.kubernetes.io/unschedulable"))
    assert said == "UU node(s) had untolerated taint {node.kubernetes.io/unschedulable: }"


def test_ex_k1_exists_tolerates_every_value_and_effect():
    assert (
        on_tainted(taint(key="team", value="x"), tolerations=[toleration(key="team", operator="Exists")])
        == OK
    )


def test_ex_k2_other_value_is_not_tolerated():
    assert on_tainted(taint(key="team", value="x"), tolerations=[toleration(key="team", value="y")]) == TEAM_X


def test_ex_k3_other_effect_is_not_tolerated():
    wrong = toleration(key="team", value="x", effect="NoSchedule")
    assert on_tainted(taint(key="team", value="x", effect="NoExecute"), tolerations=[wrong]) == TEAM_X


def test_ex_k4_preferences_do_not_filter():
    assert on_tainted(taint(key="soft", value="1", effect="PreferNoSchedule")) == OK


def test_ex_k5_toleration_of_everything_also_covers_cordons():
    cordoned = node(name="a1", unschedulable=True, taints=[taint(key="team", value="x")])
    found = judge(cordoned, pod(name="p", tolerations=[toleration(operator="Exists")]))
    assert by_node(found) == {"a1": OK}


def test_ex_k6_default_toleration_does_not_cover_no_schedule():
    default = toleration(key=NOT_READY, operator="Exists", effect="NoExecute")
    taints = [taint(key=NOT_READY, effect="NoExecute"), taint(key=NOT_READY, effect="NoSchedule")]
    assert on_tainted(*taints, tolerations=[default]) == f"UU node(s) had untolerated taint {{{NOT_READY}: }}"


def test_first_untolerated_taint_in_node_order_is_named():
    taints = [taint(key="one", value="1"), taint(key="two", value="2")]
    assert on_tainted(*taints) == "UU node(s) had untolerated taint {one: 1}"
    assert on_tainted(*taints, tolerations=[toleration(key="one", value="1")]).endswith("{two: 2}")


def repelled(*counts, tolerations=()):
    """TaintToleration scores of nodes with so many soft taints."""
    nodes = [
        node(name=f"n{i}", taints=[taint(key=f"t{k}", effect="PreferNoSchedule") for k in range(count)])
        for i, count in enumerate(counts)
    ]
    return list(scores(judge(*nodes, pod(name="p", tolerations=tolerations)), "TaintToleration").values())


def test_ex_k7_score_falls_with_soft_taints():
    assert repelled(0, 1, 2) == [100, 50, 0]
    assert repelled(0, 1, 3) == [100, 67, 0]


def test_k5_all_nodes_score_full_without_soft_taints():
    assert repelled(0, 0) == [100, 100]


def test_k5_only_tolerations_of_soft_taints_count():
    assert repelled(0, 1, tolerations=[toleration(key="t0", operator="Exists")]) == [100, 100]
    hard = toleration(key="t0", operator="Exists", effect="NoSchedule")
    assert repelled(0, 1, tolerations=[hard]) == [100, 0]


def test_cordoned_nodes_stay_out_whatever_their_taints():
    nodes = [*f_nodes(), node(name="d1", unschedulable=True)]
    assert feasible(judge(*nodes, pod(name="p"))) == ["a1", "a2", "b1", "b2", "c1"]
