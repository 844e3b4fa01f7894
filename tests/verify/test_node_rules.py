"""N2, K2, L3, D3: what a node must be like for each planned pod alone."""

from __future__ import annotations

from typing import Any

import pytest

from solver.model.snapshot import Snapshot
from tests.builders import (
    expression,
    f_nodes,
    in_zones,
    node,
    node_term,
    pod,
    required_nodes,
    snapshot,
    taint,
    toleration,
)
from tests.verify.judge import broken, violations


def world(**rules: Any) -> Snapshot:
    """One pod; node a1 is plain, a2 cordoned, b1 tainted, b2 softly tainted, c1 marked as fast."""
    return snapshot(
        node(name="a1", zone="za"),
        node(name="a2", zone="za", unschedulable=True),
        node(name="b1", zone="zb", taints=[taint(key="team", value="x")]),
        node(name="b2", zone="zb", taints=[taint(key="soft", effect="PreferNoSchedule")]),
        node(name="c1", zone="zc", labels={"disk": "ssd", "cores": "16"}),
        pod(name="p", **rules),
    )


CORDON_TOLERATED = toleration(key="node.kubernetes.io/unschedulable", operator="Exists", effect="NoSchedule")


@pytest.mark.parametrize(
    ("rules", "target", "expected"),
    [
        ({}, "a1", set()),
        ({}, "a2", {"N2"}),
        ({"tolerations": [CORDON_TOLERATED]}, "a2", set()),
        ({"tolerations": [toleration(operator="Exists")]}, "a2", set()),
        ({}, "b1", {"K2"}),
        ({"tolerations": [toleration(key="team", value="x")]}, "b1", set()),
        ({"tolerations": [toleration(key="team", value="y")]}, "b1", {"K2"}),
        ({"tolerations": [toleration(key="team", value="x", effect="NoExecute")]}, "b1", {"K2"}),
        ({}, "b2", set()),
        ({"node_selector": {"disk": "ssd"}}, "c1", set()),
        ({"node_selector": {"disk": "ssd"}}, "a1", {"L3"}),
        ({"node_affinity": required_nodes(in_zones("za", "zc"))}, "c1", set()),
        ({"node_affinity": required_nodes(in_zones("za", "zc"))}, "b2", {"L3"}),
        ({"node_affinity": required_nodes(in_zones("zb"), in_zones("za"))}, "a1", set()),
        (
            {
                "node_affinity": required_nodes(
                    node_term(expressions=[expression(key="cores", operator="Gt", values=["8"])])
                )
            },
            "a1",
            {"L3"},
        ),
        (
            {
                "node_affinity": required_nodes(
                    node_term(fields=[expression(key="metadata.name", operator="In", values=["a1"])])
                )
            },
            "c1",
            {"L3"},
        ),
    ],
)
def test_node_must_suit_the_pod(rules, target, expected):
    assert broken(world(**rules), {"p": target}) == expected


def test_sentence_names_pod_node_and_taint():
    assert [v.sentence for v in violations(world(), {"p": "b1"})] == [
        "pod prod/p is on node b1, whose taint team=x:NoSchedule it does not tolerate"
    ]


def test_every_broken_rule_is_reported():
    rules = {"node_selector": {"disk": "ssd"}, "node_affinity": required_nodes(in_zones("za"))}
    found = violations(world(**rules), {"p": "b1"})
    assert [v.rule for v in found] == ["K2", "L3", "L3"]


def resource_claim(**allocation: Any) -> dict[str, Any]:
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "gpu", "namespace": "prod"},
        "spec": {},
        "status": allocation,
    }


USES_GPU = {"spec": {"resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}]}}


def test_unallocated_device_claim_is_refused():
    world = snapshot(*f_nodes(), resource_claim(), pod(name="p", **USES_GPU))
    assert broken(world, {"p": "a1"}) == {"D3"}


def test_ex_d1_allocated_device_restricts_the_nodes():
    allocated = {"allocation": {"nodeSelector": {"nodeSelectorTerms": [in_zones("za")]}}}
    world = snapshot(*f_nodes(), resource_claim(**allocated), pod(name="p", **USES_GPU))
    assert broken(world, {"p": "a1"}) == set()
    assert broken(world, {"p": "b1"}) == {"D3"}
