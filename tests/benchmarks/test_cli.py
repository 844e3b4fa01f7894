"""The commands, as somebody would type them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.case import IN_PROCESS
from benchmarks.registry import CASES
from benchmarks.results import read
from tests.paths import PROJECT

CASE = "growth-nodes-100"
ENVIRONMENT = {"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"}


def benchmarks(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_list_names_every_case(tmp_path: Path) -> None:
    listed = benchmarks("list", folder=tmp_path).stdout
    assert [each.name for each in CASES if f"{each.name} " not in listed] == []


def test_generate_writes_a_list_of_objects(tmp_path: Path) -> None:
    out = tmp_path / "instance.json"
    assert benchmarks("generate", CASE, "--out", str(out), folder=tmp_path).returncode == 0
    document = json.loads(out.read_bytes())
    assert document["kind"] == "List"
    assert sum(item["kind"] == "Node" for item in document["items"]) == 100


@pytest.mark.parametrize(
    "arguments", [("generate", "unheard-of", "--out", "x"), ("run", "--case", "unheard-of")]
)
def test_an_unknown_case_is_a_usage_error(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = benchmarks(*arguments, folder=tmp_path)
    assert ran.returncode == 2
    assert "no case is named 'unheard-of'" in ran.stderr


def test_a_run_measures_the_process_and_every_stage_and_writes_both_documents(tmp_path: Path) -> None:
    ran = benchmarks(
        "run", "--suite", "quick", "--case", CASE, "--no-peers", "--out", "results", folder=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    found = read(tmp_path / "results/results.json")
    (case,) = found.cases
    assert (case.size.nodes, case.size.pending, case.size.running) == (100, 500, 0)
    assert [each.stage for each in case.stages] == list(IN_PROCESS)
    (whole,) = case.whole
    assert whole.placed == 500
    assert whole.usage.cpu_s > 0
    assert (tmp_path / "results/results.md").read_text(encoding="utf-8").startswith("# Results")
    again = benchmarks("table", "results/results.json", folder=tmp_path).stdout
    assert again == (tmp_path / "results/results.md").read_text(encoding="utf-8")
