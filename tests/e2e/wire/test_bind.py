"""B1.7 bind, which ours leaves alone: why that is no place to commit anything in."""

from __future__ import annotations

import threading

from tests.e2e.harness.scripted import Call, Reply, as_json
from tests.e2e.harness.wire import BINDING, WAIT_S, Group, Wire, asking

PODS = 10
KEPT_CONNECTIONS = 2


def round_of(wire: Wire, group: Group, number: int) -> set[int]:
    """The connections of as many bindings as there are pods; none is answered before all are asked for."""
    names = [f"bound-{number}-{pod}" for pod in range(PODS)]
    all_asked = threading.Barrier(PODS)

    def bind(call: Call) -> Reply:
        all_asked.wait(WAIT_S)
        wire.cluster.api.bind(call.body["PodName"], call.body["PodNamespace"], call.body["Node"])
        return as_json({"Error": ""})

    for name in names:
        wire.extenders.binder.tell("bind", name, bind)
        wire.pod(name, group, containers=asking(BINDING, cpu="100m"))
    assert {wire.node_of(name) for name in names} <= set(group.nodes)
    return {wire.extenders.binder.calls("bind", name)[0].port for name in names}


def test_bindings_come_all_at_once_and_most_connections_are_not_used_again(wire: Wire, group: Group) -> None:
    """B1.2: the extender binds by itself, or nobody does."""
    first, second = round_of(wire, group, 0), round_of(wire, group, 1)
    assert len(first) == len(second) == PODS
    assert len(first & second) <= KEPT_CONNECTIONS
