"""(g) The extender is killed in mid-rollout: the database that was half placed keeps its zones from a crowd
that came meanwhile. kube-scheduler alone gives them away.
"""

from __future__ import annotations

from tests.builders import deployment, pod_spec
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import Cluster, Scheduling, refused, runs
from tests.e2e.harness.shapes import database, zones
from tests.e2e.harness.watching import Store

NODES = {f"{zone}{number}": f"z{zone}" for zone in "abc" for number in (1, 2, 3)}
DB, WEB = "data", "web"
HALF, WHOLE, CROWD = 3, 6, 6
"""Replicas at first and in the end, which need a node each; pods of the crowd, of which two share a node, and
with a replica none does. All fit, two nodes of each zone with a replica and one with the crowd."""


def half_placed(start: StartCluster, scheduling: Scheduling) -> Cluster:
    cluster = start(scheduling)
    cluster.add(*zones(NODES, namespaces=(DB, WEB)))
    cluster.schedule()
    cluster.add(database(name="db", namespace=DB, replicas=HALF, cpu="2500m", parallel=False))
    cluster.until_placed(HALF)
    return cluster


def grow(cluster: Cluster) -> None:
    """More replicas are wanted, of which each waits for the one before."""
    cluster.api.patch("StatefulSet", "db", {"spec": {"replicas": WHOLE}}, DB)


def crowd(cluster: Cluster) -> None:
    spec = pod_spec(requests={"cpu": "2"})
    cluster.add(deployment(name="web", namespace=WEB, replicas=CROWD, spec=spec))


def all_placed_evenly(cluster: Cluster) -> None:
    placed = cluster.until_placed(WHOLE + CROWD)
    assert set(cluster.per_zone(placed, DB).values()) == {WHOLE // 3}


def test_plain_kube_scheduler_gives_the_room_of_the_other_half_away(start: StartCluster) -> None:
    cluster = half_placed(start, Scheduling.PLAIN)
    crowd(cluster)
    cluster.until_placed(HALF + CROWD)
    grow(cluster)

    def stranded(pods: Store) -> bool:
        return any(refused(pod) for key, pod in pods.items() if key.startswith(f"{DB}/"))

    cluster.pods.wait("a replica is left out", stranded, 120, cluster.summary)


def test_an_extender_that_was_killed_keeps_the_promise_it_has_forgotten(start: StartCluster) -> None:
    cluster = half_placed(start, Scheduling.LIVE)
    assert cluster.extender is not None
    cluster.extender.process.kill()
    grow(cluster)
    crowd(cluster)
    cluster.until_pods_exist(HALF + 1 + CROWD)
    assert sum(map(runs, cluster.pods.now().values())) == HALF  # nobody is placed without it
    cluster.extender.process.start()
    cluster.extender.until_ready()
    all_placed_evenly(cluster)
