"""``solve check``: exit codes and formats; each check says what its own verb says."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.report.schema import bundle
from tests.cli.conftest import Ran
from tests.paths import PROJECT, SHOP_APP, SHOP_CLUSTER

Solve = Callable[..., Ran]
SHOP = ("-f", SHOP_APP, "--snapshot", SHOP_CLUSTER)
HEAD = "apiVersion: bulkhead.dev/v1alpha1\nkind: CheckPolicy\n"
WHOLE = """
fit: true
survive: [{each: zone, quorum: {zk: 2, db: 2}}]
headroom: [{each: node}]
lint: {failOn: note}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        file = tmp_path / "policy.yaml"
        file.write_text(HEAD + text)
        return str(file)

    return write


def report(ran: Ran) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(document, bundle("CheckReport"))
    assert document["answer"]["exitCode"] == ran.code
    return document


def test_each_check_says_what_its_own_verb_says(solve: Solve, policy: Callable[[str], str]) -> None:
    document = report(solve("check", "--policy", policy(WHOLE), *SHOP, "-o", "json"))
    fit = json.loads(solve("fit", *SHOP, "-o", "json").out)
    zones = json.loads(
        solve("outage", *SHOP, "--each", "zone", "--quorum", "zk=2,db=2", "--no-fixes", "-o", "json").out
    )
    by_subject = {(row["rule"], row["subject"]): row["result"] for row in document["checks"]}
    assert (fit["answer"]["verdict"], by_subject["fit", ""]) == ("Fits", "Passed")
    expected = {"FAILS": "Failed", "DEGRADED": "Passed", "OK": "Passed"}
    assert [by_subject["survive", f"zone {zone}"] for zone in "abc"] == [
        expected[outage["verdict"]] for outage in zones["outages"]
    ]
    assert by_subject["survive", "zone a"] == "Failed"  # zk has two of three there
    assert len([rule for rule, _ in by_subject if rule == "headroom"]) == 5
    assert document["answer"] == {"result": "Failed", "exitCode": 3}
    assert document["summary"]["checks"] == 1 + 3 + 5 + 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fit: true\n", 0),
        ("survive: [{each: zone, quorum: {zk: 1}}]\n", 0),
        ("survive: [{each: zone, quorum: {zk: 2}}]\n", 3),
        ("survive: [{each: zone, atWorst: OK, quorum: {zk: 1}}]\n", 3),
        ("lint: {failOn: error}\n", 0),
        ("fitt: true\n", 1),
        ("survive: [{each: zone, quorum: {nobody: 2}}]\n", 1),
    ],
)
def test_exit_codes(solve: Solve, policy: Callable[[str], str], text: str, code: int) -> None:
    ran = solve("check", "--policy", policy(text), *SHOP)
    assert ran.code == code
    assert ran.out.startswith({0: "PASSED", 1: "", 3: "FAILED"}[code])


def test_a_what_if_that_does_not_fit_fails(solve: Solve, policy: Callable[[str], str]) -> None:
    ran = solve("check", "--policy", policy("fit: true\n"), *SHOP, "--set", "db.replicas=4")
    assert ran.code == 3
    assert "7 of 8 pods" in ran.out
    assert "next: solve why" in ran.out


def test_junit_has_a_case_for_each_check(solve: Solve, policy: Callable[[str], str]) -> None:
    ran = solve("check", "--policy", policy(WHOLE), *SHOP, "-o", "junit")
    (suite,) = ET.fromstring(ran.out)
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("10", str(len(failed)), "0")
    assert "survive zone a" in failed
    assert "fit" not in failed


def test_sarif_has_what_did_not_pass(solve: Solve, policy: Callable[[str], str]) -> None:
    log = json.loads(solve("check", "--policy", policy(WHOLE), *SHOP, "-o", "sarif").out)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert {result["ruleId"] for result in run["results"]} == {"C002", "C003"}
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert log["version"] == "2.1.0"


def test_names_and_rows_are_one_for_each_check(solve: Solve, policy: Callable[[str], str]) -> None:
    flags = ("--policy", policy(WHOLE), *SHOP)
    names = solve("check", *flags, "-o", "name").out.splitlines()
    assert names[:2] == ["fit Passed", "survive/zone-a Failed"]
    assert len(solve("check", *flags, "-o", "csv").out.splitlines()) == 1 + len(names)


def test_a_policy_has_to_be_named(solve: Solve) -> None:
    assert solve("check", *SHOP).code == 2
    assert solve("check", *SHOP, "--policy", "").code == 2
    assert solve("check", *SHOP, "--policy", "/no/such/file").code == 1


def test_the_policy_in_the_documentation_can_be_read(solve: Solve, tmp_path: Path) -> None:
    page = (PROJECT / "docs/check.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "policy.yaml").write_text(example)
    assert solve("check", "--policy", str(tmp_path / "policy.yaml"), *SHOP).code == 3


def test_a_loss_that_fails_leads_to_the_outage_with_the_policys_quorum(
    solve: Solve, policy: Callable[[str], str]
) -> None:
    rule = "survive: [{each: zone, atWorst: OK, quorum: {zk: 3}}]\n"
    words = shlex.split(solve("check", "--policy", policy(rule), *SHOP).out.splitlines()[-1])
    assert words[:7] == ["next:", "solve", "outage", "--lose", "zone=a", "--quorum", "zk=3"]
    ran = solve(*words[2:])
    assert ran.code == 3
    assert "QUORUM LOST, needs 3" in ran.out
