"""``solve size`` as a command: documents, forms, exit codes, faults in catalogues."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import PROJECT, SHOP_APP, SHOP_CLUSTER

Solve = Callable[..., Ran]
SAMPLE = str(PROJECT / "solver/planning/size/sample-catalogue.yaml")
SHOP = ("--snapshot", SHOP_CLUSTER, "-f", SHOP_APP)


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, bundle("PlacementResult"), cls=jsonschema.Draft202012Validator)
    assert found["question"]["verb"] == "size"
    assert found["answer"]["exitCode"] == ran.code
    return found


def test_nodes_to_add_are_those_of_the_recommended_option(solve: Solve) -> None:
    ran = solve("size", *SHOP, "--for", "db=6", "--catalog", SAMPLE, "-o", "json")
    found = document(ran)
    assert (ran.code, found["answer"]["proof"]) == (0, "Optimal")
    recommended = next(o for o in found["options"] if o["name"] == found["summary"]["recommended"])
    assert found["nodesToAdd"] == recommended["nodesToAdd"] != []
    assert sum(node["moneyPerHour"] for node in found["nodesToAdd"]) == recommended["moneyPerHour"]


def test_the_question_is_answered_in_the_first_line(solve: Solve) -> None:
    assert solve("size", *SHOP, "--for", "db=6", "--catalog", SAMPLE).out.startswith("NEED NODES   db ×6")
    assert solve("size", *SHOP, "--catalog", SAMPLE).out.startswith("FITS")


def test_every_form_can_be_printed(solve: Solve) -> None:
    for form in ("table", "wide", "json", "yaml", "name", "csv"):
        ran = solve("size", *SHOP, "--for", "db=6", "--catalog", SAMPLE, "-o", form)
        assert ran.code == 0
        assert "n16" in ran.out


def test_the_same_question_has_the_same_answer(solve: Solve) -> None:
    arguments = ("size", *SHOP, "--for", "db=6", "--catalog", SAMPLE, "--max-moves", "3")
    assert solve(*arguments).out == solve(*arguments).out


def test_without_a_catalogue_nodes_like_those_there_are_are_counted(solve: Solve) -> None:
    found = document(solve("size", *SHOP, "--for", "db=4", "-o", "json"))
    (option,) = found["options"]
    assert [(node["type"], node["count"]) for node in option["nodesToAdd"]] == [("like-a1", 1)]
    assert option["moneyPerHour"] is None
    assert "NODES" in solve("size", *SHOP, "--for", "db=4").out


def test_nodes_that_cannot_help_are_said_not_to(solve: Solve, tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_bytes(b.document(*b.f_nodes(), b.pod(name="huge", requests={"cpu": "64"})).data)
    ran = solve("size", "--snapshot", str(dump), "--catalog", SAMPLE, "-o", "json")
    assert (ran.code, document(ran)["answer"]) == (
        3,
        {"verdict": "DoesNotFit", "proof": "Proved", "exitCode": 3},
    )


def test_how_many_replicas_fit_is_proved(solve: Solve) -> None:
    ran = solve("size", *SHOP, "--how-many", "db", "-o", "json")
    assert document(ran)["summary"] == {"replicasNow": 3, "replicasFit": 3}
    assert document(ran)["answer"]["proof"] == "Proved"


def stranger(tmp_path: Path) -> tuple[str, str]:
    """A pod of its own that fits nowhere."""
    dump = tmp_path / "stranger.json"
    dump.write_bytes(b.document(b.pod(name="huge", requests={"cpu": "64"})).data)
    return ("--snapshot", str(dump))


def test_pods_of_others_that_fit_nowhere_do_not_hide_how_many_replicas_fit(
    solve: Solve, tmp_path: Path
) -> None:
    ran = solve("size", *SHOP, *stranger(tmp_path), "--how-many", "db")
    assert ran.out.startswith("FITS     3 of StatefulSet/default/db")
    assert "1 other pod got no place even without it, and left out here: prod/huge" in ran.out


def test_without_time_how_many_replicas_fit_is_not_known(solve: Solve) -> None:
    ran = solve("size", *SHOP, "--how-many", "db", "--time-limit", "0.000001s", "-o", "json")
    assert (ran.code, document(ran)["answer"]["verdict"]) == (4, "Unknown")


def test_the_sample_catalogue_can_be_printed_and_used(solve: Solve, tmp_path: Path) -> None:
    catalogue = tmp_path / "nodes.yaml"
    catalogue.write_text(solve("catalog").out)
    assert solve("size", *SHOP, "--for", "db=4", "--catalog", str(catalogue)).code == 0


def test_a_catalogue_is_refused_with_all_its_faults(solve: Solve, tmp_path: Path) -> None:
    catalogue = tmp_path / "nodes.yaml"
    catalogue.write_text(
        """
apiVersion: bulkhead.dev/v1alpha1
kind: NodeCatalogue
nodeTypes:
  - {name: n4, pricePerHour: -1, alocatable: {cpu: 4}, allocatable: {cpu: 4, memory: much}}
  - {name: n4, allocatable: {cpu: 4, memory: 8Gi}, atMost: -2}
"""
    )
    ran = solve("size", *SHOP, "--catalog", str(catalogue))
    assert ran.code == 1
    for path in (
        "[0].alocatable",
        "[0].pricePerHour",
        "[0].allocatable.memory",
        "[1].name",
        "[1].pricePerHour",
        "[1].atMost",
    ):
        assert f"nodeTypes{path}:" in ran.err
    assert "allocatable, perhaps" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [("--catalog", SAMPLE, "--for", "db"), ("--catalog", SAMPLE, "--max-share", "web=0%")],
)
def test_flags_that_say_nothing_are_wrong_usage(solve: Solve, arguments: tuple[str, ...]) -> None:
    assert solve("size", *SHOP, *arguments).code == 2


def test_a_workload_that_is_not_there_is_named(solve: Solve) -> None:
    ran = solve("size", *SHOP, "--for", "bd=6", "--catalog", SAMPLE)
    assert ran.code == 1
    assert "bd" in ran.err and "db" in ran.err
