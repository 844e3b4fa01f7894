"""Events on pods that cannot be placed: the conflict in one sentence, not too often, in nobody's way."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kubernetes import client

from extender.config import EventsConfig, OnInfeasible, Policies, Policy
from extender.events.conflicts import Remark, remarks
from extender.events.recorder import WAITING, Recorder, sender
from solver.model.outcome import Verdict
from tests import builders as b
from tests.builders import ZONE, f_nodes, snapshot
from tests.extender.changing import Clock, Stage
from tests.extender.desk import placed, plan_of
from tests.extender.test_live import expecting

ONE_PER_ZONE = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))


def db(name: str) -> dict[str, Any]:
    return b.pod(name=name, labels={"app": "db"}, owner=("StatefulSet", "db"), pod_anti_affinity=ONE_PER_ZONE)


def remark(name: str = "db-0", note: str = "no room") -> Remark:
    return Remark(namespace="prod", name=name, uid=f"uid-{name}", note=note)


class Box:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[client.EventsV1Event] = []

    def __call__(self, namespace: str, body: client.EventsV1Event) -> None:
        assert body.metadata.namespace == namespace
        self.sent.append(body)


def recorder(box: Box, clock: Clock, **settings: Any) -> Recorder:
    return Recorder(box, EventsConfig(**settings), clock)


def test_the_conflict_is_named_in_one_sentence_for_each_pod_without_a_place() -> None:
    stage = Stage(snapshot(*f_nodes(), *(db(f"db-{i}") for i in range(4))))
    (told,) = remarks(stage.book.plan, Policies())
    assert told.name.startswith("db-")
    assert told.note.startswith("this pod and 3 more of StatefulSet/prod/db cannot all be placed: ")
    assert "anti-affinity" in told.note
    assert told.note.endswith("kube-scheduler goes on without a plan for it")
    assert "\n" not in told.note


def test_a_pod_held_back_is_told_so() -> None:
    stage = Stage(snapshot(*f_nodes(), b.pod(name="big", requests={"cpu": "99"})))
    hold = Policies(default=Policy(on_infeasible=OnInfeasible.HOLD))
    (told,) = remarks(stage.book.plan, hold)
    assert told.note.startswith("this pod cannot be placed: ")
    assert "held back" in told.note


def test_an_open_question_is_no_conflict() -> None:
    plan = plan_of(snapshot(*f_nodes(), db("db-0")), placed(), Verdict.UNKNOWN)
    assert list(remarks(plan, Policies())) == []


def test_nothing_is_said_of_pods_that_do_not_exist_yet() -> None:
    big = b.stateful_set(name="db", replicas=1, spec=b.pod_spec(requests={"cpu": "99"}))
    stage = Stage(expecting(*f_nodes(), big))
    assert stage.book.plan.unplaced
    assert list(remarks(stage.book.plan, Policies())) == []


def test_the_same_is_said_again_only_after_a_while() -> None:
    box, clock = Box(), Clock()
    told = recorder(box, clock, repeat_after_s=600)
    for _ in range(3):
        told.offer([remark()])
    told.offer([remark(note="something else"), remark("db-1")])
    assert told.say_waiting() == 3
    clock.now += 599
    told.offer([remark()])
    assert told.say_waiting() == 0
    clock.now += 1
    told.offer([remark()])
    assert told.say_waiting() == 1


def test_events_are_few_in_the_long_run() -> None:
    box, clock = Box(), Clock()
    told = recorder(box, clock, per_second=2, burst=5)
    told.offer(remark(f"p-{i}") for i in range(100))
    assert told.say_waiting() == 5
    assert told.say_waiting() == 0
    clock.now += 3
    assert told.say_waiting() == 5  # no more than the burst however long nobody spoke
    clock.now += 1
    assert told.say_waiting() == 2


def test_too_many_are_dropped_and_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    box, clock = Box(), Clock()
    told = recorder(box, clock)
    told.offer(remark(f"p-{i}") for i in range(WAITING + 1))
    assert "event=event_dropped" in caplog.text
    told.say_waiting()
    told.offer([remark(f"p-{WAITING}")])  # was not said yet, so it may be
    clock.now += 3600
    while told.say_waiting():
        clock.now += 3600
    assert box.sent[-1].regarding.name == f"p-{WAITING}"


class _Server(BaseHTTPRequestHandler):
    received: list[tuple[str, Any]] = []
    status = 201

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append((self.path, body))
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[tuple[client.ApiClient, type[_Server]]]:
    """The official client against a real HTTP server on the loopback."""
    handler = type("Handler", (_Server,), {"received": [], "status": 201})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    configuration.retries = False
    yield client.ApiClient(configuration), handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_event_goes_to_the_api_server_as_events_v1(api: tuple[client.ApiClient, type[_Server]]) -> None:
    connection, server = api
    told = Recorder(sender(connection), EventsConfig(), Clock())
    told.offer([remark()])
    assert told.say_waiting() == 1
    ((path, body),) = server.received
    assert path == "/apis/events.k8s.io/v1/namespaces/prod/events"
    assert body["regarding"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "prod",
        "name": "db-0",
        "uid": "uid-db-0",
    }
    assert (body["type"], body["reason"], body["note"]) == ("Warning", "PlacementConflict", "no room")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", body["eventTime"])


def test_an_api_server_that_refuses_stops_nobody(
    api: tuple[client.ApiClient, type[_Server]], caplog: pytest.LogCaptureFixture
) -> None:
    connection, server = api
    server.status = 403
    told = Recorder(sender(connection), EventsConfig(), Clock())
    told.offer([remark(), remark("db-1")])
    assert told.say_waiting() == 2
    assert caplog.text.count("event=event_not_sent") == 2


def test_every_plan_in_use_is_announced() -> None:
    plans: list[Any] = []
    stage = Stage(snapshot(*f_nodes(), db("db-0")))
    stage.planner._announce = plans.append
    stage.source.put(*snapshot(*f_nodes(), db("db-1")).pods)
    stage.settle()
    assert plans == [stage.book.plan]
