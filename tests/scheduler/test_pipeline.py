"""Section 1: the order of plugins, statuses, and the message that sums them up (G)."""

from __future__ import annotations

from solver.model.names import PodKey
from solver.scheduler import FILTERS, PLUGINS, SCORERS, ClusterState, PodVerdict, explain
from tests.builders import container, f_nodes, node, pod, snapshot, spread, storage_class, taint
from tests.scheduler.judge import OK, ask, by_node, feasible, judge, place, scores

WEB = {"app": "web"}


def test_plugins_stand_in_the_order_of_the_table():
    assert [plugin.name for plugin in PLUGINS] == [
        "NodeUnschedulable",
        "NodeName",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
        "PodTopologySpread",
        "InterPodAffinity",
        "DynamicResources",
        "NodeResourcesBalancedAllocation",
        "ImageLocality",
    ]
    assert {plugin.name for plugin in (*FILTERS, *SCORERS)} == {plugin.name for plugin in PLUGINS}


def test_ex_g1_only_the_first_failing_plugin_is_reported():
    found = judge(
        node(name="a1", unschedulable=True),
        pod(name="old", node="a1", requests={"cpu": "4"}),
        pod(name="p", requests={"cpu": "1"}),
    )
    assert by_node(found) == {"a1": "UU node(s) were unschedulable"}


def test_ex_g2_message_counts_reasons_and_sorts_them_as_text():
    found = judge(
        node(name="n1", cpu="1"),
        node(name="n2", cpu="1"),
        node(name="n3", taints=[taint(key="gpu", value="yes")]),
        pod(name="p", requests={"cpu": "2"}),
    )
    assert explain(found) == (
        "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: yes}, 2 Insufficient cpu."
    )


def test_ex_g3_rejection_before_filtering_has_no_per_node_list():
    found = judge(*f_nodes(), pod(name="p", claims=["data"]))
    assert explain(found) == '0/5 nodes are available: persistentvolumeclaim "data" not found.'
    assert found.prefilter is not None
    assert (found.feasible, found.failed, found.scores) == ((), {}, {})


def test_g11_cluster_without_nodes_has_a_message_of_its_own():
    assert explain(PodVerdict(pod=PodKey("prod/p"), node_count=0)) == "no nodes available to schedule pods"


def test_ex_g4_succeeded_pod_occupies_nothing():
    found = judge(
        node(name="a1"),
        pod(name="done", node="a1", phase="Succeeded", requests={"cpu": "4"}),
        pod(name="p", requests={"cpu": "4"}),
    )
    assert feasible(found) == ["a1"]


def test_ex_g5_terminating_pod_counts_for_resources_and_anti_affinity_but_not_for_spread():
    dying = pod(name="dying", node="a1", labels=WEB, requests={"cpu": "4"}, terminating=True)
    full = judge(*f_nodes(), dying, pod(name="p", requests={"cpu": "1"}))
    assert by_node(full)["a1"] == "U Insufficient cpu"
    rules = [spread(key="kubernetes.io/hostname", labels=WEB)]
    spreading = judge(*f_nodes(), dying, pod(name="p", labels=WEB, spread=rules))
    assert by_node(spreading)["a1"] == OK
    anti = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": WEB}}
        ]
    }
    keeping_away = judge(*f_nodes(), dying, pod(name="p", pod_anti_affinity=anti))
    assert by_node(keeping_away)["a1"] == "U node(s) didn't match pod anti-affinity rules"


def test_ex_g6_readiness_is_not_consulted():
    assert feasible(judge(node(name="a1", ready=False), pod(name="p"))) == ["a1"]


def test_ex_g7_a_verdict_does_not_sample_nodes():
    names = [f"n{index:03}" for index in range(240)]  # kube-scheduler itself would stop at 115
    assert feasible(judge(*(node(name=name) for name in names), pod(name="p"))) == names


def test_pods_on_unknown_nodes_are_invisible():
    found = judge(
        node(name="a1"),
        pod(name="lost", node="gone", requests={"cpu": "4"}),
        pod(name="p", requests={"cpu": "4"}),
    )
    assert feasible(found) == ["a1"]


def test_single_feasible_node_is_scored_all_the_same():
    found = judge(node(name="a1"), node(name="a2", unschedulable=True), pod(name="p", requests={"cpu": "1"}))
    assert found.totals.keys() == {"a1"}
    assert found.totals["a1"] == sum(found.scores["a1"].values())


def test_skipped_plugins_have_no_score():
    found = judge(*f_nodes(), pod(name="p", containers=[container()]))
    assert found.scores["a1"].keys() == {"TaintToleration", "NodeResourcesFit", "ImageLocality"}


def test_scores_are_weighted():
    found = judge(*f_nodes(), pod(name="p", requests={"cpu": "1", "memory": "2Gi"}))
    assert found.scores["a1"] == {
        "TaintToleration": 300,
        "NodeResourcesFit": 75,
        "NodeResourcesBalancedAllocation": 100,
        "ImageLocality": 0,
    }
    assert scores(found, "TaintToleration")["a1"] == 100


def test_check_agrees_with_the_verdict_on_every_node():
    objects = (
        *f_nodes(),
        storage_class(name="fast"),
        pod(name="old", node="a1", labels=WEB, requests={"cpu": "4"}),
        pod(name="p", labels=WEB, requests={"cpu": "1"}, spread=[spread(labels=WEB)]),
    )
    state = ClusterState.of(snapshot(*objects))
    said = by_node(judge(*objects))
    assert {name: ask(state, "p", name) for name in said} == said
    assert len(set(said.values())) == 3


def test_later_pods_see_earlier_ones():
    state = ClusterState.of(
        snapshot(node(name="a1"), *(pod(name=name, requests={"cpu": "3"}) for name in ("p", "q")))
    )
    assert ask(state, "q", "a1") == OK
    place(state, "p", "a1")
    assert ask(state, "q", "a1") == "U Insufficient cpu"
