"""(b) Local disks on three nodes, two each: replicas with one disk take them singly from everywhere, and
those that need two on one node are left out; with the extender all fit.
"""

from __future__ import annotations

import pytest

from tests.builders import claim_spec, pod_spec, stateful_set
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import OURS, Cluster, Scheduling
from tests.e2e.harness.shapes import LOCAL, disks, zones

NODES = {"n1": "za", "n2": "zb", "n3": "zc"}
CACHE, STORE = 2, 2
FIRST, SECOND = "a-cache", "b-store"
"""Namespaces: those first by name are the first that kube-scheduler takes when it starts."""


def competing_for_disks(start: StartCluster, scheduling: Scheduling) -> Cluster:
    cluster = start(scheduling)
    cluster.add(*zones(NODES, namespaces=(FIRST, SECOND)))
    cluster.add(*(disk for name in NODES for disk in disks(name, 2)))
    wanted = claim_spec(storage_class=LOCAL, storage="50Gi")
    spec = pod_spec(requests={"cpu": "1"})
    for name, namespace, replicas, claims in (
        ("cache", FIRST, CACHE, {"data": wanted}),
        ("store", SECOND, STORE, {"data": wanted, "log": wanted}),
    ):
        cluster.add(
            stateful_set(
                name=name, namespace=namespace, replicas=replicas, parallel=True, spec=spec, claims=claims
            )
        )
    cluster.until_pods_exist(CACHE + STORE)
    cluster.schedule()
    return cluster


def test_plain_kube_scheduler_leaves_no_pair_of_disks_for_one_replica(start: StartCluster) -> None:
    (stranded,) = competing_for_disks(start, Scheduling.PLAIN).until_settled(CACHE + STORE)
    assert stranded.startswith(f"{SECOND}/store-")


@pytest.mark.parametrize("scheduling", OURS)
def test_with_the_extender_single_disks_come_from_one_node(
    start: StartCluster, scheduling: Scheduling
) -> None:
    placed = competing_for_disks(start, scheduling).until_placed(CACHE + STORE)
    assert len({node for key, node in placed.items() if key.startswith(FIRST)}) == 1
