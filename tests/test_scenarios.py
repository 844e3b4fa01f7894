"""Golden scenarios: whole questions with known answers, asked through the command line.

Each folder's ``expected.json`` says verdict, proof, counts and reasons, not which of two equal nodes won.
Verdict and proof are lists of which one must hold. Paths in it are relative to the project.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from solver.cli import main
from tests.paths import PROJECT, SCENARIOS

NAMES = sorted(path.parent.name for path in SCENARIOS.glob("*/expected.json"))


@pytest.fixture(params=NAMES)
def scenario(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> tuple[dict[str, Any], dict[str, Any], int]:
    """What was expected, the document that came out, and the exit code."""
    expected = json.loads((SCENARIOS / request.param / "expected.json").read_text())
    monkeypatch.chdir(PROJECT)
    code = main(["fit", *expected["arguments"], "-o", "json"])
    return expected, json.loads(capfd.readouterr().out), code


def test_scenario_is_answered_as_expected(scenario: tuple[dict[str, Any], dict[str, Any], int]) -> None:
    expected, document, code = scenario
    answer, summary = document["answer"], document["summary"]
    assert answer["verdict"] in expected["verdict"]
    assert answer["proof"] in expected["proof"]
    assert answer["exitCode"] == code == expected["exitCode"]
    assert (summary["podsPlaced"], summary["podsRequested"]) == (
        expected["podsPlaced"],
        expected["podsRequested"],
    )
    assert len(document["placements"]) + len(document["unplaced"]) == expected["podsRequested"]
    _check_unplaced(expected, document)
    _check_volumes(expected, document)
    _check_zones(expected, document)


def _check_unplaced(expected: dict[str, Any], document: dict[str, Any]) -> None:
    unplaced = {pod["pod"]: {reason["code"] for reason in pod["reasons"]} for pod in document["unplaced"]}
    assert all(unplaced.values()), "every unplaced pod has a reason"
    if "unplaced" in expected:
        assert unplaced.keys() == expected["unplaced"].keys()
        for pod, codes in expected["unplaced"].items():
            assert unplaced[pod] <= set(codes)


def _check_volumes(expected: dict[str, Any], document: dict[str, Any]) -> None:
    if "volumes" in expected:
        states = Counter(v["state"] for pod in document["placements"] for v in pod["volumes"])
        assert states == expected["volumes"]


def _check_zones(expected: dict[str, Any], document: dict[str, Any]) -> None:
    for workload, per_zone in expected.get("perZone", {}).items():
        zones = Counter(
            pod["domains"]["topology.kubernetes.io/zone"]
            for pod in document["placements"]
            if pod["workload"] == workload
        )
        assert sorted(zones.values()) == sorted(per_zone)
