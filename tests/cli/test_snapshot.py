"""``solve snapshot``: one file for every verb, redacted or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import PROJECT, SHOP_APP, SHOP_CLUSTER, SHOP_PENDING

Solve = Callable[..., Ran]
DATA = PROJECT / "tests/data"
CLUSTERS = [
    SHOP_PENDING,
    str(DATA / "scenarios/logs.json"),
    str(DATA / "recorded/statefulset-cluster.json"),
]


def answer(solve: Solve, snapshot: str, *more: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(solve("fit", "--snapshot", snapshot, "-q", "-o", "json", *more).out)
    del document["metadata"]
    document["solver"] = {k: v for k, v in document["solver"].items() if not k.endswith("Seconds")}
    return document


@pytest.mark.parametrize("cluster", CLUSTERS)
@pytest.mark.parametrize("flags", [[], ["--redact"]])
def test_fit_says_the_same_of_what_was_written(
    solve: Solve, tmp_path: Path, cluster: str, flags: list[str]
) -> None:
    saved = str(tmp_path / "taken.json")
    ran = solve("snapshot", "--snapshot", cluster, "--out", saved, *flags)
    assert (ran.code, ran.out) == (0, "")
    assert answer(solve, saved) == answer(solve, cluster)


def test_a_redacted_cluster_takes_the_same_manifests(solve: Solve, tmp_path: Path) -> None:
    saved = str(tmp_path / "taken.json.gz")
    solve("snapshot", "--snapshot", SHOP_CLUSTER, "--redact", "--out", saved)
    assert answer(solve, saved, "-f", SHOP_APP) == answer(solve, SHOP_CLUSTER, "-f", SHOP_APP)
    assert json.loads(gzip.decompress(Path(saved).read_bytes()))["kind"] == "List"


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_with_hashed_names_as_many_fit_and_for_the_same_reasons(
    solve: Solve, tmp_path: Path, cluster: str
) -> None:
    saved = str(tmp_path / "taken.json")
    solve("snapshot", "--snapshot", cluster, "--hash-names", "--out", saved)
    one, other = answer(solve, cluster), answer(solve, saved)
    for part in ("answer", "summary", "solver", "skipped"):
        assert one[part] == other[part]
    assert [[r["code"] for r in u["reasons"]] for u in one["unplaced"]] == [
        [r["code"] for r in u["reasons"]] for u in other["unplaced"]
    ]
    assert [p["domains"] for p in one["placements"]] == [p["domains"] for p in other["placements"]]


def test_the_same_cluster_is_the_same_text(solve: Solve) -> None:
    once, again = (solve("snapshot", "--snapshot", SHOP_PENDING, "--hash-names").out for _ in range(2))
    assert once == again


def test_a_redacted_snapshot_redacted_again_is_the_same(solve: Solve, tmp_path: Path) -> None:
    """Nothing that was let through would be left out on a second look."""
    once = solve("snapshot", "--snapshot", SHOP_PENDING, "--redact").out
    (tmp_path / "once.json").write_text(once)
    assert solve("snapshot", "--snapshot", str(tmp_path / "once.json"), "--redact").out == once


def test_what_is_left_out_is_counted_on_stderr(solve: Solve, tmp_path: Path) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q"},
        "spec": {"hard": {"pods": "1"}},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"token": "aGk="}}
    (tmp_path / "dump.json").write_bytes(b.document(*b.f_nodes(), secret, secret, quota).data)
    ran = solve("snapshot", "--snapshot", str(tmp_path / "dump.json"), "--redact")
    assert "left out: Secret ×2" in ran.err
    kept = [item for item in json.loads(ran.out)["items"] if item["kind"] == "ResourceQuota"]
    assert [item["metadata"] for item in kept] == [{"name": "q"}]  # answers say that quota is not modelled
    assert solve("snapshot", "--snapshot", str(tmp_path / "dump.json"), "--redact", "-q").err == ""


@pytest.mark.parametrize("flags", [[], ["--redact"]])
def test_what_cannot_be_read_is_exit_code_1(solve: Solve, tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "dump.json").write_text("{")
    ran = solve("snapshot", "--snapshot", str(tmp_path / "dump.json"), *flags)
    assert (ran.code, ran.out) == (1, "")
    assert "valid JSON" in ran.err


def test_a_file_that_cannot_be_written_is_exit_code_1(solve: Solve, tmp_path: Path) -> None:
    ran = solve("snapshot", "--snapshot", SHOP_PENDING, "--out", str(tmp_path / "no" / "taken.json"))
    assert ran.code == 1
    assert "taken.json" in ran.err


@pytest.mark.parametrize("flags", [["--snapshot", ""], ["--snapshot", SHOP_PENDING, "--context", "prod"]])
def test_flags_that_make_no_sense_are_exit_code_2(solve: Solve, flags: list[str]) -> None:
    assert solve("snapshot", *flags).code == 2
