"""B1.8 order and B1.9 repetition of attempts, as kube-scheduler v1.34.1 makes them."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

from tests import builders as b
from tests.e2e.harness.cluster import refused
from tests.e2e.harness.scripted import Call, Reply, as_json, echo
from tests.e2e.harness.watching import poll
from tests.e2e.harness.wire import WAIT_S, Group, Wire, keep

LEAST_PAUSES_S = (1, 2, 4)
QUIET_S = 2.0


def test_while_one_pod_is_filtered_every_other_pod_waits(wire: Wire, group: Group) -> None:
    """B0.2."""
    order: list[str] = []
    arrived, go = threading.Event(), threading.Event()

    def slowly(call: Call) -> Reply:
        arrived.set()
        go.wait(2)  # less than httpTimeout
        order.append("slow answered")
        return echo(call)

    def at_once(call: Call) -> Reply:
        order.append("quick asked")
        return echo(call)

    wire.main.tell("filter", "slow", slowly)
    wire.main.tell("filter", "quick", at_once)
    wire.pod("slow", group)
    assert arrived.wait(WAIT_S)
    wire.pod("quick", group)
    wire.node_of("quick")
    assert order == ["slow answered", "quick asked"]


def test_after_a_timeout_the_pod_is_tried_again(wire: Wire, group: Group) -> None:
    never = threading.Event()

    def wait(call: Call) -> Reply:
        if len(wire.main.calls("filter", "late")) == 1:
            never.wait(5)  # more than httpTimeout
        return echo(call)

    wire.main.tell("filter", "late", wait)
    wire.pod("late", group)
    assert wire.node_of("late") in group.nodes
    assert len(wire.main.calls("filter", "late")) == 2


def test_after_each_error_the_pause_is_longer(wire: Wire, group: Group) -> None:
    """Even with nothing else to do; only a refused pod may skip its pause."""
    times: list[float] = []

    def broken(_call: Call) -> Reply:
        times.append(time.monotonic())
        return as_json({"Error": "bulkhead: broken"})

    wire.main.tell("filter", "broken", broken)
    wire.pod("broken", group)
    wire.main.until_called("filter", "broken", len(LEAST_PAUSES_S) + 1)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert all(pause >= least for pause, least in zip(pauses, LEAST_PAUSES_S, strict=False)), pauses


def asked(wire: Wire, name: str) -> int:
    return len(wire.main.calls("filter", name))


def until_quiet(wire: Wire, name: str) -> int:
    """How often it was asked about by the time nobody asks any more."""

    def quiet() -> bool:
        before = asked(wire, name)
        time.sleep(QUIET_S)
        return asked(wire, name) == before

    poll("nobody asks", quiet, WAIT_S)
    return asked(wire, name)


def test_a_refused_pod_asks_again_when_a_node_or_a_claim_changes_and_not_for_other_objects(
    wire: Wire, group: Group
) -> None:
    """B0.7: long before the five minutes are over."""
    wire.main.tell("filter", "again", keep())
    wire.pod("again", group)
    wire.message("again", "Unschedulable")
    api = wire.cluster.api
    before = until_quiet(wire, "again")
    meta = {"name": "other", "namespace": "default"}
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {}})
    assert until_quiet(wire, "again") == before
    api.patch("Node", group.nodes[0], {"metadata": {"labels": {"turned": "over"}}})
    wire.main.until_called("filter", "again", before + 1)
    before = until_quiet(wire, "again")
    wire.cluster.add(b.claim(name="another", namespace="default"))
    wire.main.until_called("filter", "again", before + 1)
    assert refused(wire.cluster.pods.now()["default/again"])
