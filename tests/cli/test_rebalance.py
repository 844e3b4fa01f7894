"""``solve rebalance`` and ``solve drain`` as commands: documents, forms, commands to run, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran

Solve = Callable[..., Ran]
EVEN = b.spread(key=b.ZONE, labels={"app": "db"})


@pytest.fixture
def dump(tmp_path: Path) -> str:
    """Three replicas in two of fixture F's zones; the third has room."""
    objects: list[b.Raw] = [*b.f_nodes(), b.storage_class(name="zonal")]
    objects += [
        b.csi_node(name=name, limits={"csi.example.com": 9}) for name in ("a1", "a2", "b1", "b2", "c1")
    ]
    for number, node in enumerate(("a1", "a2", "b1")):
        claim, volume = f"data-db-{number}", f"pv-{number}"
        objects += [
            b.claim(name=claim, storage_class="zonal", volume=volume),
            b.volume(
                name=volume,
                storage_class="zonal",
                claim=claim,
                affinity=[b.in_zones(f"z{node[0]}")],
                driver="csi.example.com",
            ),
            b.pod(
                name=f"db-{number}",
                labels={"app": "db"},
                requests={"cpu": "1"},
                node=node,
                claims=[claim],
                owner=("StatefulSet", "db"),
                spread=[EVEN],
            ),
        ]
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(*objects).data)
    return str(file)


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, bundle("PlacementResult"), cls=jsonschema.Draft202012Validator)
    assert found["answer"]["exitCode"] == ran.code
    return found


def test_a_plan_says_what_moves_and_in_which_order(solve: Solve, dump: str) -> None:
    ran = solve("rebalance", "--snapshot", dump, "--recreate", "zonal", "-o", "json")
    found = document(ran)
    assert (ran.code, found["answer"]["proof"]) == (0, "Optimal")
    (move,) = found["moves"]
    assert (move["kind"], move["order"], move["to"]) == ("Replace", 1, "c1")
    assert move["pod"] in ("prod/db-0", "prod/db-1")
    assert found["summary"]["volumesReplaced"] == 1


def test_without_leave_to_recreate_claims_there_is_no_plan(solve: Solve, dump: str) -> None:
    ran = solve("rebalance", "--snapshot", dump)
    assert ran.code == 3
    assert ran.out.startswith("NO PLAN")
    assert "--recreate" in ran.out


def test_a_price_for_volumes_is_leave_to_recreate_them(solve: Solve, dump: str) -> None:
    assert solve("rebalance", "--snapshot", dump, "--cost", "pod=1,volume=5").code == 0


def test_the_exit_code_tells_a_plan_from_nothing_to_do(solve: Solve, dump: str) -> None:
    detailed = ("rebalance", "--snapshot", dump, "--recreate", "zonal", "--detailed-exitcode")
    assert solve(*detailed).code == 10
    assert json.loads(solve(*detailed, "-o", "json").out)["answer"]["exitCode"] == 10
    assert solve(*detailed, "--goal", "zone-skew<=2").code == 0


def test_every_form_can_be_printed(solve: Solve, dump: str) -> None:
    for form in ("table", "wide", "json", "yaml", "name", "csv"):
        ran = solve("drain", "node/b1", "--snapshot", dump, "-o", form)
        assert ran.code == 0
        assert "b2" in ran.out


def test_commands_are_a_script_that_evicts_and_never_deletes_pods(solve: Solve, dump: str) -> None:
    ran = solve("rebalance", "--snapshot", dump, "--recreate", "zonal", "--as", "commands")
    assert "/eviction" in ran.out
    assert "kubectl delete" not in ran.out.replace(" -n prod", "").replace("kubectl delete pvc", "")
    assert "persistentVolumeReclaimPolicy" in ran.out
    shell = shutil.which("sh")
    assert shell is not None
    assert subprocess.run([shell, "-n"], input=ran.out, text=True, check=False).returncode == 0


def test_a_workload_narrows_the_goal_to_itself(solve: Solve, dump: str) -> None:
    full = b.pod(name="w", node="a1", requests={"cpu": "1"}, owner=("ReplicaSet", "w"))
    loads = [{**full, "metadata": {**full["metadata"], "name": f"w-{i}"}} for i in range(2)]
    controller = b.stateful_set(name="db", replicas=3, labels={"app": "db"}, spec=b.pod_spec())
    more = Path(dump).with_name("more.json")
    more.write_bytes(b.document(*loads, controller).data)
    both = ("--snapshot", dump, "--snapshot", str(more), "--recreate", "zonal", "-o", "json")
    everywhere = document(solve("rebalance", *both))
    alone = document(solve("rebalance", "sts/db", "-n", "prod", *both))
    assert alone["question"]["goals"] == ["StatefulSet/prod/db:zone-skew<=1"]
    assert {move["pod"][:7] for move in alone["moves"]} == {"prod/db"}
    assert {move["pod"][:6] for move in everywhere["moves"]} == {"prod/d", "prod/w"}


def test_a_plan_that_costs_too_much_is_not_said_to_be_impossible(solve: Solve, dump: str) -> None:
    ran = solve("drain", "node/a1", "--snapshot", dump, "--budget", "0")
    assert ran.code == 3
    assert "empty=node/a1 at a cost of at most 0. Proved." in ran.out


def test_a_zone_that_a_hard_spread_still_counts_cannot_be_drained(solve: Solve, dump: str) -> None:
    ran = solve("drain", "zone/za", "--snapshot", dump, "--recreate", "zonal", "-o", "json")
    assert document(ran)["answer"]["proof"] == "Proved"
    assert ran.code == 3


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("rebalance", "--goal", "zone-skew<1"), 2, "zone-skew<=N"),
        (("rebalance", "--cost", "pods=1"), 2, "pod=1,volume=50,gib=1"),
        (("drain",), 2, "node/NAME"),
        (("drain", "node/zz"), 1, "one of a1, a2, b1, b2, c1"),
        (("rebalance", "--recreate", "nope"), 1, "one of zonal"),
        (("rebalance", "--goal", "dbb:zone-skew<=1"), 1, "one of db"),
    ],
)
def test_what_is_not_there_is_named(
    solve: Solve, dump: str, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ran = solve(*arguments, "--snapshot", dump)
    assert ran.code == code
    assert told in ran.err
