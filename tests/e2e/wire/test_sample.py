"""B0.3, B1.8: the share of a growing cluster that kube-scheduler v1.34.1 asks an extender about.

The nodes are objects only. No kubelet makes them ready, so the pods tolerate that.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import builders as b
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import Cluster, Scheduling
from tests.e2e.harness.scripted import Scripted

SHARES = {50: 50, 150: 100, 1_000: 420, 5_000: 500}
"""Nodes asked about by nodes there are: half of them less one percent per 125, at least 100."""
ALL, SOME = "all", "some"


@pytest.fixture
def extender() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()


def names_sent(cluster: Cluster, extender: Scripted, profile: str, size: int) -> int:
    """In the one call about a new pod of that profile."""
    name = f"{profile}-{size}"
    spec = b.pod_spec(tolerations=[b.toleration(operator="Exists")], extra={"schedulerName": profile})
    meta = {"name": name, "namespace": "default"}
    cluster.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
    (call, *_) = extender.until_called("filter", name)
    return len(call.body["NodeNames"])


def test_without_a_percentage_of_100_only_a_sample_is_asked_about(
    start: StartCluster, extender: Scripted
) -> None:
    cluster = start(Scheduling.PLAIN)
    for name in ("kwok", "kube-controller-manager"):
        cluster.plane.processes[name].kill()
    configuration = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": ALL, "percentageOfNodesToScore": 100}, {"schedulerName": SOME}],
        "extenders": [
            {"urlPrefix": f"http://{extender.address}", "filterVerb": "filter", "nodeCacheCapable": True}
        ],
    }
    made = 0
    for size, share in SHARES.items():
        cluster.add(*(b.node(name=f"node-{number:04}") for number in range(made, size)))
        made = size
        cluster.plane.start_scheduler(configuration)  # which lists all nodes before it schedules
        sent = [names_sent(cluster, extender, profile, size) for profile in (ALL, SOME)]
        assert sent == [size, share]
        cluster.unschedule()
