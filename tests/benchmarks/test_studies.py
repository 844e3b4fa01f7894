"""The studies on instances small enough to know the answer."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner

from benchmarks import objects
from benchmarks.case import Instance
from benchmarks.cli import app
from benchmarks.studies import compaction, outages, priority_matters
from benchmarks.studies.compaction import shortest
from benchmarks.studies.priority_matters import Examined, Run, examine, items, report, summary
from benchmarks.studies.worlds import by_priority, world
from benchmarks.traces.files import FOLDER
from benchmarks.traces.priority_matters import SHAPES, Shape
from solver.model.names import PodKey

SHAPE = Shape(nodes=4, pods_per_node=4, priorities=2, utilisation_percent=95)


def run(limit_s: float, *placed: int, certified: bool) -> Run:
    return Run(limit_s=limit_s, wall_s=0.5, placed=placed, certified=certified)


def short(*runs: Run) -> Examined:
    return Examined(shape=SHAPE, seed=1, greedy=(4, 10), short=True, runs=runs)


PLENTY = Examined(shape=SHAPE, seed=1, greedy=(4, 12), short=False)
AT_ONCE = short(run(1, 4, 11, certified=True), run(10, 4, 11, certified=True))
LATER = short(run(1, 4, 10, certified=False), run(10, 4, 11, certified=False))
NOTHING_BETTER = short(run(1, 4, 10, certified=True), run(10, 4, 10, certified=True))
NOBODY_KNOWS = short(run(1, 4, 10, certified=False), run(10, 4, 10, certified=False))


# Priority Matters


def test_more_important_pods_count_before_more_pods() -> None:
    node = objects.node(name="n", labels={}, allocatable={"cpu": "4", "memory": "4Gi", "pods": "9"})
    pods = [
        objects.pod(
            name=f"p{number}", labels={}, spec=objects.pod_spec(cpu_millis=1, memory_mib=1, priority=level)
        )
        for number, level in enumerate([1, 1, 7])
    ]
    here = world(Instance(objects=[node, *pods]))
    assert by_priority(here, []) == (0, 0)
    assert by_priority(here, [PodKey("bench/p2")]) == (1, 0)
    assert by_priority(here, [PodKey("bench/p2")]) > by_priority(here, map(PodKey, ["bench/p0", "bench/p1"]))


def test_a_better_placement_is_known_denied_or_unknown() -> None:
    found = [each.better_exists for each in (AT_ONCE, LATER, NOTHING_BETTER, NOBODY_KNOWS)]
    assert found == [True, True, False, None]


def test_shares_are_of_the_instances_left_short() -> None:
    first, second = summary([PLENTY, AT_ONCE, LATER, NOTHING_BETTER, NOBODY_KNOWS])
    assert (first.limit_s, second.limit_s) == (1, 10)
    assert first.short == second.short == 4
    assert (first.improved, second.improved) == (1, 2)
    assert first.certified_greedy == second.certified_greedy == 1
    assert (first.certified, second.certified) == (2, 2)
    assert first.could_improve == second.could_improve == 3  # who knows nothing counts against us


def test_report_without_a_short_instance_claims_nothing() -> None:
    assert "leaves 0 of them short" in report([PLENTY])
    assert "100" not in report([PLENTY])


def test_a_sample_is_the_same_every_time_and_from_all_shapes() -> None:
    assert len(items(100, None)) == 9600
    sample = items(100, 300)
    assert sample == items(100, 300)
    assert len(set(sample)) == 300
    assert len({shape for shape, _ in sample}) > len(SHAPES) / 2


def test_an_instance_left_short_is_improved_and_never_made_worse() -> None:
    """Small shapes of which the planner settles every one."""
    found = priority_matters.study([(SHAPE, seed) for seed in range(1, 7)], [60.0], "inline")
    left_short = [each for each in found if each.short]
    assert left_short
    assert all(run.certified and run.placed >= each.greedy for each in left_short for run in each.runs)
    assert any(run.placed > each.greedy for each in left_short for run in each.runs)
    assert all(not each.runs for each in found if not each.short)


def test_a_certified_run_is_not_repeated_with_more_time() -> None:
    found = next(
        each
        for each in (examine((60.0, 120.0), (SHAPE, seed), Event()) for seed in range(1, 20))
        if each.short
    )
    first, second = found.runs
    assert replace(second, limit_s=first.limit_s) == first


# Compaction


def packing(*sizes: int, nodes: int) -> Instance:
    """Nodes of four cores, and a pod of each size."""
    room = {"cpu": "4", "memory": "64Gi", "pods": "110"}
    hosts = [objects.node(name=f"n{number}", labels={}, allocatable=room) for number in range(nodes)]
    pods = [
        objects.pod(
            name=f"p{number}", labels={}, spec=objects.pod_spec(cpu_millis=1000 * size, memory_mib=64)
        )
        for number, size in enumerate(sizes)
    ]
    return Instance(objects=[*hosts, *pods])


@pytest.mark.parametrize(("enough", "expected"), [(1, 1), (5, 5), (8, 8), (9, None)])
def test_bisection_finds_the_shortest_prefix(enough: int, expected: int | None) -> None:
    here = world(packing(1, nodes=8))
    assert shortest(here, lambda kept: len(kept[0].nodes) >= enough) == expected


def test_placed_together_a_workload_needs_no_more_nodes_than_one_at_a_time() -> None:
    """Small pods first, spread out by kube-scheduler, leave no node for the large ones."""
    found = compaction.study(packing(1, 1, 1, 1, 3, 3, 3, 3, nodes=8), 2, 30.0, "inline")
    assert [c.planner for c in found] == [4, 4]
    assert all(c.proved for c in found)
    assert all(c.greedy is not None and c.greedy >= 4 for c in found)


def test_too_few_nodes_are_said_to_be_too_few() -> None:
    found = compaction.study(packing(3, 3, 3, nodes=2), 1, 30.0, "inline")
    assert (found[0].greedy, found[0].planner, found[0].proved) == (None, None, False)
    assert "too few" in compaction.report("small", found)


# Command


def test_the_command_reports_and_keeps_every_row(tmp_path: Path) -> None:
    out = tmp_path / "rows.json"
    arguments = ["study", "priority-matters", "--seeds", "1", "--sample", "2", "--limit", "1s"]
    ran = CliRunner().invoke(app, [*arguments, "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    assert ran.output.startswith("2 instances; ")
    assert "Machine: " in ran.output
    rows = json.loads(out.read_bytes())
    assert [(row["shape"], row["seed"]) for row in rows] == [
        (asdict(shape), seed) for shape, seed in items(1, 2)
    ]


def test_published_runs_stand_beside_the_planner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """kube-scheduler left out the large pod of a run in which all fit."""
    monkeypatch.setenv(FOLDER, "")  # what --data sets is forgotten afterwards
    folder = tmp_path / "priority-matters"
    folder.mkdir()
    nodes = [{"name": name, "cap_cpu_m": 1000, "cap_mem_bytes": 2000} for name in ("a", "b")]
    pods = [
        {"name": f"rs-{n:02}-p1-x", "cpu_m": cpu, "mem_b": 5, "priority": 1, "node": node}
        for n, (cpu, node) in enumerate([(400, "a"), (400, "b"), (900, "")])
    ]
    (folder / "nodes2_run.json").write_text(json.dumps({"nodes": nodes, "pods": pods}), encoding="utf-8")
    ran = CliRunner().invoke(app, ["--data", str(tmp_path), "study", "published"])
    assert "| nodes2_run | 3 | 2 | 2 | 3 | " in ran.output


def test_the_command_says_in_one_line_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    ran = CliRunner().invoke(app, ["study", "published"])
    assert ran.exit_code == 1
    assert ran.output == "Error: no trace data: say --data DIR or set BULKHEAD_TRACES\n"


def test_every_node_of_a_small_cluster_in_use_is_lost_once() -> None:
    shape = outages.Shape(nodes=12, running=30, utilisation=0.4, key="node")
    found = outages.judged(shape, seed=1)
    assert (found.losses, found.stopped_by) == (12, "complete")
    assert found.lost == 30
    assert 0 < found.back <= 30
    assert "| 12 | 30 | each node | 12 |" in outages.report([found])
