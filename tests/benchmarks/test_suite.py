"""A run goes on when a case cannot be made or fails, and says so."""

from __future__ import annotations

from pathlib import Path

from benchmarks.case import Case, Target
from benchmarks.generators.empty import empty
from benchmarks.suite import Plan, measure

TARGET = Target(wall_s=10, peak_mib=500, time_limit_s=8)


def case(name: str) -> Case:
    return Case(name=name, build=empty, targets=(TARGET,))


def plan(tmp_path: Path, *names: str) -> Plan:
    return Plan(
        cases=[case(name) for name in names],
        instances=tmp_path,
        command="made up",
        stages=False,
        peers=False,
        tell=lambda _: None,
    )


def test_a_case_nobody_can_make_fails_and_the_run_goes_on(tmp_path: Path) -> None:
    first, found = measure(plan(tmp_path, "unheard-of", "unheard-of-too"))
    assert [failure.name for failure in first.failed] == ["unheard-of"]
    assert [failure.name for failure in found.failed] == ["unheard-of", "unheard-of-too"]
    assert "no case is named 'unheard-of'" in found.failed[0].why
    assert found.cases == found.skipped == ()
    assert found.machine.cores > 0
    assert found.versions["python"]
