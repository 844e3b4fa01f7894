"""PodDisruptionBudgets hold pods where no eviction is allowed, and never more than one at a time goes."""

from __future__ import annotations

import pytest

import tests.builders as b
from solver.model.config import SolveConfig
from solver.model.disruption import DisruptionBudget, Share
from solver.model.selector import LabelSelector
from solver.model.snapshot import Snapshot
from solver.planning.rebalance.answer import RebalanceAnswer
from solver.planning.rebalance.goal import parse_goal
from solver.planning.rebalance.rebalance import rebalance
from solver.planning.rebalance.wish import Wish


def budget(name: str, **spec: object) -> b.Raw:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": b.NAMESPACE},
        "spec": {"selector": {"matchLabels": {"app": "w"}}, **spec},
    }


def world(*extra: b.Raw) -> Snapshot:
    pods = [
        b.pod(name=f"w-{i}", labels={"app": "w"}, requests={"cpu": "1"}, node="a1", owner=("ReplicaSet", "w"))
        for i in range(2)
    ]
    return b.snapshot(*b.f_nodes(), *pods, *extra)


def drain(snapshot: Snapshot) -> RebalanceAnswer:
    return rebalance(snapshot, Wish(goals=(parse_goal("empty=node/a1"),)), SolveConfig())


def test_a_budget_that_allows_an_eviction_is_named_at_each_step() -> None:
    steps = drain(world(budget("w", minAvailable=1))).steps
    assert steps is not None
    assert [step.budget for step in steps] == ["PodDisruptionBudget/prod/w allows 1"] * 2


@pytest.mark.parametrize("spec", [{"minAvailable": 2}, {"maxUnavailable": 0}, {"minAvailable": "51%"}])
def test_a_budget_that_allows_none_holds_its_pods(spec: dict[str, object]) -> None:
    answer = drain(world(budget("w", **spec)))
    assert [kept.pod for kept in answer.kept] == ["prod/w-0", "prod/w-1"]
    assert all("allows no eviction" in kept.why for kept in answer.kept)


def test_two_budgets_on_a_pod_refuse_its_eviction() -> None:
    answer = drain(world(budget("w", minAvailable=1), budget("v", minAvailable=1)))
    assert all("evictions are refused" in kept.why for kept in answer.kept)
    assert len(answer.kept) == 2


@pytest.mark.parametrize(
    ("least", "most", "running", "allowed"),
    [
        (Share(amount=50, percent=True), None, 3, 1),
        (Share(amount=2), None, 3, 1),
        (Share(amount=5), None, 3, 0),
        (None, Share(amount=34, percent=True), 3, 2),
        (None, Share(amount=1), 3, 1),
    ],
)
def test_shares_are_rounded_up(least: Share | None, most: Share | None, running: int, allowed: int) -> None:
    found = DisruptionBudget(
        namespace="prod", name="w", selector=LabelSelector(), min_available=least, max_unavailable=most
    )
    pods = b.snapshot(b.node(name="n"), *(b.pod(name=f"p{i}", node="n") for i in range(running))).pods
    assert found.allows(pods) == allowed


def test_a_budget_nobody_can_read_is_a_fault() -> None:
    with pytest.raises(Exception, match=r"spec\.minAvailable"):
        world(budget("w", minAvailable="half"))
