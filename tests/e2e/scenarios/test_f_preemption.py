"""(f) Two urgent pods, of which one can go to a single node only. kube-scheduler evicts there for the first,
because it is cheapest, and the second never runs; with the extender both do, and nobody is evicted in vain.
"""

from __future__ import annotations

from tests.builders import HOSTNAME, Raw, node, pod_spec, priority_class
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import Cluster, Scheduling, refused, runs
from tests.e2e.harness.watching import Store

CHEAP, DEAR = "n1", "n2"
"""Nodes by what their pods are worth."""
URGENT = ("default/a-anywhere", "default/b-only-there")


def bare_pod(name: str, priority: str, *, on: str | None = None) -> Raw:
    selector = {HOSTNAME: on} if on else {}
    spec = pod_spec(requests={"cpu": "3"}, node_selector=selector, extra={"priorityClassName": priority})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "urgent"}},
        "spec": spec | {"terminationGracePeriodSeconds": 0},
    }


def two_urgent_pods(start: StartCluster, scheduling: Scheduling) -> Cluster:
    """Both nodes are full of pods worth less."""
    cluster = start(scheduling)
    classes = {"lowest": 1, "low": 10, "urgent": 1000}
    cluster.add(*(priority_class(name=name, value=value) for name, value in classes.items()))
    cluster.add(node(name=CHEAP, zone="za"), node(name=DEAR, zone="zb"))
    cluster.add(bare_pod("cheap", "lowest", on=CHEAP), bare_pod("dear", "low", on=DEAR))
    cluster.schedule()
    cluster.until_placed(2)
    cluster.unschedule()
    for key in URGENT:
        name = key.split("/")[1]
        cluster.add(bare_pod(name, "urgent", on=CHEAP if "only" in name else None))
    cluster.reschedule()
    return cluster


def evicted(cluster: Cluster) -> set[str]:
    return {pod["metadata"]["name"] for pod in cluster.pods.deleted()}


def test_plain_kube_scheduler_evicts_where_the_other_one_has_to_go(start: StartCluster) -> None:
    cluster = two_urgent_pods(start, Scheduling.PLAIN)
    first, second = URGENT

    def settled(pods: Store) -> bool:
        return runs(pods[first]) and refused(pods[second])

    cluster.pods.wait("the first runs and the second is refused", settled, 120, cluster.summary)
    assert evicted(cluster) == {"cheap"}


def test_with_the_extender_every_eviction_makes_room_for_a_pod(start: StartCluster) -> None:
    cluster = two_urgent_pods(start, Scheduling.LIVE)

    def both_run(pods: Store) -> bool:
        return all(key in pods and runs(pods[key]) for key in URGENT)

    cluster.pods.wait("both urgent pods run", both_run, 120, cluster.summary)
    assert evicted(cluster) == {"cheap", "dear"}
