"""The list of cases is complete and every case can be made."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from benchmarks.case import IN_PROCESS, Case, Peer, Suite
from benchmarks.registry import CASES, case, chosen
from benchmarks.stages.planner import DRIVERS
from tests.paths import PROJECT

FAMILIES = {
    path.stem
    for path in (PROJECT / "benchmarks/generators").glob("*.py")
    if path.stem not in ("__init__", "hosts", "workload", "churn")
}
every_case = pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)


@every_case
def test_a_generator_takes_its_parameters(each: Case) -> None:
    bound = inspect.signature(each.build).bind(**each.parameters, seed=each.seed)
    assert "seed" in bound.arguments


@every_case
def test_a_case_asks_for_something(each: Case) -> None:
    assert each.targets
    for target in each.targets:
        assert 0 < target.placed_share <= 1
        assert target.time_limit_s < target.wall_s


def test_names_are_unique_and_found() -> None:
    assert len({each.name for each in CASES}) == len(CASES)
    assert all(case(each.name) is each for each in CASES)
    with pytest.raises(KeyError):
        case("no such case")


def test_every_family_has_a_case_in_the_quick_suite() -> None:
    assert {each.build.__module__.rpartition(".")[2] for each in chosen(Suite.QUICK)} >= FAMILIES


def test_the_full_suite_has_everything() -> None:
    assert chosen(Suite.FULL) == CASES
    assert {each.name for each in chosen(Suite.QUICK)} < {each.name for each in CASES}


def test_every_stage_has_a_driver_and_every_peer_is_asked() -> None:
    assert tuple(DRIVERS) == IN_PROCESS
    assert {peer for each in CASES for peer in each.peers} == set(Peer)


def test_every_curve_has_points_enough_to_be_one() -> None:
    points: dict[str, set[int]] = {}
    for each in CASES:
        for curve in each.curves:
            points.setdefault(curve.name, set()).add(curve.x)
    assert points.keys() >= {"nodes", "pods"}
    assert all(len(found) > 3 for found in points.values())


def test_every_module_says_what_it_is() -> None:
    modules = list((PROJECT / "benchmarks").rglob("*.py"))
    assert [m for m in modules if not _first_line(m).startswith('"""')] == []


def _first_line(module: Path) -> str:
    return module.read_text(encoding="utf-8").partition("\n")[0]
