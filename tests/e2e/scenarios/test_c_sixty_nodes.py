"""(c) Sixty nodes with about 130 pods that are known to fit, every rule among them: kube-scheduler strands
some, with the extender every pod is placed.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.case import Instance
from benchmarks.generators.planted import planted
from benchmarks.generators.rich import rich
from benchmarks.objects import DRIVER
from tests.builders import csi_node
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import OURS, Cluster, Scheduling

MADE: dict[str, Callable[[], Instance]] = {
    "planted": lambda: planted(nodes=60, zones=3, workloads=24, slack=0.05, seed=1),
    "rich": lambda: rich(nodes=60, workloads=30, slack=0.1, seed=3),
}
STRANDED = 5
"""At least so many in any order kube-scheduler may take them in; it is about twenty."""


@pytest.fixture(params=MADE)
def instance(request: pytest.FixtureRequest) -> Instance:
    return MADE[request.param]()


def of_real_objects(start: StartCluster, scheduling: Scheduling, instance: Instance) -> tuple[Cluster, int]:
    """The cluster, and how many pods it has to place."""
    cluster = start(scheduling)
    known = {item["metadata"]["name"] for item in instance.objects if item["kind"] == "CSINode"}
    for item in instance.objects:
        cluster.add(item)
        if item["kind"] == "Node" and item["metadata"]["name"] not in known:
            cluster.add(csi_node(name=item["metadata"]["name"], limits={DRIVER: None}))
    cluster.schedule()
    return cluster, sum(item["kind"] == "Pod" for item in instance.objects)


def test_plain_kube_scheduler_strands_some(start: StartCluster, instance: Instance) -> None:
    cluster, pods = of_real_objects(start, Scheduling.PLAIN, instance)
    assert len(cluster.until_settled(pods)) >= STRANDED


@pytest.mark.parametrize("scheduling", OURS)
def test_with_the_extender_every_pod_is_placed(
    start: StartCluster, instance: Instance, scheduling: Scheduling
) -> None:
    cluster, pods = of_real_objects(start, scheduling, instance)
    assert len(cluster.until_placed(pods)) == pods
