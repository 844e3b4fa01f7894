"""(a) A database over three zones, and a Deployment that was created first: kube-scheduler gives the
front the room the database needs; with the extender everything fits.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.builders import namespace
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import OURS, Cluster, Scheduling
from tests.paths import SHOP_APP, SHOP_CLUSTER

WEB, DB, RUNNING = 4, 3, 3
DATA = "shop-data"
"""Of the pods that wait when it starts, kube-scheduler takes those first whose namespace comes first by name;
the Deployment is in ``default``."""


def shop(start: StartCluster, scheduling: Scheduling) -> Cluster:
    """Everything is there, and nothing was scheduled yet."""
    cluster = start(scheduling)
    stored = json.loads(Path(SHOP_CLUSTER).read_text())["items"]
    cluster.add(*(item for item in stored if item["kind"] != "StatefulSet"), namespace(name=DATA))
    web, db = yaml.safe_load_all(Path(SHOP_APP).read_text())
    db["metadata"]["namespace"] = DATA
    cluster.add(web)
    cluster.until_pods_exist(RUNNING + WEB)
    cluster.add(db)
    cluster.until_pods_exist(RUNNING + WEB + DB)
    cluster.schedule()
    return cluster


def test_plain_kube_scheduler_strands_two_of_three_replicas(start: StartCluster) -> None:
    stranded = shop(start, Scheduling.PLAIN).until_settled(RUNNING + WEB + DB)
    assert [key.startswith(f"{DATA}/db-") for key in stranded] == [True, True]


@pytest.mark.parametrize("scheduling", OURS)
def test_with_the_extender_every_pod_is_placed(start: StartCluster, scheduling: Scheduling) -> None:
    cluster = shop(start, scheduling)
    placed = cluster.until_placed(RUNNING + WEB + DB)
    assert set(cluster.per_zone(placed, f"{DATA}/db-").values()) == {1}
