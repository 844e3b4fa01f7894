"""Goals see domains that no rule of the pods speaks of; what is not there is named; what is not a pod's own
is not thrown away."""

from __future__ import annotations

import pytest

import tests.builders as b
from solver.errors import InputError
from solver.model.config import SolveConfig
from solver.model.snapshot import Snapshot
from solver.planning.rebalance.answer import RebalanceAnswer
from solver.planning.rebalance.goal import parse_goal
from solver.planning.rebalance.rebalance import rebalance
from solver.planning.rebalance.wish import Wish

DRIVER = "csi.example.com"
NODES = ("a1", "a2", "b1", "b2", "c1")


def pod(name: str, node: str | None = None, cpu: str = "1", **rest: object) -> b.Raw:
    made: b.Raw = b.pod(
        name=name,
        node=node,
        requests={"cpu": cpu},
        labels={"app": "w"},
        owner=("ReplicaSet", "w"),
        **rest,  # type: ignore[arg-type]
    )
    return made


def ask(snapshot: Snapshot, *goals: str, **wish: object) -> RebalanceAnswer:
    asked = Wish(goals=tuple(map(parse_goal, goals)), **wish)  # type: ignore[arg-type]
    return rebalance(snapshot, asked, SolveConfig())


def zones(answer: RebalanceAnswer) -> list[int]:
    nodes = answer.after.node_by_name
    found = [nodes[p.node_name].labels[b.ZONE] for p in answer.after.running if p.node_name is not None]
    return [found.count(zone) for zone in ("za", "zb", "zc")]


@pytest.mark.parametrize("pods", [2, 3, 4, 5])
def test_pods_without_rules_are_evened_out_over_all_zones(pods: int) -> None:
    answer = ask(b.snapshot(*b.f_nodes(), *(pod(f"w{i}", "a1", "500m") for i in range(pods))), "zone-skew<=1")
    assert answer.proved
    assert max(zones(answer)) - min(zones(answer)) <= 1
    assert answer.cost == pods - max(zones(answer))


def test_pods_of_an_overcommitted_node_can_leave_it() -> None:
    crowd = [pod("a", "a1", "3"), pod("b", "a1", "3"), pod("c", "a1", "1")]
    answer = ask(b.snapshot(*b.f_nodes(), *crowd), "zone-skew<=1")
    assert (answer.cost, zones(answer)) == (2, [1, 1, 1])


@pytest.mark.parametrize("goal", ["zone-skew<=1", "zonne-skew<=1", "example.com/rack-spread<=2"])
def test_a_goal_about_a_label_that_no_node_has_is_a_fault_and_does_not_hold(goal: str) -> None:
    with pytest.raises(InputError, match="no node with it"):
        ask(b.snapshot(b.node(name="x"), pod("w", "x")), goal)


def test_a_node_is_drained_by_its_name_whatever_its_hostname_label() -> None:
    nodes = [
        b.node(name="ip-1.internal", hostname=False),
        b.node(name="ip-2.internal", labels={b.HOSTNAME: "ip-2"}),
    ]
    for place, name in ((0, "ip-1.internal"), (1, "ip-2.internal"), (1, "ip-2")):
        source, target = nodes[place], nodes[1 - place]
        answer = ask(b.snapshot(*nodes, pod("w", source["metadata"]["name"])), f"empty=node/{name}")
        assert answer.steps is not None
        assert [step.target for step in answer.steps] == [target["metadata"]["name"]]


def test_a_pod_that_is_leaving_anyway_does_not_hold_up_a_drain() -> None:
    answer = ask(
        b.snapshot(*b.f_nodes(), pod("old", "a1", terminating=True), pod("w", "a1")), "empty=node/a1"
    )
    assert (answer.in_the_way, answer.kept, answer.cost) == (False, (), 1)


def volume(name: str, zone: str, mode: str = "ReadWriteOnce") -> list[b.Raw]:
    return [
        b.claim(name=name, storage_class="zonal", volume=f"pv-{name}", modes=[mode]),
        b.volume(
            name=f"pv-{name}",
            storage_class="zonal",
            claim=name,
            modes=[mode],
            driver=DRIVER,
            affinity=[b.in_zones(zone)],
        ),
    ]


def test_a_claim_that_others_use_is_never_created_anew() -> None:
    storage = [b.storage_class(name="zonal", provisioner=DRIVER)]
    storage += [b.csi_node(name=name, limits={DRIVER: 9}) for name in NODES]
    storage += [*volume("own", "za"), *volume("shared", "za", "ReadWriteMany")]
    storage[-1]["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"] = [b.in_zones("za", "zb")]
    pods = [pod("w0", "a1", claims=["own", "shared"]), pod("w1", "a2", claims=["shared"])]
    answer = ask(b.snapshot(*b.f_nodes(), *storage, *pods), "empty=zone/za", renewable=frozenset({"zonal"}))
    assert answer.steps is not None
    assert [r.claim for step in answer.steps for r in step.renewed] == ["prod/own"]
    assert zones(answer) == [0, 2, 0]


def test_pods_that_are_not_ready_use_up_a_budget_and_may_go_themselves() -> None:
    unready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    pods = [pod("w0", "a1"), pod("w1", "a2", status=unready), pod("w2", "b1")]
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "w", "namespace": b.NAMESPACE},
        "spec": {"selector": {"matchLabels": {"app": "w"}}, "minAvailable": 2},
    }
    snapshot = b.snapshot(*b.f_nodes(), *pods, budget)
    assert ask(snapshot, "empty=node/a1").in_the_way
    assert not ask(snapshot, "empty=node/a2").in_the_way


@pytest.mark.parametrize("goal", ["zone-skew<=1", "w:zone-skew<=1", "host-spread<=1"])
def test_a_goal_that_pods_held_by_a_budget_break_does_not_hold(goal: str) -> None:
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "w", "namespace": b.NAMESPACE},
        "spec": {"selector": {"matchLabels": {"app": "w"}}, "maxUnavailable": 0},
    }
    answer = ask(b.snapshot(*b.f_nodes(), pod("w0", "a1"), pod("w1", "a1"), budget), goal)
    assert (answer.steps, answer.proved) == (None, True)
    assert len(answer.kept) == 2


def test_only_the_pending_pods_asked_about_are_placed() -> None:
    snapshot = b.snapshot(*b.f_nodes(), pod("w0"), pod("w1"))
    steps = ask(snapshot, "fit", pending=(snapshot.pods[1].key,)).steps
    assert steps is not None
    assert [step.pod for step in steps] == ["prod/w1"]
