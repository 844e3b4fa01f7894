"""Every reason a pod can be left out for, as its rule family."""

from __future__ import annotations

import pytest

from solver.model.config import SolveConfig
from solver.model.outcome import ReasonCode
from solver.pipeline import place
from tests.builders import (
    affinity_term,
    attachment,
    capacity,
    claim,
    container,
    csi_driver,
    csi_node,
    expression,
    in_zones,
    node,
    node_term,
    pod,
    pod_spec,
    required_nodes,
    required_terms,
    selector,
    snapshot,
    spread,
    stateful_set,
    storage_class,
    taint,
    volume,
)
from tests.strategies import question_of

WEB = {"app": "web"}
PORT = [container(ports=[{"containerPort": 80, "hostPort": 80}])]
DRIVER = "csi.example.com"
ZONED = node(name="a1", zone="za")


def reasons(*objects, manifests=(), name="p", strict_rwo=True):
    """(code, message) of each reason for a pod that must be left out."""
    here = snapshot(*objects, manifests=manifests)
    outcome = place(here, question_of(here), SolveConfig(workers=1, strict_rwo=strict_rwo))
    (found,) = (u for u in outcome.unplaced if u.pod.endswith(f"/{name}"))
    return [(reason.code, reason.message) for reason in found.reasons]


CASES = {
    ReasonCode.RESOURCES: [pod(name="p", requests={"cpu": "9"})],
    ReasonCode.POD_COUNT: [node(name="a1", pods="0"), pod(name="p")],
    ReasonCode.HOST_PORT: [pod(name="old", node="a1", containers=PORT), pod(name="p", containers=PORT)],
    ReasonCode.NODE_SELECTION: [pod(name="p", node_selector={"disk": "ssd"})],
    ReasonCode.TAINT: [node(name="a1", taints=[taint(key="x")]), pod(name="p")],
    ReasonCode.VOLUME_ACCESS: [
        storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        claim(name="c", storage_class="local"),
        pod(name="p", claims=["c"]),
    ],
    ReasonCode.VOLUME_CAPACITY: [
        storage_class(name="fast", provisioner=DRIVER),
        csi_driver(name=DRIVER, storage_capacity=True),
        capacity(name="room", storage_class="fast", topology={}, capacity="1Gi"),
        claim(name="c", storage="2Gi", storage_class="fast"),
        pod(name="p", claims=["c"]),
    ],
    ReasonCode.VOLUME_LIMIT: [
        csi_node(name="a1", limits={DRIVER: 1}),
        volume(name="left", driver=DRIVER, phase="Released"),
        attachment(name="va", attacher=DRIVER, node="a1", volume="left"),
        volume(name="pv", claim="c", driver=DRIVER),
        claim(name="c", volume="pv"),
        pod(name="p", claims=["c"]),
    ],
    ReasonCode.ACCESS_MODE: [
        volume(name="pv", claim="c", modes=["ReadWriteOncePod"]),
        claim(name="c", volume="pv", modes=["ReadWriteOncePod"]),
        pod(name="old", node="a1", claims=["c"]),
        pod(name="p", claims=["c"]),
    ],
    ReasonCode.TOPOLOGY_SPREAD: [
        ZONED,
        node(name="b1", zone="zb", unschedulable=True),
        pod(name="old", node="a1", labels=WEB),
        pod(name="p", labels=WEB, spread=[spread(labels=WEB)]),
    ],
    ReasonCode.POD_AFFINITY: [
        ZONED,
        pod(name="p", pod_affinity=required_terms(affinity_term(labels=WEB))),
    ],
    ReasonCode.POD_ANTI_AFFINITY: [
        ZONED,
        pod(name="old", node="a1", labels=WEB),
        pod(name="p", pod_anti_affinity=required_terms(affinity_term(labels=WEB))),
    ],
    ReasonCode.UNSUPPORTED: [
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceClaim",
            "metadata": {"name": "gpu", "namespace": "prod"},
            "spec": {},
        },
        pod(name="p", spec={"resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}]}),
    ],
    ReasonCode.BAD_OBJECT: [pod(name="p", claims=["missing"])],
}


@pytest.mark.parametrize("code", CASES)
def test_reason_names_the_rule_family(code):
    objects = CASES[code]
    if not any(raw["kind"] == "Node" for raw in objects):
        objects = [node(name="a1"), *objects]
    found = reasons(*objects)
    assert code in {reason for reason, _ in found}
    assert all(message for _, message in found)


AVOIDS_WEB = {"pod_anti_affinity": required_terms(affinity_term(labels=WEB))}


@pytest.mark.parametrize(
    ("objects", "path"),
    [
        ([pod(name="p", node_selector={"disk": "ssd"})], "spec.nodeSelector"),
        ([pod(name="p", node_affinity=required_nodes(in_zones("zb")))], "spec.affinity.nodeAffinity"),
        (
            [pod(name="old", node="a1", labels=WEB), pod(name="p", **AVOIDS_WEB)],
            "spec.affinity.podAntiAffinity",
        ),
        ([pod(name="old", node="a1", **AVOIDS_WEB), pod(name="p", labels=WEB)], "metadata.labels"),
    ],
)
def test_reason_points_at_a_field_that_the_pod_has(objects, path):
    here = snapshot(ZONED, *objects)
    (found,) = place(here, question_of(here), SolveConfig(workers=1)).unplaced
    assert [reason.path for reason in found.reasons] == [path]


def test_ex_w3_later_ordinals_are_ordered_behind():
    db = stateful_set(name="db", replicas=2, spec=pod_spec(requests={"cpu": "9"}))
    assert [code for code, _ in reasons(node(name="a1"), manifests=[db], name="db-0")] == [
        ReasonCode.RESOURCES
    ]
    ((code, message),) = reasons(node(name="a1"), manifests=[db], name="db-1")
    assert code is ReasonCode.ORDERED_BEHIND
    assert "prod/db-0" in message


def test_every_code_is_reachable():
    assert {*CASES, ReasonCode.ORDERED_BEHIND} == set(ReasonCode)


def test_claim_in_use_on_a_full_node_is_an_access_mode():
    """kube-scheduler would put the pod elsewhere: V44 is ours."""
    objects = [
        node(name="a1", pods="1"),
        node(name="b1"),
        volume(name="pv", claim="c"),
        claim(name="c", volume="pv"),
        pod(name="old", node="a1", claims=["c"]),
        pod(name="p", claims=["c"]),
    ]
    ((code, message),) = reasons(*objects)
    assert code is ReasonCode.ACCESS_MODE
    assert "in use" in message


def test_reasons_are_counted_by_node_and_the_most_frequent_comes_first():
    nodes = [node(name=f"full{i}", cpu="1") for i in range(2)] + [node(name="a1", unschedulable=True)]
    assert reasons(*nodes, pod(name="p", requests={"cpu": "2"})) == [
        (ReasonCode.RESOURCES, "Insufficient cpu (2 of 3 nodes)"),
        (ReasonCode.TAINT, "node(s) were unschedulable (1 of 3 nodes)"),
    ]


def test_node_cut_away_by_name_counts_as_node_selection():
    named = node_term(fields=[expression(key="metadata.name", operator="In", values=["gone"])])
    ((code, _),) = reasons(node(name="a1"), pod(name="p", node_affinity=required_nodes(named)))
    assert code is ReasonCode.NODE_SELECTION


def test_rejections_before_any_node_name_the_pods_own_object():
    """Pods alike in every other respect, each with a missing claim of its own."""
    pods = [pod(name=name, claims=[f"c-{name}"]) for name in "pq"]
    for name in "pq":
        assert reasons(node(name="a1"), *pods, name=name) == [
            (ReasonCode.BAD_OBJECT, f'persistentvolumeclaim "c-{name}" not found')
        ]


def test_unreadable_selector_is_told_by_the_rule_it_stands_in():
    unreadable = {"matchExpressions": [{"key": "app", "operator": "Nope"}]}
    term = required_terms(affinity_term(label_selector=unreadable))
    ((code, message),) = reasons(ZONED, pod(name="p", pod_affinity=term))
    assert code is ReasonCode.POD_AFFINITY
    assert "Nope" in message


def test_empty_selector_is_not_a_reason():
    here = snapshot(ZONED, pod(name="p", spread=[spread(label_selector=selector())]))
    assert place(here, question_of(here), SolveConfig(workers=1)).unplaced == ()
