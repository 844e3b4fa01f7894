"""``solve fit``: selection, limits, formats, determinism. What the answers are is in ``test_scenarios``."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import SHOP_APP, SHOP_CLUSTER, SHOP_PENDING

Solve = Callable[..., Ran]


@pytest.fixture
def dump(tmp_path: Path) -> str:
    """Fixture F with pending pods in two namespaces, one gated, and one that fits nowhere."""
    pods = [
        b.pod(name="one", labels={"app": "x"}),
        b.pod(name="two", namespace="ops", labels={"app": "x"}),
        b.pod(name="gated", labels={"app": "y"}, gates=["quota"]),
        b.pod(name="huge", labels={"app": "z"}, requests={"cpu": "64"}),
    ]
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(*b.f_nodes(), *pods).data)
    return str(file)


def result(ran: Ran) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ran.out)
    assert document["kind"] == "PlacementResult"
    assert document["answer"]["exitCode"] == ran.code
    return document


def asked(document: dict[str, Any]) -> set[str]:
    return {entry["pod"] for entry in (*document["placements"], *document["unplaced"])}


@pytest.mark.parametrize(
    ("arguments", "pods", "code"),
    [
        ([], {"prod/one", "ops/two", "prod/huge"}, 3),
        (["-n", "ops"], {"ops/two"}, 0),
        (["-l", "app=x"], {"prod/one", "ops/two"}, 0),
        (["-l", "app in (x, z)", "-n", "prod"], {"prod/one", "prod/huge"}, 3),
        (["-l", "app=y", "--plan-gated"], {"prod/gated"}, 0),
        (["--ignore-pending"], set(), 0),
    ],
)
def test_selection_limits_what_is_asked_about(
    solve: Solve, dump: str, arguments: list[str], pods: set[str], code: int
) -> None:
    ran = solve("fit", "--snapshot", dump, "-o", "json", *arguments)
    assert ran.code == code
    assert asked(result(ran)) == pods


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["-n", "wrong"], "-n wrong; namespaces with pending pods: ops (1), prod (3)"),
        (["-l", "app=typo"], "-l app=typo; labels of pending pods there: app=x (2), app=y (1), app=z (1)"),
        (
            ["-n", "ops", "-l", "a in (b,c)"],
            "-n ops -l 'a in (b,c)'; labels of pending pods there: app=x (1)",
        ),
        (["--ignore-pending"], "--ignore-pending; --ignore-pending leaves out 4 pods"),
    ],
)
def test_a_selection_without_a_pod_says_what_there_is(
    solve: Solve, dump: str, arguments: list[str], what: str
) -> None:
    """It is a yes to scripts (exit code 0), and must not look like one to people."""
    ran = solve("fit", "--snapshot", dump, "-o", "json", *arguments)
    assert result(ran)["answer"]["verdict"] == "Fits"
    assert f"warning: no pending pod matches {what}\n" in ran.err
    assert f"no pending pod matches {what}" in result(ran)["warnings"]


@pytest.mark.parametrize("arguments", [["-n", "ops"], ["-l", "app=y"], []])
def test_a_selection_with_a_pod_is_no_reason_to_warn(solve: Solve, dump: str, arguments: list[str]) -> None:
    """app=y is on a pod with a scheduling gate: SKIPPED says so."""
    assert "matches" not in solve("fit", "--snapshot", dump, *arguments).err


def test_pods_left_out_by_selection_still_occupy_their_nodes(solve: Solve, tmp_path: Path) -> None:
    nodes = [b.node(name="n", cpu="4")]
    pods = [
        b.pod(name="running", node="n", namespace="ops", requests={"cpu": "3"}),
        b.pod(name="new", requests={"cpu": "2"}),
    ]
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(*nodes, *pods).data)
    assert solve("fit", "--snapshot", str(file), "-n", "prod").code == 3


def test_gated_pods_are_listed_as_skipped_unless_planned(solve: Solve, dump: str) -> None:
    skipped = result(solve("fit", "--snapshot", dump, "-n", "prod", "-o", "json"))["skipped"]
    assert [(row["count"], row["example"]) for row in skipped if "gates" in row["feature"]] == [
        (1, "Pod prod/gated")
    ]
    planned = result(solve("fit", "--snapshot", dump, "-l", "app=y", "--plan-gated", "-o", "json"))
    assert planned["skipped"] == []


def test_what_does_not_fit_is_exit_code_3_and_the_rest_is_placed(solve: Solve, dump: str) -> None:
    document = result(solve("fit", "--snapshot", dump, "-o", "json"))
    assert document["answer"]["verdict"] in ("DoesNotFit", "Contradiction")
    assert {entry["pod"] for entry in document["placements"]} == {"prod/one", "ops/two"}
    (unplaced,) = document["unplaced"]
    assert (unplaced["pod"], [r["code"] for r in unplaced["reasons"]]) == ("prod/huge", ["Resources"])


def test_an_unfinished_search_is_unknown_and_exit_code_4(solve: Solve, tmp_path: Path) -> None:
    """Odd sizes that fill the nodes to 99 %, and no time: what is placed is printed, nothing is proved."""
    nodes = [b.node(name=f"n{i:02}", cpu="10") for i in range(30)]
    pods = [b.pod(name=f"p{i}", requests={"cpu": f"{2000 + i * 7919 % 3001}m"}) for i in range(85)]
    file = tmp_path / "tight.json"
    file.write_bytes(b.document(*nodes, *pods).data)
    ran = solve("fit", "--snapshot", str(file), "--time-limit", "1ms", "-o", "json")
    document = result(ran)
    assert (ran.code, document["answer"]["verdict"]) == (4, "Unknown")
    assert document["answer"]["proof"] == "NotProved"
    assert document["solver"]["stoppedBy"] == "wall"
    assert document["placements"]
    assert len(document["placements"]) + len(document["unplaced"]) == len(pods)


def test_the_document_is_as_the_schema_says(solve: Solve) -> None:
    jsonschema.validate(
        result(solve("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "json")),
        bundle("PlacementResult"),
    )


def test_inputs_and_limits_are_on_record(solve: Solve) -> None:
    document = result(
        solve(
            "fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "--seed", "7", "--workers", "1", "-o", "json"
        )
    )
    assert document["metadata"]["seed"] == 7
    assert document["solver"]["workers"] == 1
    assert len(document["metadata"]["inputs"]["manifests"]) == 1


def test_fit_is_the_default_verb(solve: Solve) -> None:
    implied = solve("-f", SHOP_APP, "--snapshot", SHOP_CLUSTER)
    assert implied.code == 0
    assert implied.out == solve("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER).out


@pytest.mark.parametrize("form", ["table", "text", "wide", "name", "csv"])
def test_the_same_question_gives_the_same_text(solve: Solve, form: str) -> None:
    once, again = (solve("fit", "--snapshot", SHOP_PENDING, "-o", form) for _ in range(2))
    assert once.out == again.out
    assert once.code == again.code == 0


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_the_same_question_gives_the_same_document_but_for_times(solve: Solve, form: str) -> None:
    def without_times(ran: Ran) -> list[str]:
        return [line for line in ran.out.splitlines() if "Seconds" not in line]

    once, again = (solve("fit", "--snapshot", SHOP_PENDING, "-o", form) for _ in range(2))
    assert yaml.safe_load(once.out)["answer"]["exitCode"] == once.code == 0  # JSON is YAML too
    assert without_times(once) == without_times(again)


def test_json_is_one_document_and_stderr_has_the_rest() -> None:
    command = [
        sys.executable,
        "-m",
        "solver",
        "fit",
        "-f",
        SHOP_APP,
        "--snapshot",
        SHOP_CLUSTER,
        "-o",
        "json",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["summary"]["podsPlaced"] == 7
    assert "answered in" in ran.stderr


def test_the_command_suggested_next_asks_the_same_question(solve: Solve) -> None:
    flags = ("--snapshot", SHOP_PENDING, "-n", "default", "-l", "app in (db)", "--plan-gated")
    first = solve("fit", *flags)
    words = shlex.split(first.out.splitlines()[-1])
    assert words[:3] == ["next:", "solve", "fit"]
    again = solve(*words[2:-2])  # without --out
    assert again.out == first.out


def test_name_form_is_one_line_per_pod_in_placing_order(solve: Solve) -> None:
    names = solve("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "name").out.splitlines()
    document = result(solve("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "json"))
    expected = [f"pod/{p['pod'].partition('/')[2]} node/{p['node']}" for p in document["placements"]]
    assert names == expected


def test_name_form_tells_namespaces_apart(solve: Solve, dump: str) -> None:
    names = solve("fit", "--snapshot", dump, "-o", "name").out.splitlines()
    assert {line.split()[0] for line in names} == {"pod/prod/one", "pod/ops/two"}
    (name,) = solve("fit", "--snapshot", dump, "-n", "ops", "-o", "name").out.splitlines()
    assert name.startswith("pod/two node/")


def test_out_saves_the_result_beside_the_text(solve: Solve, tmp_path: Path) -> None:
    ran = solve("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "--out", str(tmp_path / "plan.json"))
    assert ran.out.startswith("FITS     7 of 7 pods, 6 of 6 new volumes")
    assert json.loads((tmp_path / "plan.json").read_text())["kind"] == "PlacementResult"


def test_namespaceless_manifests_belong_to_the_namespace_given(solve: Solve, tmp_path: Path) -> None:
    """W2."""
    manifest = b.deployment(name="web", replicas=1)
    del manifest["metadata"]["namespace"]
    (tmp_path / "app.json").write_text(json.dumps(manifest))
    ran = solve(
        "fit", "-f", str(tmp_path / "app.json"), "--snapshot", SHOP_CLUSTER, "-n", "shop", "-o", "json"
    )
    assert asked(result(ran)) == {"shop/web-0"}


def test_verbose_tells_how_far_each_objective_got_on_stderr_only(solve: Solve) -> None:
    plain = solve("fit", "--snapshot", SHOP_PENDING)
    verbose = solve("fit", "--snapshot", SHOP_PENDING, "-v")
    assert verbose.out == plain.out
    assert "pods placed: 7, at best 7" in verbose.err
    assert "pods placed" not in plain.err


def test_a_what_if_is_laid_over_what_was_read(solve: Solve) -> None:
    given = ("-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "json")
    ran = solve("fit", *given, "--set", "db.replicas=4")
    assert (ran.code, result(ran)["summary"]["podsRequested"]) == (3, 8)
    assert solve("fit", *given, "--set", "db.replicas=4", "--set", "web.cpu=2").code == 0
    assert solve("fit", *given, "--set", "db.replica=4").code == 2
    wrong = solve("fit", *given, "--set", "bd.replicas=4")
    assert wrong.code == 1 and "did you mean db?" in wrong.err


def test_pods_beyond_a_quota_are_named_in_the_head_in_a_block_and_in_the_document(
    solve: Solve, tmp_path: Path
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": "default"},
        "spec": {"hard": {"requests.cpu": "25"}},
        "status": {"used": {"requests.cpu": "0"}},
    }
    extra = tmp_path / "quota.json"
    extra.write_bytes(b.document(quota).data)
    arguments = ("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "--snapshot", str(extra))
    ran = solve(*arguments)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("FITS")
    assert lines[2].strip() == "but 1 pod would not be created: see QUOTA"
    told = " ".join(ran.out.split())
    assert "default/team requests.cpu 28.0 wanted, 25.0 allowed 1 pod refused, first default/db-2" in told
    (over,) = json.loads(solve(*arguments, "-o", "json").out)["overQuota"]
    assert over["refused"] == ["default/db-2"]
    assert (over["hard"], over["wanted"]) == (25000, 28000)


def test_autoscaled_workloads_are_named_with_the_count_they_are_taken_at(
    solve: Solve, tmp_path: Path
) -> None:
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "minReplicas": 5,
            "maxReplicas": 8,
        },
    }
    extra = tmp_path / "autoscaler.json"
    extra.write_bytes(b.document(autoscaler).data)
    arguments = ("fit", "-f", SHOP_APP, "-f", str(extra), "--snapshot", SHOP_CLUSTER)
    ran = solve(*arguments)
    words = " ".join(ran.out.split())
    assert "Deployment/default/web taken at 5 4 written 5 to 8 allowed by" in words
    document = json.loads(solve(*arguments, "--set", "web.replicas=max", "-o", "json").out)
    assert document["summary"]["podsRequested"] == 11
    told = "Deployment/default/web is taken at 5 replicas; 4 are written"
    outage = solve("outage", *arguments[1:], "--no-fixes", "-o", "json")
    assert told in ran.err and told in outage.err
    assert json.loads(outage.out)["autoscaled"][0]["replicas"] == 5
    assert document["autoscaled"] == [
        {
            "workload": "Deployment/default/web",
            "autoscaler": "HorizontalPodAutoscaler/default/web",
            "written": 4,
            "replicas": 8,
            "minReplicas": 5,
            "maxReplicas": 8,
        }
    ]


def test_strict_ends_with_five_where_a_soft_rule_is_not_met(solve: Solve, tmp_path: Path) -> None:
    wish = b.preferred_nodes((10, b.in_zones("zd")))
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(*b.f_nodes(), b.pod(name="one", node_affinity=wish)).data)
    arguments = ("fit", "--snapshot", str(file))
    assert solve(*arguments).code == 0
    ran = solve(*arguments, "--strict")
    assert ran.code == 5
    assert "but 1 soft rule not met: see SOFT RULES" in ran.out
    document = result(solve(*arguments, "--strict", "-o", "json"))
    jsonschema.validate(document, bundle())
    assert document["answer"] == {"verdict": "Fits", "proof": "Optimal", "exitCode": 5}
    (unmet,) = document["unmetPreferences"]
    assert unmet["source"] == {
        "object": "Pod/prod/one",
        "path": "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution",
    }
    assert unmet["pods"] == ["prod/one"]


def test_strict_changes_nothing_where_all_is_met_or_it_does_not_fit(solve: Solve, dump: str) -> None:
    met = solve("fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "--strict")
    assert met.code == 0
    assert solve("fit", "--snapshot", dump, "--strict").code == 3
