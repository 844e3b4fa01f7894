"""The gate fails where a ratio does, and says which, by how much and how to see it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gate import GateError, Threshold, thresholds, verdict
from benchmarks.ratios import RATIOS

LIMITS = {"quicker": Threshold(at_least=3.0), "leaner": Threshold(at_most=2.0)}


def test_the_committed_thresholds_are_those_of_the_ratios() -> None:
    assert thresholds().keys() == RATIOS.keys()


def test_every_ratio_says_what_it_compares() -> None:
    assert all(measure.__doc__ for measure in RATIOS.values())


def test_ratios_within_their_thresholds_pass() -> None:
    lines, broken = verdict(LIMITS, ratios={"quicker": lambda: 3.0, "leaner": lambda: 2.0})
    assert broken == []
    assert [line.split() for line in lines] == [
        ["quicker", "3.00", "at", "least", "3"],
        ["leaner", "2.00", "at", "most", "2"],
    ]


def test_a_made_up_regression_fails_with_ratio_threshold_and_command() -> None:
    lines, broken = verdict(LIMITS, ratios={"quicker": lambda: 2.9, "leaner": lambda: 2.5})
    assert len(lines) == 2
    assert broken == [
        "quicker is 2.90, and has to be at least 3 (benchmarks/gate.toml);"
        " see it again with: python -m benchmarks gate --only quicker",
        "leaner is 2.50, and has to be at most 2 (benchmarks/gate.toml);"
        " see it again with: python -m benchmarks gate --only leaner",
    ]


def test_only_the_ratios_asked_for_are_measured() -> None:
    def unwanted() -> float:
        raise AssertionError

    lines, _ = verdict(LIMITS, only=["leaner"], ratios={"quicker": unwanted, "leaner": lambda: 1.0})
    assert len(lines) == 1


def test_a_ratio_without_a_threshold_is_an_error() -> None:
    with pytest.raises(GateError, match="leaner"):
        verdict({"quicker": Threshold(at_least=1.0)}, ratios=dict.fromkeys(LIMITS, float))


def test_a_ratio_nobody_knows_is_an_error() -> None:
    with pytest.raises(GateError, match="unheard-of"):
        verdict(LIMITS, ["unheard-of"], dict.fromkeys(LIMITS, float))


def test_a_threshold_has_one_bound(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("[quicker]\nat_least = 1\nat_most = 2\n", encoding="utf-8")
    with pytest.raises(GateError, match="quicker needs one of at_least and at_most"):
        thresholds(path)
