"""How a profile's own strategies score (R18-R22, A19)."""

from __future__ import annotations

from typing import Any

from frozendict import frozendict

from solver.model.profile import Profile, Strategy, StrategyType
from tests.builders import node, pod, pod_spec
from tests.scheduler.judge import judge

FIT = "NodeResourcesFit"
BALANCE = "NodeResourcesBalancedAllocation"
GPU = "example.com/gpu"


def on_a1(plugin: str, profile: Profile, requests: dict[str, str], **used: str) -> int:
    """The score of node a1 (4 cpu, 8Gi, 100Gi, 4 devices), on which one pod uses ``used``."""
    machine: dict[str, Any] = node(name="a1", zone="za", cpu="4", memory="8Gi")
    machine["status"]["allocatable"] |= {"ephemeral-storage": "100Gi", GPU: "4"}
    there = pod(name="there", node="a1", spec=pod_spec(requests=dict(used)))
    found = judge(machine, there, pod(name="p", spec=pod_spec(requests=requests)), config=profile)
    return found.scores["a1"][plugin]  # type: ignore[index]


def least(*resources: tuple[str, int]) -> Profile:
    return Profile(strategy=Strategy(resources=resources))


def most(*resources: tuple[str, int]) -> Profile:
    return Profile(strategy=Strategy(type=StrategyType.MOST, resources=resources))


def ratio(*shape: tuple[int, int]) -> Profile:
    return Profile(strategy=Strategy(type=StrategyType.RATIO, shape=shape))


POD = {"cpu": "1", "memory": "1Gi"}


def test_ex_r20_most_allocated_prefers_the_fuller_node() -> None:
    assert on_a1(FIT, most(("cpu", 1), ("memory", 1)), POD, cpu="1", memory="1Gi") == 37


def test_ex_r21_weights_of_resources_count() -> None:
    assert on_a1(FIT, most(("cpu", 3), ("memory", 1)), POD, cpu="1", memory="1Gi") == 43


def test_ex_r22_a_ratio_is_read_off_its_shape_and_rounded() -> None:
    assert on_a1(FIT, ratio((0, 0), (100, 10)), POD, cpu="1", memory="1Gi") == 38


def test_ex_r23_resources_that_score_nothing_are_left_out_of_the_mean() -> None:
    assert on_a1(FIT, ratio((0, 0), (50, 0), (100, 10)), POD, cpu="2", memory="1Gi") == 50


def test_ex_r24_a_shape_may_fall() -> None:
    assert on_a1(FIT, ratio((0, 10), (100, 0)), POD, cpu="1", memory="1Gi") == 63


def test_ex_r25_devices_judge_only_pods_that_ask_for_them() -> None:
    profile = least(("cpu", 1), (GPU, 9))
    assert on_a1(FIT, profile, POD, cpu="1") == 50
    assert on_a1(FIT, profile, {**POD, GPU: "3"}, cpu="1") == (50 + 9 * 25) // 10


def test_ex_r26_three_resources_are_balanced_by_their_deviation() -> None:
    profile = Profile(balanced_resources=("cpu", "memory", "ephemeral-storage"))
    requests = {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "10Gi"}
    used = {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "10Gi"}
    assert on_a1(BALANCE, profile, requests, **used) == 85


def test_r22_a_pod_that_asks_for_none_of_the_resources_is_not_balanced() -> None:
    profile = Profile(balanced_resources=("ephemeral-storage",))
    found = judge(node(name="a1", zone="za"), pod(name="p", spec=pod_spec(requests=POD)), config=profile)
    assert BALANCE not in found.scores["a1"]  # type: ignore[index]


def test_g13_a_plugin_without_a_weight_does_not_score() -> None:
    profile = Profile(weights=frozendict({"TaintToleration": 7}))
    found = judge(node(name="a1", zone="za"), pod(name="p", spec=pod_spec(requests=POD)), config=profile)
    assert found.scores == {"a1": {"TaintToleration": 700}}
