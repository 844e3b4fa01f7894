"""(d) Rolling restart: kube-scheduler gives the room of a replica that is coming back to a pod that has been
waiting for any room, and the replica, whose volume is in that zone, has nowhere else to go.
"""

from __future__ import annotations

from tests.builders import deployment, pod_spec
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.api import Raw
from tests.e2e.harness.cluster import Cluster, Scheduling, refused, runs
from tests.e2e.harness.shapes import database, zones
from tests.e2e.harness.watching import Store

NODES = {"a1": "za", "b1": "zb", "c1": "zc"}
DB, RESTARTED = "data", "restarted"
"""The namespace of the database, and an annotation of its new pods."""


def a_pod_waiting_beside_a_database(start: StartCluster, scheduling: Scheduling) -> Cluster:
    """Three replicas, each on the only node of its zone, and one pod that would fit in the place of any."""
    cluster = start(scheduling)
    cluster.add(*zones(NODES, namespaces=(DB, "web")))
    cluster.schedule()
    cluster.add(database(name="db", namespace=DB, replicas=3, cpu="3"))
    cluster.until_placed(3)
    cluster.add(deployment(name="web", namespace="web", replicas=1, spec=pod_spec(requests={"cpu": "2"})))
    (waiting,) = cluster.until_settled(4)
    assert waiting.startswith("web/")
    return cluster


def restart(cluster: Cluster) -> None:
    """What ``kubectl rollout restart`` does."""
    change = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: "now"}}}}}
    cluster.api.patch("StatefulSet", "db", change, DB)


def is_new(pod: Raw) -> bool:
    return RESTARTED in pod["metadata"].get("annotations", {})


def test_plain_kube_scheduler_gives_the_room_of_a_restarting_replica_away(start: StartCluster) -> None:
    cluster = a_pod_waiting_beside_a_database(start, Scheduling.PLAIN)
    restart(cluster)

    def stranded(pods: Store) -> bool:
        return all(refused(pod) if is_new(pod) else runs(pod) for pod in pods.values()) and len(pods) == 4

    pods = cluster.pods.wait(
        "the first replica that was restarted is left out",
        lambda pods: stranded(pods) and any(map(is_new, pods.values())),
        120,
        cluster.summary,
    )
    assert [key for key, pod in pods.items() if is_new(pod)] == [f"{DB}/db-2"]
