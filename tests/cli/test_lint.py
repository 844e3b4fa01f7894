"""``solve lint``: exit codes, formats, flags. What is found is in ``planning/test_lint``."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from solver.planning.lint import CODES
from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import LOGS, SHOP_APP, SHOP_CLUSTER

Solve = Callable[..., Ran]


@pytest.fixture
def app(tmp_path: Path) -> str:
    """An error, a warning and a note, one of each."""
    host_path = b.pod_spec(requests={"cpu": "1"}, volumes=[{"name": "data", "hostPath": {"path": "/data"}}])
    rules = [b.spread(labels={"app": "api"})]
    documents = [
        b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner", waits=False),
        b.deployment(name="web", replicas=2, spec=host_path),
        b.deployment(name="api", replicas=2, spec=b.pod_spec(requests={"cpu": "1"}, spread=rules)),
        b.deployment(name="fine", replicas=1, spec=b.pod_spec(requests={"cpu": "1"})),
    ]
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


def report(ran: Ran) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(document, bundle("LintReport"))
    assert document["answer"]["exitCode"] == ran.code
    return document


@pytest.mark.parametrize(
    ("fail_on", "ignored", "code"),
    [
        ("error", "", 3),
        ("error", "L304", 0),
        ("warning", "L304", 3),
        ("warning", "L304,data-on-host-path", 0),
        ("note", "L304,L309", 3),
        ("note", "L304,L309,L106", 0),
        ("never", "", 0),
    ],
)
def test_the_exit_code_is_3_for_findings_at_or_above_fail_on(
    solve: Solve, app: str, fail_on: str, ignored: str, code: int
) -> None:
    more = ["--ignore", ignored] if ignored else []
    ran = solve("lint", "-f", app, "--fail-on", fail_on, "-o", "json", *more)
    assert ran.code == code
    document = report(ran)
    assert document["answer"]["passed"] is (code == 0)
    assert document["summary"]["suppressed"] == len([name for name in ignored.split(",") if name])


def test_the_table_has_the_heaviest_first(solve: Solve, app: str) -> None:
    ran = solve("lint", "-f", app)
    assert ran.out.startswith("FAILED   1 error, 1 warning, 1 note in 4 objects\n")
    rows = ran.out.partition("SEVERITY")[2].splitlines()[1:4]
    assert [row.split()[:2] for row in rows] == [["error", "L304"], ["warning", "L309"], ["note", "L106"]]
    assert "next: solve lint --explain L304" in ran.out
    assert "What only" not in ran.out


def test_manifests_alone_need_no_cluster_and_say_so(solve: Solve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    ran = solve("lint", "-f", SHOP_APP)
    assert ran.code == 0
    assert "manifests alone" in ran.out


def test_a_cluster_is_looked_at_as_a_whole_or_held_against_manifests(solve: Solve) -> None:
    whole = report(solve("lint", "--snapshot", LOGS, "-o", "json"))
    assert {f["code"] for f in whole["findings"]} == {"L401", "L405"}
    against = report(solve("lint", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "json"))
    assert (against["findings"], against["summary"]["objects"]) == ([], 2)


def test_a_what_if_is_looked_at_as_well(solve: Solve) -> None:
    flags = ("-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "json")
    assert solve("lint", *flags).code == 0
    ran = solve("lint", *flags, "--set", "db.replicas=6")
    assert [f["code"] for f in report(ran)["findings"]] == ["L201"]


def test_sarif_has_a_rule_for_every_code_and_a_result_for_every_finding(solve: Solve, app: str) -> None:
    """What SARIF 2.1.0 requires of logs, runs, rules, results and locations."""
    ran = solve("lint", "-f", app, "-o", "sarif", "--ignore", "L106")
    log = json.loads(ran.out)
    assert (ran.code, log["version"]) == (3, "2.1.0")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [code.id for code in CODES]
    by_rule = {result["ruleId"]: result for result in run["results"]}
    assert set(by_rule) == {"L304", "L309", "L106"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == app
        assert location["physicalLocation"]["region"]["startLine"] == 1
        assert location["logicalLocations"][0]["fullyQualifiedName"]
    assert [s["kind"] for s in by_rule["L106"]["suppressions"]] == ["external"]
    assert "suppressions" not in by_rule["L304"]


def test_junit_has_a_case_for_every_object_and_fails_those_with_findings(solve: Solve, app: str) -> None:
    ran = solve("lint", "-f", app, "-o", "junit", "--fail-on", "warning")
    root = ET.fromstring(ran.out)
    (suite,) = root
    assert (root.tag, suite.get("tests"), suite.get("failures")) == ("testsuites", "4", "2")
    failed = {case.get("name"): case.find("failure") for case in suite}
    assert {name for name, failure in failed.items() if failure is not None} == {"local", "prod/web"}
    remarks = [case.findtext("system-out") for case in suite if case.get("name") == "prod/api"]
    assert "L106" in (remarks[0] or "")


def test_names_and_rows_are_one_for_each_finding(solve: Solve, app: str) -> None:
    names = solve("lint", "-f", app, "-o", "name").out.splitlines()
    assert names == ["deployment/prod/api L106", "storageclass/local L304", "deployment/prod/web L309"]
    rows = list(csv.DictReader(io.StringIO(solve("lint", "-f", app, "-o", "csv").out)))
    assert [(row["code"], row["severity"]) for row in rows] == [
        ("L106", "note"),
        ("L304", "error"),
        ("L309", "warning"),
    ]


def test_explain_says_what_a_code_means(solve: Solve) -> None:
    ran = solve("lint", "--explain", "spread-misses-own-pods")
    assert (ran.code, ran.out.startswith("## L101 spread-misses-own-pods")) == (0, True)
    assert "What to do:" in ran.out
    assert solve("lint", "--explain", "all").out.count("## L") == len(CODES)


@pytest.mark.parametrize(
    "flags",
    [
        ("--explain", "L999"),
        ("-f", SHOP_APP, "--ignore", "L999"),
        ("-f", SHOP_APP, "--ignore", ","),
        ("-f", SHOP_APP, "--fail-on", "soon"),
        ("-f", ""),
    ],
)
def test_flags_that_make_no_sense_are_exit_code_2(solve: Solve, flags: tuple[str, ...]) -> None:
    ran = solve("lint", *flags)
    assert (ran.code, ran.out) == (2, "")


def test_documents_that_cannot_be_read_are_exit_code_1(solve: Solve, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("kind: [")
    ran = solve("lint", "-f", str(tmp_path / "app.yaml"))
    assert (ran.code, ran.out) == (1, "")
