"""The last line of every answer suggests a command, and the command can be run as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import LOGS, SHOP_APP, SHOP_CLUSTER

ANSWERS = {0, 3, 4}
SHOP = ("-f", SHOP_APP, "--snapshot", SHOP_CLUSTER)
TOO_MANY = (*SHOP, "--set", "db.replicas=4")
IN_LOGS = ("--snapshot", LOGS)
QUESTIONS: dict[str, tuple[str, ...]] = {
    "fit that fits": ("fit", *SHOP),
    "fit that does not": ("fit", *TOO_MANY),
    "why of a shortage": ("why", *TOO_MANY),
    "why of a contradiction": ("why", "pod/es-data-2", "-n", "logs", *IN_LOGS),
    "why of what fits": ("why", *SHOP),
    "compare": ("compare", *SHOP),
    "compare of what does not fit": ("compare", *TOO_MANY),
    "how many": ("size", "--how-many", "db", *SHOP),
    "outage": ("outage", *SHOP, "--no-fixes"),
    "storage": ("storage", "--snapshot", SHOP_CLUSTER),
    "lint with findings": ("lint", *IN_LOGS),
    "lint without": ("lint", *SHOP),
}


def suggested(ran: Ran) -> tuple[str, ...]:
    words = shlex.split(ran.out.splitlines()[-1])
    assert words[:2] == ["next:", "solve"], ran.out
    return tuple(words[2:])


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_command_suggested_next_can_be_run(
    question: str, solve: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = solve(*_at(question))
    assert ran.code in ANSWERS
    monkeypatch.chdir(tmp_path)  # a plan may be saved
    again = solve(*suggested(ran))
    assert again.code in ANSWERS, again.err


def _at(question: str) -> list[str]:
    return [str(Path(word).resolve()) if Path(word).is_file() else word for word in QUESTIONS[question]]


def test_a_contradiction_that_new_claims_mend_leads_to_a_rebalance_that_mends_it(
    solve: Callable[..., Ran],
) -> None:
    words = suggested(solve("why", "pod/es-data-2", "-n", "logs", *IN_LOGS))
    assert words[:2] == ("rebalance", "StatefulSet/logs/es-data")
    ran = solve(*words)
    assert ran.code == 0
    assert "4/2/2 → 3/3/3" in ran.out


@pytest.mark.parametrize("zone", [None, "za"])
def test_storage_suggests_losses_that_the_cluster_can_have(
    zone: str | None, solve: Callable[..., Ran], tmp_path: Path
) -> None:
    file = tmp_path / "dump.json"
    file.write_bytes(b.document(b.node(name="n1", zone=zone), b.pod(name="p", node="n1")).data)
    ran = solve("storage", "--snapshot", str(file))
    assert solve(*suggested(ran)).code in ANSWERS
