"""What is beside the verbs: readiness, explain, metrics, and errors as ordinary HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from extender.app import create_app, planner_of
from extender.book.verdicts import Refusal
from extender.config import ExtenderConfig
from solver.model.outcome import Verdict
from tests import builders as b
from tests.builders import f_nodes, snapshot
from tests.extender.desk import JSON, args, client_of, placed, post

DB = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "3"})
BIG = b.pod(name="big-0", labels={"app": "big"}, requests={"cpu": "40"})
GATED = b.pod(name="gated-0", gates=["quota"])
RUNS = b.pod(name="old-0", node="c1", requests={"cpu": "2"})
WORLD = (*f_nodes(), DB, BIG, GATED, RUNS)


@pytest.fixture
def client() -> FlaskClient:
    return client_of(snapshot(*WORLD), placed(db_0="a1"), Verdict.DOES_NOT_FIT)


@pytest.fixture
def unready() -> FlaskClient:
    return create_app(ExtenderConfig()).test_client()


def samples(client: FlaskClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = client.get("/metrics").get_data(as_text=True)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(client: FlaskClient, name: str, **labels: str) -> float:
    return samples(client)[name, frozenset(labels.items())]


def test_before_the_plan_the_process_lives_but_is_not_ready(unready: FlaskClient) -> None:
    assert unready.get("/livez").status_code == 200
    assert unready.get("/readyz").status_code == 503
    assert unready.get("/explain/prod/db-0").status_code == 503


def test_before_the_plan_a_verb_says_so_in_its_answer(unready: FlaskClient) -> None:
    assert post(unready, "filter", args(DB, ["a1"]))["Error"] == "bulkhead: the plan is not ready yet"
    assert post(unready, "prioritize", args(DB, ["a1"])) == []
    assert value(unready, "bulkhead_fallbacks_total", reason="not_ready") == 2


def test_with_a_plan_it_is_ready(client: FlaskClient) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_explain_tells_the_slot_and_every_refusal() -> None:
    web = b.pod(name="web-0", labels={"app": "web"}, requests={"cpu": "2"})
    client = client_of(snapshot(*f_nodes(), DB, web), placed(web_0="b1", db_0="a1"))
    told = client.get("/explain/prod/db-0").get_json()
    assert told["state"] == "Planned"
    assert told["planned"] == {"node": "a1", "position": 2, "of": 2}
    assert told["kept"] == ["a1", "a2", "b2", "c1"]
    assert told["refused"] == [{"node": "b1", "reason": Refusal.NEEDED}]
    assert told["plan"]["verdict"] == "Fits"
    assert told["plan"]["proof"] == "Proved"


@pytest.mark.parametrize(
    ("pod", "state"), [("big-0", "Infeasible"), ("gated-0", "Gated"), ("old-0", "Assigned")]
)
def test_explain_tells_why_there_is_no_slot(client: FlaskClient, pod: str, state: str) -> None:
    told = client.get(f"/explain/prod/{pod}").get_json()
    assert (told["state"], told["planned"]) == (state, None)


def test_explain_knows_an_open_question_from_a_no() -> None:
    client = client_of(snapshot(*WORLD), placed(db_0="a1"), Verdict.UNKNOWN)
    assert client.get("/explain/prod/big-0").get_json()["state"] == "Undecided"


def test_other_errors_are_ordinary_http_in_json(client: FlaskClient) -> None:
    for path, status in (("/explain/prod/nobody", 404), ("/bind", 404), ("/filter", 405), ("/", 404)):
        response = client.get(path)
        assert (response.status_code, response.mimetype) == (status, JSON)
        assert response.get_json()["error"]
    assert client.post("/bind", data=b"{}", content_type=JSON).status_code == 404


def test_a_pod_cut_off_from_its_nodes_is_planned_within_the_request() -> None:
    roomy = [b.node(name=name, zone="za", cpu="8") for name in ("a1", "a2")]
    web = b.pod(name="web-0", labels={"app": "web"}, requests={"cpu": "2"})
    settings = {"shared_nodes": 0}
    client = client_of(snapshot(*roomy, DB, web), placed(db_0="a1", web_0="a2"), **settings)
    assert post(client, "filter", args(DB, ["a1", "a2"]))["NodeNames"] == ["a1"]
    assert post(client, "filter", args(DB, ["a2"]))["NodeNames"] == ["a2"]
    assert value(client, "bulkhead_fallbacks_total", reason="replanned") == 1


def test_metrics_count_calls_and_nodes(client: FlaskClient) -> None:
    post(client, "filter", args(DB, ["a1", "z9"]))
    post(client, "filter", args(DB, ["z9"]))
    post(client, "filter", args(BIG, ["b1"]))
    client.post("/prioritize", data=b"nonsense", content_type=JSON)
    calls = "bulkhead_extender_requests_total"
    assert value(client, calls, verb="filter", outcome="kept") == 2
    assert value(client, calls, verb="filter", outcome="none_kept") == 1
    assert value(client, calls, verb="prioritize", outcome="bad_input") == 1
    assert value(client, "bulkhead_extender_nodes_sum", verb="filter", stage="asked") == 4
    assert value(client, "bulkhead_extender_nodes_sum", verb="filter", stage="kept") == 2
    assert value(client, "bulkhead_extender_request_duration_seconds_count", verb="filter") == 3
    assert value(client, "bulkhead_fallbacks_total", reason="replanned") == 1
    assert value(client, "bulkhead_fallbacks_total", reason="infeasible") == 1
    assert value(client, "bulkhead_plan_age_seconds") > 0
    assert any(name == "bulkhead_build_info" for name, _labels in samples(client))


def test_a_bug_of_ours_is_an_error_and_not_a_refusal(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    planner_of(client.application).book.plan._judge = None  # type: ignore[assignment]
    answer = post(client, "filter", args(DB, ["a1"]))
    assert answer["Error"].startswith("bulkhead: internal error")
    assert post(client, "prioritize", args(DB, ["a1"])) == []
    assert "Traceback" in caplog.text
    assert value(client, "bulkhead_extender_requests_total", verb="filter", outcome="failed") == 1


def test_a_bug_beside_the_verbs_is_a_500_in_json(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    planner_of(client.application).book.plan._judge = None  # type: ignore[assignment]
    response = client.get("/explain/prod/db-0")
    assert (response.status_code, response.mimetype) == (500, JSON)
    assert "Traceback" in caplog.text


def test_each_call_leaves_one_line_in_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    post(client, "filter", args(DB, ["a1", "z9"]))
    line = caplog.messages[-1]
    assert line.startswith("event=filter outcome=kept ms=")
    assert "pod=prod/db-0 nodes=2 kept=1 planned=a1 fallback=none" in line


def test_a_plan_is_made_from_files(tmp_path: Path) -> None:
    """The whole way: files, reader, solver, slots, answer."""
    (tmp_path / "dump.json").write_bytes(b.document(*WORLD).data)
    app = create_app(ExtenderConfig(snapshot=(str(tmp_path),)))
    planner_of(app).run()
    client = app.test_client()
    kept = post(client, "filter", args(DB, ["a1", "a2", "b1", "b2", "c1"]))["NodeNames"]
    assert kept == ["a1", "a2", "b1", "b2"]
    assert client.get("/explain/prod/big-0").get_json()["state"] == "Infeasible"
    assert value(client, "bulkhead_solves_total", mode="snapshot", status="DoesNotFit") == 1
    assert value(client, "bulkhead_pending_pods", reason="planned") == 1
    assert value(client, "bulkhead_pending_pods", reason="infeasible") == 1
    assert value(client, "bulkhead_pending_pods", reason="gated") == 1


def test_the_error_of_a_verb_fits_into_an_event(client: FlaskClient) -> None:
    """The note of an event is cut at 1,024 characters."""
    broken = {**DB, "spec": {"containers": [{"ports": [{"hostPort": "x"}]}] * 100}}
    answer = post(client, "filter", args(broken, ["a1"]))
    assert "hostPort" in answer["Error"]
    assert len(answer["Error"]) < 1024
