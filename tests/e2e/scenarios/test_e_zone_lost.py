"""(e) A zone is lost: what can come back elsewhere does, what cannot stays; with the extender an Event on it
says why. kube-scheduler alone brings back the same pods and names only what its filters said.
"""

from __future__ import annotations

from tests.builders import deployment, pod_spec
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import Cluster, Scheduling, runs
from tests.e2e.harness.shapes import database, zones
from tests.e2e.harness.watching import Store

NODES = {f"{zone}{number}": f"z{zone}" for zone in "abc" for number in (1, 2)}
LOST = "zc"
DB, WEB = 3, 6
ON_EVERY_ZONE = DB + WEB


def after_the_loss(start: StartCluster, scheduling: Scheduling) -> tuple[Cluster, str]:
    """The cluster once everything that can run runs again, and the replica whose volume is out of reach."""
    cluster = start(scheduling)
    cluster.add(*zones(NODES, cpu="8", namespaces=("data", "web")))
    cluster.schedule()
    cluster.add(database(name="db", namespace="data", replicas=DB, cpu="4"))
    cluster.add(deployment(name="web", namespace="web", replicas=WEB, spec=pod_spec(requests={"cpu": "1"})))
    placed = cluster.until_placed(ON_EVERY_ZONE)
    (replica,) = [key for key, node in placed.items() if key.startswith("data/") and NODES[node] == LOST]
    taint = {"key": "node.kubernetes.io/out-of-service", "value": "power", "effect": "NoExecute"}
    for node in (name for name, zone in NODES.items() if zone == LOST):
        cluster.api.patch("Node", node, {"spec": {"taints": [taint]}})

    def recovered(pods: Store) -> bool:
        alive = {key for key, pod in pods.items() if runs(pod) and NODES[pod["spec"]["nodeName"]] != LOST}
        return len(pods) == ON_EVERY_ZONE and pods.keys() - alive == {replica}

    cluster.pods.wait("all but one pod run in the zones that are left", recovered, 120, cluster.summary)
    return cluster, replica


def test_plain_kube_scheduler_brings_back_what_is_not_bound_to_the_zone(start: StartCluster) -> None:
    after_the_loss(start, Scheduling.PLAIN)


def test_with_the_extender_an_event_says_why_a_replica_cannot_return(start: StartCluster) -> None:
    cluster, replica = after_the_loss(start, Scheduling.LIVE)
    event = cluster.until_event(replica, "PlacementConflict")
    assert event["reportingController"] == "bulkhead.dev/extender"
    assert "cannot be placed" in event["note"]
    assert "PersistentVolume's node affinity" in event["note"]
