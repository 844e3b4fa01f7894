"""Stage drivers measure the stage they are named after, on what the stages before it made."""

from __future__ import annotations

from pathlib import Path

from benchmarks.case import IN_PROCESS, Stage
from benchmarks.generators.planted import planted
from benchmarks.generators.steady import steady
from benchmarks.stages import events, http, planner, watch
from solver.model.config import SolveConfig
from tests.benchmarks.instances import text_of

CONFIG = SolveConfig(time_limit_s=10.0, workers=1)


def test_every_stage_says_what_it_had_to_do(tmp_path: Path) -> None:
    path = tmp_path / "instance.json"
    planted(nodes=12, zones=3, workloads=4, slack=0.5, seed=1).write(path)
    found = {each.stage: each for each in planner.measure(path, IN_PROCESS, CONFIG)}
    pods = found[Stage.CONSTRUCT].facts["asked"]
    assert 0 < int(found[Stage.CONSTRUCT].facts["placed"]) <= int(pods)
    assert found[Stage.BOUND].facts == {"at most": pods, "asked": pods, "lacking": 0}
    assert found[Stage.SEARCH].facts["placed"] == pods
    assert found[Stage.PLACE].facts["placed"] == pods
    assert found[Stage.VERIFY].facts == {"pods": pods, "violations": 0}
    assert found[Stage.REPLAY].facts == {"pods": pods, "stuck": 0}
    assert found[Stage.SEARCH].repeats == 1
    assert all(each.wall_s > 0 for each in found.values())


def test_only_the_stages_asked_for_are_measured_in_the_order_of_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "instance.json"
    planted(nodes=12, zones=3, workloads=4, slack=0.5, seed=1).write(path)
    found = planner.measure(path, [Stage.COMPILE, Stage.PARSE], CONFIG)
    assert [each.stage for each in found] == [Stage.PARSE, Stage.COMPILE]


def test_a_cluster_follows_events_and_plans_what_arrives_last() -> None:
    cluster = steady(nodes=60, zones=3, running=400, workloads=3, replicas=3, utilisation=0.5, seed=1)
    found = events.measure(text_of(cluster), CONFIG)
    assert found.stage is Stage.EVENTS
    assert (found.facts["replicas arriving"], found.facts["planned"]) == (9, 9)
    assert found.repeats > 400


def test_a_running_extender_is_asked_about_every_node(tmp_path: Path) -> None:
    path = tmp_path / "instance.json"
    planted(nodes=12, zones=3, workloads=4, slack=0.5, seed=1).write(path)
    found = http.measure(path, 10.0)
    assert found.facts["nodes"] == 12
    assert 0 < float(found.facts["filter p50 ms"]) <= float(found.facts["filter p99 ms"])


def test_a_live_cluster_is_listed_and_followed(tmp_path: Path) -> None:
    path = tmp_path / "instance.json"
    steady(nodes=30, zones=3, running=100, workloads=2, replicas=3, utilisation=0.5, seed=1).write(path)
    found = watch.measure(path, rate=500, steady=50, burst=100)
    assert (found.facts["nodes"], found.facts["pods"]) == (30, 106)
    assert 0 < float(found.facts["lag p50 ms at 500/s"]) <= float(found.facts["lag p99 ms at 500/s"])
    assert float(found.facts["most events/s"]) > 0
