"""``solve nodes``: the document scripts depend on, its selectors, and its readable forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import SHOP_APP, SHOP_CLUSTER, SHOP_PENDING

Solve = Callable[..., Ran]


@pytest.fixture
def dump(tmp_path: Path) -> str:
    """Fixture F with ``b1`` tainted, one running pod, pending pods in two namespaces, one of them gated."""
    nodes = b.f_nodes()
    nodes[2]["spec"]["taints"] = [b.taint(key="team", value="x")]
    pods = [
        b.pod(name="web-0", node="a1", labels={"app": "web"}),
        b.pod(name="web-1", labels={"app": "web"}, requests={"cpu": "1"}),
        b.pod(name="big", labels={"app": "big"}, requests={"cpu": "64"}),
        b.pod(name="other", namespace="ops", labels={"app": "web"}),
        b.pod(name="gated", labels={"app": "web"}, gates=["quota"]),
        b.pod(name="dying", terminating=True),
        b.pod(name="needs-claim", claims=["data"]),
    ]
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(*nodes, *pods).data)
    return str(file)


def verdicts(ran: Ran) -> dict[str, dict[str, Any]]:
    assert ran.code == 0
    return {entry["pod"]: entry for entry in json.loads(ran.out)["pods"]}


def test_every_pending_pod_is_judged_in_input_order(solve: Solve, dump: str) -> None:
    document = json.loads(solve("nodes", "--snapshot", dump, "-o", "json").out)
    assert (document["apiVersion"], document["kind"]) == ("bulkhead.dev/v1alpha1", "NodeVerdicts")
    pods = [entry["pod"] for entry in document["pods"]]
    assert pods == ["prod/web-1", "prod/big", "ops/other", "prod/gated", "prod/needs-claim"]
    assert all(set(e) == {"pod", "prefilter", "feasible", "failed", "scores"} for e in document["pods"])


def test_feasible_nodes_are_sorted_and_scored_and_failed_ones_say_why(solve: Solve, dump: str) -> None:
    found = verdicts(solve("nodes", "--snapshot", dump, "-o", "json"))["prod/web-1"]
    assert found["prefilter"] is None
    assert found["feasible"] == ["a1", "a2", "b2", "c1"]
    assert found["failed"] == {
        "b1": {
            "plugin": "TaintToleration",
            "code": "UnschedulableAndUnresolvable",
            "reasons": ["node(s) had untolerated taint {team: x}"],
        }
    }
    assert set(found["scores"]) == set(found["feasible"])
    for parts in found["scores"].values():
        assert parts.pop("total") == sum(parts.values())
        assert {"TaintToleration", "NodeResourcesFit", "ImageLocality"} <= set(parts)


def test_a_prefilter_rejection_leaves_the_rest_empty(solve: Solve, dump: str) -> None:
    found = verdicts(solve("nodes", "--snapshot", dump, "-o", "json"))["prod/needs-claim"]
    assert found["prefilter"]["plugin"] == "VolumeRestrictions"
    assert found["prefilter"]["reasons"] == ['persistentvolumeclaim "data" not found']
    assert (found["feasible"], found["failed"], found["scores"]) == ([], {}, {})


@pytest.mark.parametrize(
    ("arguments", "pods"),
    [
        (["pod/big", "-n", "prod"], ["prod/big"]),
        (["prod/big", "ops/other"], ["prod/big", "ops/other"]),
        (["prod/big", "pod/other", "-n", "ops"], ["prod/big", "ops/other"]),
        (["prod/big", "prod/big"], ["prod/big"]),
        (["-n", "ops"], ["ops/other"]),
        (["-l", "app=web"], ["prod/web-1", "ops/other", "prod/gated"]),
        (["-l", "app=web", "-n", "prod"], ["prod/web-1", "prod/gated"]),
        (["-l", "app=none"], []),
        (["--ignore-pending"], []),
    ],
)
def test_selectors_limit_who_is_asked_about(
    solve: Solve, dump: str, arguments: list[str], pods: list[str]
) -> None:
    assert list(verdicts(solve("nodes", *arguments, "--snapshot", dump, "-o", "json"))) == pods


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("prod/web-0", "running on node a1"),
        ("prod/dying", "terminating"),
        ("prod/nobody", "no such pod"),
        ("pod/big", "no such pod"),
    ],
)
def test_naming_a_pod_that_is_not_pending_is_an_error(solve: Solve, dump: str, name: str, found: str) -> None:
    ran = solve("nodes", name, "--snapshot", dump, "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert found in ran.err


@pytest.mark.parametrize("name", ["big", "a/b/c", "/big", "prod/"])
def test_a_name_of_the_wrong_form_is_a_usage_error(solve: Solve, dump: str, name: str) -> None:
    ran = solve("nodes", name, "--snapshot", dump)
    assert (ran.code, ran.out) == (2, "")
    assert "pod/NAME or NAMESPACE/NAME" in ran.err


def test_manifests_are_judged_replica_by_replica_against_the_cluster_as_it_is(solve: Solve) -> None:
    found = verdicts(solve("nodes", "--snapshot", SHOP_CLUSTER, "-f", SHOP_APP, "-o", "json"))
    assert list(found) == [f"default/web-{i}" for i in range(4)] + [f"default/db-{i}" for i in range(3)]
    assert all(len(entry["feasible"]) == 5 for entry in found.values())


def test_text_names_the_best_node_first_and_folds_equal_verdicts(solve: Solve) -> None:
    lines = solve("nodes", "--snapshot", SHOP_PENDING).out.splitlines()
    assert lines[0] == "default/web-0 … web-3 (×4)   5 of 5 nodes"
    assert lines[1].split()[0] == "b2"
    assert "default/db-0 … db-2 (×3)   5 of 5 nodes" in lines


def test_text_of_a_pod_without_node_is_the_schedulers_own_message(solve: Solve, dump: str) -> None:
    out = solve("nodes", "prod/big", "--snapshot", dump).out
    assert "0/5 nodes are available: 1 node(s) had untolerated taint {team: x}, 4 Insufficient cpu." in out


def test_wide_lists_every_node_with_plugin_and_code(solve: Solve, dump: str) -> None:
    lines = solve("nodes", "prod/web-1", "--snapshot", dump, "-o", "wide").out.splitlines()
    taint = next(line for line in lines if line.split()[0] == "b1")
    assert "TaintToleration: node(s) had untolerated taint {team: x} (UnschedulableAndUnresolvable)" in taint
    assert any(line.split()[0] == "a2" and "NodeResourcesFit=" in line for line in lines)


def test_name_form_is_one_line_per_feasible_node(solve: Solve, dump: str) -> None:
    lines = solve("nodes", "prod/web-1", "--snapshot", dump, "-o", "name").out.splitlines()
    assert sorted(lines) == [f"pod/web-1 node/{node}" for node in ("a1", "a2", "b2", "c1")]


def test_name_form_tells_namespaces_apart_and_is_taken_back(solve: Solve, dump: str) -> None:
    lines = solve("nodes", "-l", "app=web", "--snapshot", dump, "-o", "name").out.splitlines()
    assert {line.split()[0] for line in lines} == {"pod/prod/web-1", "pod/ops/other", "pod/prod/gated"}
    assert list(verdicts(solve("nodes", "pod/ops/other", "--snapshot", dump, "-o", "json"))) == ["ops/other"]


def test_only_siblings_are_folded(solve: Solve, tmp_path: Path) -> None:
    pods = [
        b.pod(name=name, namespace=namespace)
        for namespace, name in (("ops", "web-0"), ("prod", "web-0"), ("prod", "web-1"), ("prod", "db-0"))
    ]
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(*b.f_nodes(), *pods).data)
    out = solve("nodes", "--snapshot", str(file)).out
    heads = [line.partition("   ")[0] for line in out.splitlines() if line and not line.startswith(" ")]
    assert heads == ["ops/web-0", "prod/web-0 … web-1 (×2)", "prod/db-0"]


def test_a_selection_without_a_pod_says_what_there_is(solve: Solve, dump: str) -> None:
    ran = solve("nodes", "-n", "wrong", "--snapshot", dump)
    assert (ran.code, ran.out) == (0, "No pending pod matches.\n")
    assert "no pending pod matches -n wrong; namespaces with pending pods: ops (1), prod (4)\n" in ran.err


def test_yaml_is_the_same_document(solve: Solve, dump: str) -> None:
    import yaml

    as_json = json.loads(solve("nodes", "--snapshot", dump, "-o", "json").out)
    assert yaml.safe_load(solve("nodes", "--snapshot", dump, "-o", "yaml").out) == as_json
