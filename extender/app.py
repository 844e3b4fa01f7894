"""The Flask application: what it is made of, and what happens to errors. The endpoints are in ``routes``."""

from __future__ import annotations

import logging

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from extender.book.shelf import PlanBook
from extender.config import ExtenderConfig
from extender.endpoints import routes
from extender.endpoints.people import people
from extender.logs import event
from extender.metrics import Metrics
from extender.planner.live import Announce, LivePlanner
from extender.planner.once import Planner
from extender.snapshots import FileSource, SnapshotSource
from extender.wire import encode_json

log = logging.getLogger(__name__)


def create_app(
    config: ExtenderConfig,
    source: SnapshotSource | None = None,
    metrics: Metrics | None = None,
    announce: Announce = lambda _plan: None,
) -> Flask:
    """An application without a plan; ``planner_of(app).run()`` makes it ready. Without a source it reads the
    files of the configuration. Of a cluster that changes, every plan in use is announced."""
    app = Flask(__name__, static_folder=None)
    metrics = metrics or Metrics()
    book = PlanBook()
    planner = _planner(source or FileSource(config.snapshot), book, metrics, config, announce)
    app.extensions["bulkhead"] = planner
    metrics.follow_plan_age(book.age_s)
    metrics.follow_snapshot_age(planner.source.age_s)
    app.register_blueprint(routes.blueprint(planner, metrics, config))
    app.register_blueprint(people(book, planner.source, metrics, config))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    return app


def _planner(
    source: SnapshotSource, book: PlanBook, metrics: Metrics, config: ExtenderConfig, announce: Announce
) -> Planner | LivePlanner:
    if isinstance(source, FileSource):
        return Planner(source, book, metrics, config)
    return LivePlanner(source, book, metrics, config, announce=announce)


def planner_of(app: Flask) -> Planner | LivePlanner:
    planner = app.extensions["bulkhead"]
    assert isinstance(planner, Planner | LivePlanner)
    return planner


def _refused(error: HTTPException) -> Response:
    """Ordinary 4xx, as JSON. The verbs answer their own errors."""
    response = Response(status=error.code or 500, mimetype="application/json")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    response.set_data(encode_json({"error": error.description or error.name}))
    return response


def _broken(error: Exception) -> Response:
    log.error(event("request_failed", error=type(error).__name__), exc_info=error)
    return Response(
        encode_json({"error": "internal error; the log has the details"}),
        status=500,
        mimetype="application/json",
    )
