"""The endpoints, a few lines each. Answers are made in ``calls``, decided in ``verdicts`` and ``scores``."""

from __future__ import annotations

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from extender.book.plans import NOT_READY
from extender.config import ExtenderConfig
from extender.metrics import Metrics
from extender.planner.live import LivePlanner
from extender.planner.once import Planner
from extender.verbs.calls import Desk
from extender.verbs.ladder import Ladder
from extender.verbs.nodes import NodeVerbs
from extender.verbs.preempt import preempt
from extender.wire import WireError, encode_json

JSON = "application/json"


def blueprint(planner: Planner | LivePlanner, metrics: Metrics, config: ExtenderConfig) -> Blueprint:
    routes = Blueprint("bulkhead", __name__)
    desk = Desk(metrics)
    book = planner.book
    live = planner if isinstance(planner, LivePlanner) else None
    ladder = Ladder(book, config, metrics, live)
    verbs = NodeVerbs(ladder, metrics)
    filtering, prioritizing = verbs.filter(), verbs.prioritize()
    preempting = preempt(ladder, metrics, config)

    def body() -> bytes:
        return _body(config.max_body_bytes)

    @routes.post("/filter")
    def filter_verb() -> Response:
        return _json(desk.answer(filtering, body))

    @routes.post("/prioritize")
    def prioritize_verb() -> Response:
        return _json(desk.answer(prioritizing, body))

    @routes.post("/preempt")
    def preempt_verb() -> Response:
        return _json(desk.answer(preempting, body))

    @routes.get("/healthz")
    @routes.get("/livez")
    def alive() -> Response:
        return _json(encode_json({"status": "alive"}))

    @routes.get("/readyz")
    def ready() -> Response:
        return _readiness(planner)

    @routes.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    return routes


def _body(limit: int) -> bytes:
    """The body of a verb. Raises WireError for one that is too large or of another type."""
    length = request.content_length or 0
    if length > limit:
        raise WireError(f"the request body has {length} bytes; the limit is {limit}")
    if request.mimetype != JSON:
        raise WireError(f"the content type is {request.mimetype or 'nothing'}; expected {JSON}")
    return request.get_data(cache=False)


def _readiness(planner: Planner | LivePlanner) -> Response:
    """Not ready without a plan, and not while what is known of the cluster cannot be relied upon."""
    troubles = list(planner.source.troubles())
    if planner.book.is_ready and not troubles:
        return _json(encode_json({"status": "ready"}))
    status = "not ready" if planner.book.is_ready else NOT_READY
    return _json(encode_json({"status": status, "troubles": troubles}), 503)


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status=status, mimetype=JSON)
