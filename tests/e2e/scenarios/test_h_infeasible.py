"""(h) A database that cannot be placed whole: the pods go where kube-scheduler alone would put them, and with
the extender an Event on the one that is left names the conflict.
"""

from __future__ import annotations

import pytest

from tests.builders import node
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import Cluster, Scheduling
from tests.e2e.harness.shapes import database, zones

BIG, SMALL = {"a1": "za", "b1": "zb"}, "c1"


def a_zone_too_small(start: StartCluster, scheduling: Scheduling) -> tuple[Cluster, str]:
    """One replica in each of two zones; the node of the third has no room for it, and it must go there."""
    cluster = start(scheduling)
    cluster.add(*zones(BIG, namespaces=("data",)), node(name=SMALL, zone="zc", cpu="1"))
    cluster.schedule()
    cluster.add(database(name="db", namespace="data", replicas=3, cpu="3"))
    (left,) = cluster.until_settled(3)
    return cluster, left


@pytest.mark.parametrize("scheduling", [Scheduling.PLAIN, Scheduling.LIVE])
def test_two_of_three_replicas_are_placed(start: StartCluster, scheduling: Scheduling) -> None:
    a_zone_too_small(start, scheduling)


def test_an_event_names_the_conflict(start: StartCluster) -> None:
    cluster, left = a_zone_too_small(start, Scheduling.LIVE)
    event = cluster.until_event(left, "PlacementConflict")
    assert event["reportingController"] == "bulkhead.dev/extender"
    assert "Insufficient cpu" in event["note"]
