"""Routes for people: what is planned, what is seen, what would be. All JSON, with ordinary statuses."""

from __future__ import annotations

import threading

from flask import Blueprint, Response, abort, request

from extender.book.plans import Plan
from extender.book.shelf import PlanBook
from extender.config import ExtenderConfig
from extender.endpoints.explain import explanation
from extender.endpoints.plans import plan_list
from extender.endpoints.simulate import simulation
from extender.endpoints.summary import snapshot_summary
from extender.metrics import Metrics, Mode
from extender.snapshots import SnapshotSource
from extender.wire import encode_json
from solver.errors import InputError
from solver.model.names import pod_key

JSON = "application/json"
NOT_READY = "the plan is not ready yet"


def people(book: PlanBook, source: SnapshotSource, metrics: Metrics, config: ExtenderConfig) -> Blueprint:
    routes = Blueprint("people", __name__)
    one_at_a_time = threading.Lock()

    @routes.get("/explain/<namespace>/<name>")
    def explain(namespace: str, name: str) -> Response:
        _ready(book)
        found = explanation(book, pod_key(namespace, name))
        if found is None:
            abort(404, f"the snapshot has no pod {namespace}/{name}")
        return _json(found)

    @routes.get("/plans")
    def plans() -> Response:
        _ready(book)
        return _json(plan_list(book))

    @routes.get("/snapshot")
    def snapshot() -> Response:
        return _json(snapshot_summary(source, _ready(book)))

    @routes.post("/simulate")
    def simulate() -> Response:
        plan = _ready(book)
        body = _body(config.max_body_bytes)
        if not one_at_a_time.acquire(blocking=False):
            abort(503, "another simulation runs; try again when it has ended")
        try:
            with metrics.solve_duration.labels(Mode.SIMULATE).time():
                found = simulation(source, plan, body, config.solve)
        except InputError as error:
            abort(400, str(error))
        finally:
            one_at_a_time.release()
        return _json(found)

    return routes


def _ready(book: PlanBook) -> Plan:
    if not book.is_ready:
        abort(503, NOT_READY)
    return book.plan


def _body(limit: int) -> bytes:
    length = request.content_length or 0
    if length > limit:
        abort(413, f"the request body has {length} bytes; the limit is {limit}")
    body = request.get_data(cache=False)
    if not body.strip():
        abort(400, "the request body is empty; expected Kubernetes objects in JSON or YAML")
    return body


def _json(value: object) -> Response:
    return Response(encode_json(value), mimetype=JSON)
