"""Requests recorded from kube-scheduler v1.34.1, answered by the whole application for the cluster behind
them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from extender.app import create_app, planner_of
from extender.config import ExtenderConfig
from tests.extender.desk import JSON, told
from tests.paths import PROJECT

RECORDED = PROJECT / "tests/data/recorded"
MODES = ("nodecache-true", "nodecache-false")


def calls(name: str) -> list[dict[str, Any]]:
    lines = (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def client_for(cluster: Path) -> FlaskClient:
    app = create_app(ExtenderConfig(snapshot=(str(cluster),)))
    planner_of(app).run()
    return app.test_client()


@pytest.fixture(scope="module")
def database() -> FlaskClient:
    """Six replicas, two per zone and one per node, on twelve nodes."""
    return client_for(RECORDED / "statefulset-cluster.json")


def asked(body: dict[str, Any]) -> list[str]:
    if body["NodeNames"] is not None:
        return list(body["NodeNames"])
    return [node["metadata"]["name"] for node in body["Nodes"]["items"]]


def answered(client: FlaskClient, call: dict[str, Any]) -> Any:
    response = client.post(
        f"/{call['verb']}", data=json.dumps(call["body"]).encode(), headers={"Content-Type": JSON}
    )
    assert response.status_code == 200
    return json.loads(response.data)


@pytest.mark.parametrize("mode", MODES)
def test_every_replica_is_let_through_although_others_went_elsewhere_than_planned(
    database: FlaskClient, mode: str
) -> None:
    """The recording was made without a plan; replicas are interchangeable, so none gets stuck."""
    filters = [call for call in calls(f"statefulset-{mode}") if call["verb"] == "filter"]
    assert len(filters) == 6
    for call in filters:
        answer = answered(database, call)
        assert answer["Error"] == ""
        assert (answer["NodeNames"] is None) == (call["body"]["NodeNames"] is None)
        verdicts = told(answer)
        assert sorted(verdicts) == sorted(asked(call["body"]))
        assert "kept" in verdicts.values()


@pytest.mark.parametrize("mode", MODES)
def test_every_host_of_a_recorded_call_gets_one_integer_from_0_to_10(
    database: FlaskClient, mode: str
) -> None:
    for call in calls(f"statefulset-{mode}"):
        if call["verb"] != "prioritize":
            continue
        scores = {entry["Host"]: entry["Score"] for entry in answered(database, call)}
        assert list(scores) == asked(call["body"])
        assert all(type(score) is int for score in scores.values())
        assert (min(scores.values()), max(scores.values())) == (0, 10)


@pytest.mark.parametrize("mode", MODES)
def test_a_restart_changes_no_answer(database: FlaskClient, mode: str) -> None:
    restarted = client_for(RECORDED / "statefulset-cluster.json")
    for call in reversed(calls(f"statefulset-{mode}")):
        assert answered(restarted, call) == answered(database, call)


@pytest.mark.parametrize("mode", MODES)
def test_a_pod_that_does_not_fit_the_snapshot_falls_through_once_there_is_room(mode: str) -> None:
    """high-0 fits nowhere until kube-scheduler has evicted somebody on n-a0; then only that node is asked
    about."""
    client = client_for(RECORDED / "preemption-cluster.json")
    preempt, after = calls(f"preemption-{mode}")
    candidates = preempt["body"]["NodeNameToMetaVictims"] or preempt["body"]["NodeNameToVictims"]
    kept = answered(client, preempt)["NodeNameToMetaVictims"]
    assert kept.keys() == candidates.keys()
    assert [pod["UID"] for pod in kept["n-a0"]["Pods"]] == ["u-default-low-0"]
    assert told(answered(client, after)) == {"n-a0": "kept"}
    assert client.get("/explain/default/high-0").get_json()["state"] == "Infeasible"
