"""What people ask: plans, what is seen of the cluster, and what would be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema.validators import Draft202012Validator

from extender.app import create_app, planner_of
from extender.config import ExtenderConfig
from solver.model.outcome import Verdict
from solver.report.schema import bundle
from tests import builders as b
from tests.builders import Raw, f_nodes, snapshot
from tests.extender.desk import JSON, args, client_of, placed, post

DB = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "3"}, owner=("StatefulSet", "db"))
BIG = b.pod(name="big-0", requests={"cpu": "40"})
SET = b.stateful_set(name="web", replicas=2, spec=b.pod_spec(requests={"cpu": "3"}))


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    path = tmp_path / "dump.json"
    path.write_bytes(b.document(*f_nodes(), DB, BIG).data)
    app = create_app(ExtenderConfig(snapshot=(str(path),)))
    planner_of(app).run()
    return app.test_client()


def simulate(client: FlaskClient, *objects: Raw) -> Any:
    response = client.post("/simulate", data=b.document(*objects).data, content_type=JSON)
    assert response.status_code == 200
    return response.get_json()


def placements(result: Any) -> dict[str, str]:
    return {row["pod"]: row["node"] for row in result["placements"]}


def test_plans_list_workloads_with_their_slots_and_who_has_none(client: FlaskClient) -> None:
    told = client.get("/plans").get_json()
    (workload,) = told["workloads"]
    assert workload["workload"] == "StatefulSet/prod/db"
    assert [(pod["pod"], pod["reserved"]) for pod in workload["pods"]] == [("prod/db-0", False)]
    (left,) = told["unplaced"]
    assert (left["pod"], left["state"]) == ("prod/big-0", "Infeasible")
    assert left["reasons"]


def test_an_open_question_is_told_from_a_no() -> None:
    client = client_of(snapshot(*f_nodes(), BIG), placed(), Verdict.UNKNOWN)
    assert client.get("/plans").get_json()["unplaced"][0]["state"] == "Undecided"


def test_the_snapshot_is_told_in_numbers(client: FlaskClient) -> None:
    told = client.get("/snapshot").get_json()
    assert told["nodesByZone"] == {"za": 2, "zb": 2, "zc": 1}
    assert told["pods"] == {"running": 0, "pending": 2, "expected": 0, "gated": 0}
    assert told["pendingByScheduler"] == {"default-scheduler": 2}
    assert told["troubles"] == []


def test_explain_tells_what_kube_scheduler_was_answered_last(client: FlaskClient) -> None:
    assert client.get("/explain/prod/db-0").get_json()["lastAnswer"] is None
    post(client, "filter", args(DB, ["a1", "a2"]))
    told = client.get("/explain/prod/db-0").get_json()["lastAnswer"]
    assert told == {"rung": "ready", "fallback": None, "nodes": 2, "kept": 2}


def test_hypothetical_pods_are_planned_beside_the_slots_there_are(client: FlaskClient) -> None:
    result = simulate(client, SET)
    assert result["answer"]["verdict"] == "Fits"
    assert placements(result).keys() == {"prod/web-0", "prod/web-1"}
    home = client.get("/explain/prod/db-0").get_json()["planned"]["node"]
    assert home not in placements(result).values()


def test_hypothetical_nodes_count(client: FlaskClient) -> None:
    need = b.pod(name="huge", requests={"cpu": "30"})
    assert simulate(client, need)["answer"]["verdict"] == "DoesNotFit"
    assert placements(simulate(client, need, b.node(name="x1", zone="zx", cpu="32"))) == {"prod/huge": "x1"}


def test_a_simulation_changes_nothing(client: FlaskClient) -> None:
    def everything() -> list[Any]:
        return [client.get(f"/{path}").get_json() for path in ("explain/prod/db-0", "snapshot")]

    before = everything()
    simulate(client, SET, b.node(name="x1", zone="zx"))
    after = everything()
    for told in (*before, *after):
        told.pop("ageSeconds", None)
        told.get("plan", {}).pop("ageSeconds", None)
    assert before == after


def test_a_simulation_is_a_placement_result_like_any(client: FlaskClient) -> None:
    Draft202012Validator(bundle("PlacementResult")).validate(simulate(client, SET))


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", 400, "empty"),
        (b"nonsense: [", 400, "request body"),
        (json.dumps({"kind": "Pod"}).encode(), 400, "request body"),
        (b.document(b.pod(name="p", requests={"cpu": "much"})).data, 400, "cpu"),
    ],
)
def test_a_simulation_of_nonsense_is_refused_with_what_is_wrong(
    client: FlaskClient, body: bytes, status: int, word: str
) -> None:
    response = client.post("/simulate", data=body, content_type=JSON)
    assert response.status_code == status
    assert word in response.get_json()["error"]


def test_a_simulation_over_the_limit_is_refused() -> None:
    client = client_of(snapshot(*f_nodes(), DB), placed(db_0="a1"), max_body_bytes=10)
    response = client.post("/simulate", data=b.document(SET).data, content_type=JSON)
    assert response.status_code == 413


def test_before_the_plan_people_are_told_to_wait() -> None:
    client = create_app(ExtenderConfig()).test_client()
    for path in ("plans", "snapshot", "explain/prod/db-0"):
        assert client.get(f"/{path}").status_code == 503
    assert client.post("/simulate", data=b"{}").status_code == 503
    assert client.get("/healthz").status_code == 200
