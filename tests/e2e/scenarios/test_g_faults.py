"""(g) In mid-rollout the extender is killed, or the API server and with it every watch, or only the line
between the two: the database that was half placed keeps its zones from a crowd that came meanwhile.
kube-scheduler alone gives them away.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders import deployment, pod_spec
from tests.e2e.conftest import StartCluster
from tests.e2e.harness.cluster import Cluster, Scheduling, refused, runs
from tests.e2e.harness.extender import Extender
from tests.e2e.harness.line import Line
from tests.e2e.harness.shapes import database, zones
from tests.e2e.harness.watching import Store, poll

NODES = {f"{zone}{number}": f"z{zone}" for zone in "abc" for number in (1, 2, 3)}
DB, WEB = "data", "web"
HALF, WHOLE, CROWD = 3, 6, 6
"""Replicas at first and in the end, which need a node each; pods of the crowd, of which two share a node, and
with a replica none does. All fit, two nodes of each zone with a replica and one with the crowd."""
PAUSE_S = 2
"""Between two replicas, so that a fault comes in the middle."""
STALE_S = 6
"""After which the extender calls itself not up to date; without the setting it is two minutes."""


def half_placed(start: StartCluster, scheduling: Scheduling) -> Cluster:
    return half_grown(start(scheduling))


def half_grown(cluster: Cluster, **followed: str) -> Cluster:
    cluster.add(*zones(NODES, namespaces=(DB, WEB)))
    cluster.schedule(**followed)
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


def until_mid_rollout(cluster: Cluster) -> None:
    """The first replica more runs, and the last one is not there yet."""
    change = {"spec": {"replicas": WHOLE, "minReadySeconds": PAUSE_S}}
    cluster.api.patch("StatefulSet", "db", change, DB)
    next_one, last_one = f"{DB}/db-{HALF}", f"{DB}/db-{WHOLE - 1}"

    def goes_on(pods: Store) -> bool:
        return next_one in pods and runs(pods[next_one])

    pods = cluster.pods.wait("the rollout goes on", goes_on, 60, cluster.summary)
    assert last_one not in pods


def tells_of_the_outage(extender: Extender) -> None:
    """It says of which kind nothing was heard, and the metric for how long."""
    extender.until_stale("Pod")
    assert extender.metric("bulkhead_snapshot_age_seconds") > STALE_S


def tells_of_the_recovery(extender: Extender) -> None:
    extender.until_ready()
    poll("the age is small again", lambda: extender.metric("bulkhead_snapshot_age_seconds") < STALE_S, 60)
    assert extender.metric("bulkhead_watch_restarts_total", kind="Pod") > 0


def test_an_api_server_that_was_killed_leaves_no_gap(start: StartCluster) -> None:
    cluster = half_grown(start(Scheduling.LIVE), staleAfter=f"{STALE_S}s")
    assert cluster.extender is not None
    until_mid_rollout(cluster)
    cluster.plane.kill_server()
    tells_of_the_outage(cluster.extender)
    cluster.plane.start_server_again()
    crowd(cluster)
    # Kubernetes' own watches come back one by one within half a minute; as long as that of the claims is
    # away, the StatefulSet controller fails to make one that is there and doubles its pause each time.
    all_placed_evenly(cluster)
    tells_of_the_recovery(cluster.extender)


@pytest.mark.parametrize("broken", [Line.cut, Line.stall])
def test_a_watch_that_is_cut_or_falls_silent_breaks_no_promise(
    start: StartCluster, broken: Callable[[Line], None]
) -> None:
    cluster = start(Scheduling.LIVE)
    line = cluster.over_a_line()
    half_grown(cluster, staleAfter=f"{STALE_S}s")
    assert cluster.extender is not None
    until_mid_rollout(cluster)
    broken(line)
    crowd(cluster)
    tells_of_the_outage(cluster.extender)
    line.mend()
    all_placed_evenly(cluster)
    tells_of_the_recovery(cluster.extender)
