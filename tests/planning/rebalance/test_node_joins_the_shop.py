"""A node joins the shop's empty zone: what evens the zones out, what it costs, and in which order."""

from __future__ import annotations

import pytest
from frozendict import frozendict

import tests.builders as b
from solver.model.config import SolveConfig
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.change import Ref, adding
from solver.planning.rebalance.answer import RebalanceAnswer, StepKind
from solver.planning.rebalance.goal import parse_goal
from solver.planning.rebalance.rebalance import rebalance
from solver.planning.rebalance.wish import Wish
from tests.planning.shop import running_shop

RENEWABLE = frozenset({"ssd-zonal"})
ZK = WorkloadKey(kind="StatefulSet", namespace="default", name="zk")


@pytest.fixture(scope="module")
def now() -> Snapshot:
    node = b.node(name="c2", zone="c", cpu="4", memory="16Gi")
    limits = b.csi_node(name="c2", limits={"zonal.csi.example.com": 25})
    return running_shop(
        adding(Ref(kind="Node", name="c2"), node) + adding(Ref(kind="CSINode", name="c2"), limits)
    )


def ask(snapshot: Snapshot, *goals: str, **wish: object) -> RebalanceAnswer:
    asked = Wish(goals=tuple(map(parse_goal, goals)), **wish)  # type: ignore[arg-type]
    return rebalance(snapshot, asked, SolveConfig())


def by_zone(snapshot: Snapshot, name: str) -> list[int]:
    zones = [
        snapshot.node_by_name[pod.node_name].labels[b.ZONE]
        for pod in snapshot.running
        if pod.node_name is not None and pod.workload is not None and pod.workload.name == name
    ]
    return [zones.count(zone) for zone in "abc"]


def test_even_zones_take_one_pod_and_one_volume(now: Snapshot) -> None:
    answer = ask(now, "zone-skew<=1", renewable=RENEWABLE)
    assert answer.steps is not None
    assert sorted((step.kind, len(step.renewed)) for step in answer.steps) == [
        (StepKind.MOVE, 0),
        (StepKind.REPLACE, 1),
    ]
    assert sum(one.size_bytes for step in answer.steps for one in step.renewed) == 10 * 2**30
    assert (answer.cost, answer.bound, answer.proved) == (62, 62, True)
    assert (answer.stay, answer.pinned) == (8, 5)
    assert sorted(by_zone(answer.after, "web")) == [1, 1, 2]
    assert by_zone(answer.after, "zk") == by_zone(answer.after, "db") == [1, 1, 1]


def test_bound_volumes_pin_their_pods_until_their_class_is_named(now: Snapshot) -> None:
    answer = ask(now, "zone-skew<=1")
    assert answer.steps is None
    assert answer.proved
    assert ask(now, "web:zone-skew<=1").cost == 1


def test_no_plan_costs_more_than_it_may(now: Snapshot) -> None:
    assert ask(now, "zone-skew<=1", renewable=RENEWABLE, most_cost=61).steps is None
    assert ask(now, "zone-skew<=1", renewable=RENEWABLE, most_cost=62).steps is not None


def test_a_drained_node_is_left_by_all_that_can_move(now: Snapshot) -> None:
    answer = ask(now, "empty=node/a1")
    assert answer.steps is not None
    assert {step.pod for step in answer.steps} == {"default/web-0", "default/web-1", "default/zk-0"}
    assert not [pod for pod in answer.after.running if pod.node_name == "a1"]


def test_a_zone_whose_volumes_cannot_leave_is_proved_not_to_empty(now: Snapshot) -> None:
    answer = ask(now, "empty=zone/a")
    assert (answer.steps, answer.proved) == (None, True)


def test_replicas_that_must_not_be_missed_hold_their_pods(now: Snapshot) -> None:
    answer = ask(now, "empty=node/a1", needs=frozendict({ZK: 3}))
    assert answer.steps is None
    assert answer.stuck == ("default/zk-0",)
