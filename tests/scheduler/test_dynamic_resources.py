"""Section 10.2: pods with resource claims (D)."""

from __future__ import annotations

from tests.builders import f_nodes, in_zones, pod
from tests.scheduler.judge import OK, by_node, judge, short

REFUSED = "UU dynamic resource allocation not supported"


def resource_claim(allocation=None, **metadata):
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "gpu", "namespace": "prod", **metadata},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]}},
        "status": {} if allocation is None else {"allocation": allocation},
    }


def using(name="gpu"):
    return pod(name="p", spec={"resourceClaims": [{"name": "gpu", "resourceClaimName": name}]})


def in_zone(*zones):
    return {"nodeSelector": {"nodeSelectorTerms": [in_zones(*zones)]}}


def test_ex_d1_allocated_claim_restricts_nodes():
    elsewhere = "UU resourceclaim not available on the node"
    assert by_node(judge(*f_nodes(), resource_claim(in_zone("za")), using())) == {
        "a1": OK,
        "a2": OK,
        "b1": elsewhere,
        "b2": elsewhere,
        "c1": elsewhere,
    }


def test_d3_allocation_without_selector_is_usable_everywhere():
    assert set(by_node(judge(*f_nodes(), resource_claim({}), using())).values()) == {OK}


def test_ex_d2_unallocated_claim_is_refused():
    assert short(judge(*f_nodes(), resource_claim(), using()).prefilter) == REFUSED


def test_d2_missing_or_deleted_claim_is_refused():
    assert short(judge(*f_nodes(), using("gone")).prefilter) == REFUSED
    deleted = resource_claim(in_zone("za"), deletionTimestamp="2026-01-01T00:00:00Z")
    assert short(judge(*f_nodes(), deleted, using()).prefilter) == REFUSED
