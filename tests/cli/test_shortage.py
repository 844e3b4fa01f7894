"""A shortage of the whole cluster, in words and as a document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import builders as b
from tests.cli.conftest import Ran

Solve = Callable[..., Ran]
TOLD = (
    "at most 20 of 24 pods fit, whatever else moves: "
    "zones za, zb and zc have room for 23Gi of up to 30Gi memory asked for there"
)


@pytest.fixture
def short(tmp_path: Path) -> tuple[str, ...]:
    """Three zones with 23Gi of memory left between them, and two workloads that want 30Gi."""
    nodes = [
        b.node(name=f"{zone}-{i}", zone=zone, memory="4Gi") for zone in ("za", "zb", "zc") for i in (0, 1)
    ]
    running = b.pod(name="old", node="za-0", requests={"memory": "1Gi"})
    workloads = [
        b.deployment(
            name=name,
            replicas=replicas,
            spec=b.pod_spec(requests={"memory": memory}, spread=[b.spread(key=b.ZONE, labels={"app": name})]),
        )
        for name, replicas, memory in (("web", 18, "1Gi"), ("cache", 6, "2Gi"))
    ]
    (tmp_path / "cluster.json").write_bytes(b.document(*nodes, running).data)
    (tmp_path / "app.json").write_bytes(b.document(*workloads).data)
    return "--snapshot", str(tmp_path / "cluster.json"), "-f", str(tmp_path / "app.json")


def test_text_names_the_zones_and_what_they_lack(solve: Solve, short: tuple[str, ...]) -> None:
    ran = solve("fit", *short)
    assert ran.code == 3
    assert "at most 20 of 24 pods" in ran.out.splitlines()[0]
    assert "proved: not all of them can be placed; no placement is better" in ran.out
    assert TOLD in ran.out


def test_json_has_the_same_reason_for_every_pod_left_over(solve: Solve, short: tuple[str, ...]) -> None:
    ran = solve("fit", *short, "-o", "json")
    document = json.loads(ran.out)
    assert document["answer"]["verdict"] == "DoesNotFit"
    assert (document["summary"]["podsPlaced"], document["summary"]["podsRequested"]) == (20, 24)
    first = [pod["reasons"][0] for pod in document["unplaced"]]
    assert {(reason["code"], reason["message"]) for reason in first} == {("Resources", TOLD)}
    assert {reason["path"] for reason in first} == {"spec.template.spec.containers[*].resources.requests"}
