"""(d) Rolling restart, scale down and up: zones stay even, and the room of a replica that is coming back is
not given to a pod that has been waiting for any room. kube-scheduler gives it away, and the replica, whose
volume is in that zone, has nowhere else to go.
"""

from __future__ import annotations

import pytest

from tests.builders import deployment, pod_spec
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.api import Raw
from tests.e2e.harness.cluster import Cluster, Scheduling, refused, runs
from tests.e2e.harness.shapes import database, zones
from tests.e2e.harness.watching import Store

NODES = {"a1": "za", "b1": "zb", "c1": "zc"}
MORE = {**NODES, "a2": "za", "b2": "zb", "c2": "zc"}
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


def test_with_the_extender_a_rolling_restart_comes_to_its_end(start: StartCluster) -> None:
    cluster = a_pod_waiting_beside_a_database(start, Scheduling.LIVE)
    restart(cluster)

    def done(pods: Store) -> bool:
        replicas = [pod for key, pod in pods.items() if key.startswith(f"{DB}/")]
        return len(replicas) == 3 and all(is_new(pod) and runs(pod) for pod in replicas)

    pods = cluster.pods.wait("every replica was restarted", done, 120, cluster.summary)
    placed = {key: pod["spec"]["nodeName"] for key, pod in pods.items() if key.startswith(f"{DB}/")}
    assert set(cluster.per_zone(placed, DB).values()) == {1}


@pytest.mark.parametrize("scheduling", [Scheduling.PLAIN, Scheduling.LIVE])
def test_zones_stay_even_through_scale_down_and_up(start: StartCluster, scheduling: Scheduling) -> None:
    cluster = start(scheduling)
    cluster.add(*zones(MORE, namespaces=(DB,)))
    cluster.schedule()
    cluster.add(database(name="db", namespace=DB, replicas=6, cpu="3", parallel=False))
    before = cluster.until_placed(6)
    assert set(cluster.per_zone(before, DB).values()) == {2}
    cluster.api.patch("StatefulSet", "db", {"spec": {"replicas": 3}}, DB)
    assert set(cluster.per_zone(cluster.until_placed(3), DB).values()) == {1}
    cluster.api.patch("StatefulSet", "db", {"spec": {"replicas": 6}}, DB)
    assert set(cluster.per_zone(cluster.until_placed(6), DB).values()) == {2}
