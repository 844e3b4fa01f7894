"""New pods beyond a ResourceQuota: counted as the API server counts them, and named."""

from __future__ import annotations

from typing import Any

import pytest

from solver.kube.read import read_snapshot
from solver.model.snapshot import Snapshot
from solver.planning.quota import OverQuota, over_quota
from tests import builders as b


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> b.Raw:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": b.NAMESPACE},
        "spec": {"hard": hard, **spec},
        **({"status": {"used": used}} if used is not None else {}),
    }


def world(*objects: b.Raw, replicas: int = 3, requests: dict[str, str] | None = None) -> Snapshot:
    spec = b.pod_spec(requests=requests if requests is not None else {"cpu": "1", "memory": "1Gi"})
    return b.snapshot(
        *b.f_nodes(), *objects, manifests=[b.deployment(name="web", replicas=replicas, spec=spec)]
    )


def over(snapshot: Snapshot) -> list[tuple[str, int, int, list[str]]]:
    found: tuple[OverQuota, ...] = over_quota(snapshot, snapshot.pending)
    return [
        (one.resource, one.hard, one.wanted, [key.partition("/")[2] for key in one.refused]) for one in found
    ]


def test_pods_beyond_what_is_left_are_refused_in_their_order() -> None:
    found = over(world(quota({"requests.cpu": "4", "pods": "9"}, used={"requests.cpu": "2", "pods": "2"})))
    assert found == [("requests.cpu", 4000, 5000, ["web-2"])]


def test_within_the_quota_nothing_is_said() -> None:
    assert over(world(quota({"cpu": "4", "memory": "3Gi", "count/pods": "3"}, used={}))) == []


def test_without_a_status_the_pods_of_the_dump_are_counted() -> None:
    running = b.pod(name="old", node="a1", requests={"cpu": "2"})
    ended = b.pod(name="done", node="a1", requests={"cpu": "2"}, spec={}, phase="Succeeded")
    assert over(world(running, ended, quota({"cpu": "4"}))) == [("cpu", 4000, 5000, ["web-2"])]


def test_pods_that_wait_in_the_cluster_are_counted_already() -> None:
    waiting = b.pod(name="waits", requests={"cpu": "2"})
    assert over(b.snapshot(*b.f_nodes(), waiting, quota({"cpu": "1"}, used={"cpu": "2"}))) == []


def test_a_quota_on_cpu_refuses_pods_that_request_none() -> None:
    found = over(world(quota({"cpu": "4"}, used={}), requests={"memory": "1Gi"}, replicas=1))
    assert found == [("cpu", 4000, 0, ["web-0"])]


def test_claims_count_with_the_pod_they_are_made_for() -> None:
    sets = b.stateful_set(
        name="db", replicas=3, claims={"data": b.claim_spec(storage="10Gi", storage_class="ssd")}
    )
    hard = {
        "requests.storage": "25Gi",
        "persistentvolumeclaims": "9",
        "ssd.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
        "hdd.storageclass.storage.k8s.io/requests.storage": "0",
    }
    snapshot = b.snapshot(*b.f_nodes(), b.storage_class(name="ssd"), quota(hard, used={}), manifests=[sets])
    assert over(snapshot) == [
        ("ssd.storageclass.storage.k8s.io/persistentvolumeclaims", 1, 3, ["db-1", "db-2"]),
    ]


def test_quotas_of_other_namespaces_say_nothing() -> None:
    foreign = quota({"pods": "0"}, used={})
    foreign["metadata"]["namespace"] = "ops"
    assert over(world(foreign)) == []


@pytest.mark.parametrize("spec", [{"scopes": ["BestEffort"]}, {"scopeSelector": {"matchExpressions": []}}])
def test_quotas_with_scopes_are_named_and_not_judged(spec: dict[str, Any]) -> None:
    snapshot = world(quota({"pods": "0"}, used={}, **spec))
    assert over(snapshot) == []
    assert [(row.code, row.example) for row in snapshot.skipped] == [("SKIP-006", "ResourceQuota/prod/team")]


def test_limits_are_named_and_not_judged() -> None:
    snapshot = world(quota({"limits.cpu": "0", "pods": "1"}, used={}))
    assert over(snapshot) == [("pods", 1, 3, ["web-1", "web-2"])]
    assert [row.code for row in snapshot.skipped] == ["SKIP-006"]


def test_a_bad_quantity_is_a_fault() -> None:
    with pytest.raises(Exception, match=r"spec\.hard\.pods"):
        read_snapshot([b.document(*b.f_nodes(), quota({"pods": "many"}))])


def test_claims_that_go_with_their_pods_are_named() -> None:
    sets = b.stateful_set(
        name="db", replicas=1, claims={"data": b.claim_spec(storage="1Gi", storage_class="ssd")}
    )
    sets["spec"]["persistentVolumeClaimRetentionPolicy"] = {"whenScaled": "Delete", "whenDeleted": "Retain"}
    snapshot = b.snapshot(*b.f_nodes(), b.storage_class(name="ssd"), manifests=[sets])
    assert [(row.code, row.example) for row in snapshot.skipped] == [("SKIP-036", "StatefulSet/prod/db")]
