"""``solve compare`` as a command: the shop in every order, its document, forms, flags and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from solver.kube.documents import Document
from solver.planning.change import apply, from_patches, inputs_of
from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import PROJECT, SHOP_APP, SHOP_CLUSTER
from tests.report.test_json import CLOSED

Solve = Callable[..., Ran]

APP = PROJECT / "tests/data/scenarios/shop-app.json"
KINDS = ("PriorityClass", "Deployment", "StatefulSet")
SHOP = ("-f", str(SHOP_APP), "--snapshot", str(SHOP_CLUSTER))


def answer(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    CLOSED.validate(found)
    return found


def test_the_shop_in_text(solve: Solve) -> None:
    ran = solve("compare", *SHOP, "--orders", "all")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("WORSE")
    assert "places 5 of 7 in manifest order; the joint plan places 7 of 7" in lines[0]
    assert "proved optimal" in lines[1]
    told = " ".join(ran.out.split())
    assert "manifest order (web, then db) 5 of 7 stranded db-1, db-2 7 of 7" in told
    assert "db first 7 of 7 7 of 7" in told
    assert "all 35 distinct orders 6 complete, 29 strand db pods" in told
    assert "35 complete" in told
    assert "b2 5.5, c1 5.5, a1 5.25, a2 5.25, b1 1.75 cpu free, needs 6.0" in told
    assert "deploy db first" in told
    assert "higher priority class" in told
    assert "let the extender hold" in told
    assert "ties by name" in told


def test_the_shop_as_a_document(solve: Solve) -> None:
    found = answer(solve("compare", *SHOP, "--orders", "all", "-o", "json"))
    comparison = found["comparison"]
    assert found["question"] == {"verb": "compare", "orders": "all", "seeds": 0}
    assert found["summary"]["podsPlacedByDefaultScheduler"] == 5
    assert (comparison["joint"], len(found["placements"])) == ({"placed": 7, "requested": 7}, 7)
    assert [order["name"] for order in comparison["orders"]] == ["manifest"]
    assert comparison["orders"][0]["stranded"] == ["default/db-1", "default/db-2"]
    assert comparison["allOrders"]
    assert comparison["sampled"]["complete"] == 6
    assert comparison["sampled"]["strands"] == [{"workload": "StatefulSet/default/db", "runs": 29}]
    assert comparison["wrong"]["pod"] == "default/db-1"
    assert [step["left"] for step in comparison["wrong"]["steps"]] == [4, 3, 2, 1, 0]
    assert comparison["remedies"][0]["workloads"] == ["StatefulSet/default/db"]
    assert found["fixes"][0]["sentence"] == "a higher priority class for db"
    assert found["fixes"][0]["after"] == {"podsPlaced": 7}


def test_the_priority_class_is_named_in_a_patch_that_can_be_applied(solve: Solve, tmp_path: Path) -> None:
    """What the fix says, done to the input and asked again."""
    (fix,) = answer(solve("compare", *SHOP, "-o", "json"))["fixes"]
    assert [patch["object"] for patch in fix["patches"]] == [
        "PriorityClass/db-first",
        "StatefulSet/default/db",
    ]
    made = fix["patches"][0]["operations"][0]["value"]
    assert (made["kind"], made["preemptionPolicy"]) == ("PriorityClass", "Never")
    cluster, app = (Document(str(path), Path(path).read_bytes()) for path in (SHOP_CLUSTER, APP))
    inputs = apply(inputs_of([cluster], [app]), from_patches(fix["patches"]))
    items = [inputs.get(ref) for kind in KINDS for ref in inputs.refs(kind)]
    changed = tmp_path / "app.json"
    changed.write_bytes(b.document(*(item for item in items if item is not None)).data)
    found = answer(solve("compare", "-f", str(changed), "--snapshot", str(SHOP_CLUSTER), "-o", "json"))
    assert found["comparison"]["orders"][0]["placedFewest"] == 7
    assert not found["comparison"]["remedies"]
    assert not found["fixes"]


def test_random_tie_breaks_are_runs_of_their_own(solve: Solve) -> None:
    found = answer(solve("compare", *SHOP, "--orders", "4", "--seeds", "3", "-o", "json"))
    comparison = found["comparison"]
    assert comparison["ties"] == "random"
    assert comparison["orders"][0]["runs"] == 3
    assert (comparison["sampled"]["orders"], comparison["sampled"]["runs"]) == (4, 12)
    assert comparison["sampled"]["distinct"] == 35
    assert not comparison["allOrders"]


def test_rows_and_names_for_scripts(solve: Solve) -> None:
    rows = solve("compare", *SHOP, "-o", "csv").out.splitlines()
    assert rows[0] == "order,led_by,run,placed,requested,stranded"
    assert rows[1] == "manifest,,0,5,7,default/db-1 default/db-2"
    assert rows[2].startswith("led,StatefulSet/default/db,0,7,7,")
    assert len(solve("compare", *SHOP, "-o", "name").out.splitlines()) == 7


def test_helm_installs_in_an_order_of_its_own(solve: Solve, tmp_path: Path) -> None:
    app = json.loads(APP.read_text())
    app["items"].reverse()
    turned = tmp_path / "app.json"
    turned.write_text(json.dumps(app))
    ran = solve("compare", "-f", str(turned), "--snapshot", str(SHOP_CLUSTER))
    assert ran.out.startswith("DEPENDS     the default scheduler places 5 of 7 in Helm's order")
    told = " ".join(ran.out.split())
    assert "manifest order (db, then web) 7 of 7 7 of 7" in told
    assert "Helm's order (web, then db) 5 of 7 stranded db-1, db-2 7 of 7" in told
    assert "WHAT WENT WRONG (Helm's order)" in told
    assert "1 deploy db first" in told


def test_a_profile_that_packs_may_do_as_well_as_the_joint_plan(solve: Solve, tmp_path: Path) -> None:
    packing = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [
            {
                "plugins": {"score": {"enabled": [{"name": "NodeResourcesFit", "weight": 100}]}},
                "pluginConfig": [
                    {"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "MostAllocated"}}}
                ],
            }
        ],
    }
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps(packing))
    for flag in ("--scheduler-config", "--profile"):
        ran = solve("compare", *SHOP, flag, str(file))
        assert ran.out.startswith("SAME     the default scheduler places 7 of 7 in manifest order")
        assert f"--scheduler-config {file}" in ran.out.splitlines()[-1]


def test_what_the_emulation_leaves_out_is_named_where_it_matters(solve: Solve, tmp_path: Path) -> None:
    objects = [
        *b.f_nodes(),
        b.priority_class(name="high", value=10),
        b.pod(name="low", node="a1"),
        b.pod(name="p", spec={"priority": 10, "priorityClassName": "high"}),
    ]
    dump = tmp_path / "dump.json"
    dump.write_bytes(b.document(*objects).data)
    found = answer(solve("compare", "--snapshot", str(dump), "-o", "json"))
    assert [row["code"] for row in found["skipped"]] == ["SKIP-035"]


@pytest.mark.parametrize("orders", ["none", "0", "-3", "1.5"])
def test_orders_that_make_no_sense_are_wrong_usage(solve: Solve, orders: str) -> None:
    ran = solve("compare", *SHOP, "--orders", orders)
    assert ran.code == 2
    assert "manifest, all or a number of random orders" in ran.err


def test_nothing_to_compare_is_said_so(solve: Solve, tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_bytes(b.document(*b.f_nodes()).data)
    ran = solve("compare", "--snapshot", str(dump), "--orders", "5")
    assert ran.code == 0
    assert ran.out.startswith("SAME     the default scheduler places 0 of 0")


def test_faults_of_the_configuration_end_the_command(solve: Solve, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofile: []\n"
    )
    for verb in ("nodes", "fit", "compare"):
        ran = solve(verb, *SHOP, "--scheduler-config", str(file))
        assert ran.code == 1
        assert "did you mean profiles?" in ran.err


def test_nodes_shows_the_profile_s_scores(solve: Solve, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "profiles: [{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: TaintToleration}]}}}]\n"
    )
    ran = solve("nodes", *SHOP, "--scheduler-config", str(file), "-o", "json")
    scores = [pod["scores"]["a1"] for pod in json.loads(ran.out)["pods"]]
    assert scores == [{"TaintToleration": 100, "total": 100}] * 7


def test_what_nodes_cannot_model_of_a_configuration_is_a_warning(solve: Solve, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "extenders: [{urlPrefix: 'http://x', filterVerb: filter}]\n"
    )
    err = solve("nodes", *SHOP, "--scheduler-config", str(file)).err
    assert "warning: not modelled: scheduler extenders (extenders[0] at http://x)" in err


def test_when_time_was_up_more_of_it_is_suggested(solve: Solve, tmp_path: Path) -> None:
    manifests = [b.deployment(name=f"w{n}", replicas=40) for n in range(20)]
    dump, app = tmp_path / "dump.json", tmp_path / "app.json"
    dump.write_bytes(b.document(*b.f_nodes(cpu="64")).data)
    app.write_bytes(b.document(*manifests).data)
    arguments = ("--snapshot", str(dump), "-f", str(app), "--orders", "5000", "--time-limit", "1s")
    ran = solve("compare", *arguments)
    assert "Time was up before every order was tried." in ran.out
    assert ran.out.splitlines()[-1].endswith("--orders 5000 --time-limit 4s")


def test_the_schema_knows_the_comparison() -> None:
    assert {"comparison", "arrivalOrder", "sampledOrders", "wentWrong", "remedy"} <= set(bundle()["$defs"])
