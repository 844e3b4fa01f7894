"""(i) A thousand nodes and two thousand pods: kube-scheduler binds at least four fifths as many pods a second
with the extender as with one that says yes to everything.

Both answer from the same WSGI server and are asked with the same configuration, about the same objects in the
same cluster, in turn: ours, echo, ours, so that a machine that gets slower or faster meanwhile tells of
neither. kube-scheduler's client may send 1,000 requests a second, 2,000 at once, several times what
it needs. It runs while the workloads are created, so planning is part of what is measured. The objects are
always the same; figures are added to ``build/e2e/throughput.jsonl``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator

from tests.builders import deployment, namespace, pod_spec
from tests.e2e.conftest import LOGS, StartCluster
from tests.e2e.harness.api import Raw
from tests.e2e.harness.cluster import Cluster, Scheduling
from tests.e2e.harness.extender import Echo, Extender, Server
from tests.e2e.harness.pace import Pace
from tests.e2e.harness.shapes import database, zones
from tests.e2e.harness.watching import poll

NODES = {f"node-{number:04}": f"z{'abc'[number % 3]}" for number in range(1_000)}
DATABASES, REPLICAS = 20, 9
STORED, STORED_REPLICAS = 4, 5
"""Databases with a zonal claim per replica, which is bound as soon as the pod has a node."""
FRONTS, FRONT_REPLICAS = 36, 50
PODS = DATABASES * REPLICAS + STORED * STORED_REPLICAS + FRONTS * FRONT_REPLICAS
TURN_S = 180
LEAST = 0.8


def workloads(where: str) -> Iterator[Raw]:
    yield namespace(name=where)
    for number in range(STORED):
        yield database(name=f"store-{number}", namespace=where, replicas=STORED_REPLICAS, cpu="3")
    for number in range(DATABASES):
        yield database(name=f"db-{number}", namespace=where, replicas=REPLICAS, cpu="2", claims=())
    for number in range(FRONTS):
        spec = pod_spec(requests={"cpu": ("500m", "1", "1500m")[number % 3], "memory": "1Gi"})
        yield deployment(name=f"web-{number}", namespace=where, replicas=FRONT_REPLICAS, spec=spec)


def pods_per_s(cluster: Cluster, server: Server, where: str) -> float:
    cluster.schedule_with(server)
    pace = Pace(cluster.api, where, cluster.plane.failures)
    cluster.add(*workloads(where))
    found = pace.until_bound(PODS, TURN_S)
    cluster.unschedule()
    return found


def clear(cluster: Cluster, where: str) -> None:
    cluster.api.delete("Namespace", where)
    poll("all pods are gone", lambda: not cluster.pods.now(), TURN_S)


def told_by(extender: Extender) -> dict[str, float]:
    rungs = ("greedy", "pass_through", "infeasible", "undecided", "not_ready")
    return {rung: extender.metric("bulkhead_fallbacks_total", reason=rung) for rung in rungs}


def test_the_extender_leaves_four_fifths_of_the_pace_of_one_that_echoes(start: StartCluster) -> None:
    assert PODS == 2_000
    cluster = start(Scheduling.LIVE)
    cluster.add(*zones(NODES, cpu="8"))
    cluster.until_nodes_are_up()
    make: dict[str, Callable[[], Server]] = {
        "ours": cluster.live_extender,
        "echo": lambda: Echo(cluster.plane),
    }
    paces: dict[str, list[float]] = {"ours": [], "echo": []}
    fallbacks = []
    for number, name in enumerate(("ours", "echo", "ours")):
        if number:
            clear(cluster, f"turn-{number - 1}")
        where, server = f"turn-{number}", make[name]()
        paces[name].append(pods_per_s(cluster, server, where))
        if isinstance(server, Extender):
            fallbacks.append(told_by(server))
        server.process.kill()
    ratio = pace_of(paces["ours"]) / pace_of(paces["echo"])
    told = {
        "podsPerSecond": {name: [round(pace, 1) for pace in found] for name, found in paces.items()},
        "ratio": round(ratio, 3),
        "fallbacks": fallbacks,
        "machine": platform.processor() or platform.machine(),
    }
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "throughput.jsonl").open("a") as log:
        log.write(json.dumps(told) + "\n")
    assert ratio >= LEAST, told


def pace_of(paces: list[float]) -> float:
    """Of all pods of several turns of the same size together."""
    return len(paces) / sum(1 / pace for pace in paces)
