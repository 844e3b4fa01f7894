"""Which nodes are open to a pod before pods of the question meet each other."""

from __future__ import annotations

import pytest

from tests.builders import (
    HOSTNAME,
    ZONE,
    affinity_term,
    container,
    expression,
    f_nodes,
    in_zones,
    node,
    node_term,
    pod,
    preferred_nodes,
    required_nodes,
    required_terms,
    snapshot,
    spread,
    taint,
    toleration,
)
from tests.constraints.judge import compiled

UNREADABLE = {"matchExpressions": [{"key": "app", "operator": "Nope"}]}


def open_to(world_pod, *objects, nodes=None):
    """Names of the nodes open to the pod; bystanders keep every node in the problem."""
    nodes = f_nodes() if nodes is None else nodes
    anywhere = [toleration(operator="Exists")]
    bystanders = [pod(name=f"by{i}", namespace="by", tolerations=anywhere) for i in range(len(nodes))]
    problem = compiled(snapshot(*nodes, *objects, world_pod, *bystanders))
    return {problem.nodes[n] for n in problem.limit[0].nonzero()[0]}


EVERYWHERE = {"a1", "a2", "b1", "b2", "c1"}


def test_plain_pod_goes_anywhere():
    assert open_to(pod(name="p")) == EVERYWHERE


def test_cordon_and_taints_close_nodes_unless_tolerated():
    nodes = [
        node(name="cordoned", unschedulable=True),
        node(name="tainted", taints=[taint(key="x", effect="NoExecute")]),
        node(name="soft", taints=[taint(key="x", effect="PreferNoSchedule")]),
    ]
    assert open_to(pod(name="p"), nodes=nodes) == {"soft"}
    key = [toleration(key="x", operator="Exists")]
    assert open_to(pod(name="p", tolerations=key), nodes=nodes) == {"soft", "tainted"}
    everything = [toleration(operator="Exists")]
    assert open_to(pod(name="p", tolerations=everything), nodes=nodes) == {"soft", "tainted", "cordoned"}


def test_selector_and_required_affinity_both_hold():
    nodes = [
        node(name="a1", zone="za", labels={"disk": "ssd"}),
        node(name="a2", zone="za"),
        node(name="b1", zone="zb", labels={"disk": "ssd"}),
    ]
    both = pod(name="p", node_selector={"disk": "ssd"}, node_affinity=required_nodes(in_zones("za")))
    assert open_to(both, nodes=nodes) == {"a1"}


def test_ex_l7_match_fields_name_a_node():
    named = node_term(fields=[expression(key="metadata.name", operator="In", values=["b1"])])
    assert open_to(pod(name="p", node_affinity=required_nodes(named))) == {"b1"}


def test_t8_hard_spread_needs_every_key():
    nodes = [*f_nodes(), node(name="x", zone="zx", hostname=False), node(name="y")]
    both = [spread(key=ZONE), spread(key=HOSTNAME)]
    assert open_to(pod(name="p", spread=both), nodes=nodes) == EVERYWHERE
    soft = [spread(key=ZONE, soft=True)]
    assert open_to(pod(name="p", spread=soft), nodes=nodes) == {*EVERYWHERE, "x", "y"}


def test_running_pods_keep_ports_and_room():
    taken = container(requests={"cpu": "3"}, ports=[{"containerPort": 80, "hostPort": 80}])
    old = pod(name="old", node="a1", containers=[taken])
    assert open_to(pod(name="p", requests={"cpu": "2"}), old) == EVERYWHERE - {"a1"}
    port = container(ports=[{"containerPort": 80, "hostPort": 80}])
    assert open_to(pod(name="p", containers=[port]), old) == EVERYWHERE - {"a1"}


def test_pods_that_no_longer_count_take_nothing():
    done = pod(name="done", node="a1", phase="Succeeded", requests={"cpu": "4"})
    lost = pod(name="lost", node="gone", requests={"cpu": "4"})
    assert open_to(pod(name="p", requests={"cpu": "4"}), done, lost) == EVERYWHERE


@pytest.mark.parametrize(
    "rule",
    [
        {"pod_affinity": required_terms(affinity_term(label_selector=UNREADABLE))},
        {"pod_anti_affinity": required_terms(affinity_term(label_selector=UNREADABLE))},
        {"spread": [spread(label_selector=UNREADABLE)]},
    ],
)
def test_a14_pod_whose_selector_cannot_be_read_goes_nowhere(rule):
    assert open_to(pod(name="p", **rule)) == set()


def test_a14_running_pod_with_one_unreadable_term_refuses_nobody():
    """kube-scheduler drops the whole list of such a pod."""
    web = {"app": "web"}
    terms = [affinity_term(labels=web), affinity_term(label_selector=UNREADABLE)]
    refusing = pod(name="old", node="a1", pod_anti_affinity=required_terms(terms[0]))
    broken = pod(name="old", node="a1", pod_anti_affinity=required_terms(*terms))
    assert open_to(pod(name="p", labels=web), refusing) == EVERYWHERE - {"a1", "a2"}
    assert open_to(pod(name="p", labels=web), broken) == EVERYWHERE


@pytest.mark.parametrize(("allocated", "zones"), [(True, {"a1", "a2"}), (False, set())])
def test_d3_only_allocated_device_claims_can_be_judged(allocated, zones):
    claim = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "gpu", "namespace": "prod"},
        "spec": {},
        "status": {"allocation": {"nodeSelector": {"nodeSelectorTerms": [in_zones("za")]}}}
        if allocated
        else {},
    }
    wanting = pod(name="p", spec={"resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}]})
    assert open_to(wanting, claim) == zones


def test_soft_taints_and_missed_preferences_cost():
    nodes = [
        node(name="a1", zone="za"),
        node(name="b1", zone="zb"),
        node(name="c1", zone="zb", taints=[taint(key="x", effect="PreferNoSchedule")]),
    ]
    wish = pod(name="p", node_affinity=preferred_nodes((30, in_zones("za")), (5, in_zones("zb"))))
    tolerant = pod(name="q", tolerations=[toleration(key="x", operator="Exists", effect="PreferNoSchedule")])
    problem = compiled(snapshot(*nodes, wish, tolerant))
    assert problem.node_cost.tolist() == [[5, 30, 130], [0, 0, 0]]
