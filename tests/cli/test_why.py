"""``solve why``: the two worked sessions, names, codes, forms; every fix is carried out and solved here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.kube.documents import Document
from solver.model.config import SolveConfig
from solver.model.outcome import Question, Verdict
from solver.pipeline import place
from solver.planning.change import Inputs, apply, from_patches, inputs_of
from solver.planning.setting import parse_setting, set_all
from solver.report.schema import bundle
from solver.verify import verify
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import PROJECT

Solve = Callable[..., Ran]
_DATA = PROJECT / "tests/data/scenarios"
LOGS = str(_DATA / "logs.json")
SHOP_CLUSTER = str(_DATA / "shop-cluster.json")
SHOP_APP = str(_DATA / "shop-app.json")
SHORT = ("-f", SHOP_APP, "--set", "db.replicas=4", "--snapshot", SHOP_CLUSTER)


def result(ran: Ran) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(document, bundle(), cls=jsonschema.Draft202012Validator)
    assert document["answer"]["exitCode"] == ran.code
    return document


def read(path: str) -> Document:
    return Document(path, Path(path).read_bytes())


def carried_out(given: Inputs, fix: dict[str, Any]) -> None:
    """The fix as printed, applied to the input, makes everything fit: solved and verified here."""
    snapshot = apply(given, from_patches(fix["patches"])).snapshot()
    question = Question(pods=tuple(pod.key for pod in snapshot.pending))
    outcome = place(snapshot, question, SolveConfig(time_limit_s=20))
    assert outcome.verdict is Verdict.FITS, fix["sentence"]
    assert not verify(snapshot, question, outcome.placement, SolveConfig())


# session (b1)


def test_a_contradiction_is_told_with_its_two_facts_and_three_fixes(solve: Solve) -> None:
    document = result(solve("why", "pod/es-data-2", "-n", "logs", "--snapshot", LOGS, "-o", "json"))
    assert (document["answer"]["verdict"], document["answer"]["proof"]) == ("Contradiction", "Proved")
    (conflict,) = document["conflicts"]
    assert conflict["kind"] == "Contradiction"
    assert conflict["minimal"] and conflict["decisive"] and conflict["newNodesHelp"] is False
    assert [(fact["source"]["object"], fact["source"]["path"]) for fact in conflict["facts"]] == [
        ("PersistentVolume/pv-es-2", "spec.nodeAffinity"),
        ("StatefulSet/logs/es-data", "spec.template.spec.topologySpreadConstraints[0]"),
    ]
    assert {"cpu", "memory", "taints", "host anti-affinity", "attach limits"} <= set(conflict["notToBlame"])
    assert "data-es-data-9 … data-es-data-14" in conflict["history"][0]
    assert "scaled 15 → 9" in conflict["history"][0]
    assert "5/5/5 → 5/2/2" in conflict["history"][0]
    gib = 2**30
    assert [
        (fix["cost"]["pods"], fix["cost"]["volumes"], fix["cost"]["bytes"] // gib, fix["after"]["where"])
        for fix in document["fixes"]
    ] == [
        (9, 0, 0, "5/2/2; losing zone a takes 5 of 9"),
        (1, 1, 100, "4/3/2; losing zone a takes 4 of 9"),
        (2, 2, 200, "3/3/3"),
    ]
    wider, moved, level = document["fixes"]
    assert "maxSkew 1 → 3" in wider["sentence"] and "zone b" in moved["sentence"]
    assert "would need maxSkew 4" in " ".join(wider["cautions"])
    assert "restarts all 9 pods" in " ".join(wider["cautions"])
    assert "rebuild a replica from its peers" in " ".join(moved["cautions"])
    assert [fix["recommended"] for fix in document["fixes"]] == [False, False, True]
    assert level["after"]["lasts"]


def test_the_contradiction_reads_like_the_session(solve: Solve) -> None:
    ran = solve("why", "logs/es-data-2", "--snapshot", LOGS)
    assert ran.code == 3
    for text in (
        "CONTRADICTION    2 facts exclude each other. No new node can help.",
        "proved minimal",
        "drop any one and it fits",
        "with this pod   5   2   2   skew 3, allowed 1",
        "3 nodes in zone a have room",
        "Adding nodes cannot help; an autoscaler will keep declining.",
    ):
        assert text in ran.out


# session (b2)


def test_a_shortage_is_told_with_its_three_facts_and_five_fixes(solve: Solve, tmp_path: Path) -> None:
    catalogue = tmp_path / "nodes.yaml"
    catalogue.write_text(solve("catalog").out)
    document = result(solve("why", *SHORT, "--catalog", str(catalogue), "-o", "json"))
    assert (document["answer"]["verdict"], document["answer"]["proof"]) == ("DoesNotFit", "Proved")
    assert (document["summary"]["podsPlaced"], document["summary"]["podsRequested"]) == (7, 8)
    (conflict,) = document["conflicts"]
    assert conflict["kind"] == "Shortage" and conflict["minimal"] and conflict["decisive"]
    assert [fact["sentence"] for fact in conflict["facts"]] == [
        "db wants 4 pods of 6.0 CPU",
        "web wants 4 pods of 2.5 CPU",
        "there are 5 nodes of 8 CPU (zk uses 0.75 in total)",
    ]
    assert {"db zone spread", "db host anti-affinity", "volumes", "memory", "attach limits"} <= set(
        conflict["notToBlame"]
    )
    assert [(fix["sentence"], fix["cost"].get("moneyPerHour")) for fix in document["fixes"]] == [
        ("web cpu 2.5 → 2.0", 0),
        ("db cpu 6.0 → 5.5", 0),
        ("web replicas 4 → 3", 0),
        ("db replicas 4 → 3", 0),
        ("+1 node of 4 CPU (n4), in any zone", 0.2),
    ]


def test_the_shortage_reads_like_the_session(solve: Solve) -> None:
    ran = solve("why", *SHORT)
    assert ran.code == 3
    assert "At most 7 of 8 pods fit." in ran.out
    assert "no node can hold both a db and a web pod (8.5 > 8.0)" in ran.out
    assert "+1 node of 4 CPU, 16Gi, in any zone" in ran.out


# every fix, as printed


@pytest.mark.parametrize("session", ["contradiction", "shortage"])
def test_every_fix_printed_makes_everything_fit(solve: Solve, session: str) -> None:
    if session == "contradiction":
        given, arguments = inputs_of([read(LOGS)]), ("--snapshot", LOGS)
    else:
        given, arguments = inputs_of([read(SHOP_CLUSTER)], [read(SHOP_APP)]), SHORT
        given = apply(given, set_all(given, [parse_setting("db.replicas=4")]))
    fixes = result(solve("why", *arguments, "-o", "json"))["fixes"]
    assert fixes
    for fix in fixes:
        assert fix["verified"]
        carried_out(given, fix)


# what is asked about, exit codes and forms


def test_nothing_is_explained_where_everything_fits(solve: Solve) -> None:
    ran = solve("why", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-o", "json")
    document = result(ran)
    assert ran.code == 0
    assert (document["answer"]["verdict"], document["conflicts"], document["fixes"]) == ("Fits", [], [])


@pytest.mark.parametrize("name", ["sts/es-data", "logs/es-data", "es-data", "StatefulSet/logs/es-data"])
def test_a_workload_is_asked_about_by_any_of_its_names(solve: Solve, name: str) -> None:
    document = result(solve("why", name, "--snapshot", LOGS, "-o", "json"))
    assert document["question"] == {"verb": "why", "about": [name]}
    assert document["conflicts"][0]["pods"] == ["logs/es-data-2"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pod/es-data-22", "no such pod"),
        ("logs/es-data-0", "running on node a1"),
        ("sts/es-dat", "did you mean es-data?"),
    ],
)
def test_a_name_that_leads_nowhere_is_an_error(solve: Solve, name: str, told: str) -> None:
    ran = solve("why", name, "-n", "logs", "--snapshot", LOGS)
    assert ran.code == 1 and told in ran.err


def test_a_pod_that_fits_alone_is_explained_with_the_others(solve: Solve, tmp_path: Path) -> None:
    pods = [b.pod(name=f"p{i}", requests={"cpu": "3"}) for i in range(2)]
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(b.node(name="n1", cpu="4"), *pods).data)
    document = result(solve("why", "prod/p1", "--snapshot", str(file), "-o", "json"))
    assert document["summary"]["podsRequested"] == 2
    assert document["conflicts"][0]["kind"] == "Shortage"


def test_other_forms_name_objects_and_list_fixes(solve: Solve) -> None:
    named = solve("why", "--snapshot", LOGS, "-o", "name").out
    assert named == "PersistentVolume/pv-es-2\nStatefulSet/logs/es-data\n"
    rows = solve("why", "--snapshot", LOGS, "-o", "csv").out.splitlines()
    assert rows[0] == "fix,pods,volumes,bytes,money_per_hour,afterwards" and len(rows) == 4


def test_the_same_input_gives_the_same_answer(solve: Solve) -> None:
    assert solve("why", *SHORT).out == solve("why", *SHORT).out
