"""An extender that does nothing: what went in comes out, from the very server that ``extender serve`` is.

    python -m tests.e2e.harness.echo PORT SNAPSHOT

What a scheduler loses with ``extender serve`` beside this one is lost to our own work, and not to HTTP. It
writes no log and counts nothing. The snapshot is of any cluster: the server begins with a plan.
"""

from __future__ import annotations

import logging
import sys

import msgspec
from flask import Flask, Response, request

from extender import logs
from extender.app import create_app
from extender.config import ExtenderConfig
from extender.server import run


class Asked(msgspec.Struct, rename="pascal"):
    node_names: msgspec.Raw


class Candidates(msgspec.Struct):
    NodeNameToMetaVictims: msgspec.Raw


def application(config: ExtenderConfig) -> Flask:
    """The extender with the three verbs once more, below ``/echo``."""
    app = create_app(config)

    @app.post("/echo/filter")
    def everything_fits() -> Response:
        names = bytes(msgspec.json.decode(_body(), type=Asked).node_names)
        rest = b',"FailedNodes":{},"FailedAndUnresolvableNodes":{},"Error":""}'
        return _json(b'{"Nodes":null,"NodeNames":' + names + rest)

    @app.post("/echo/prioritize")
    def all_are_alike() -> Response:
        names = msgspec.json.decode(msgspec.json.decode(_body(), type=Asked).node_names, type=list[str])
        return _json(msgspec.json.encode([{"Host": name, "Score": 0} for name in names]))

    @app.post("/echo/preempt")
    def every_eviction_will_do() -> Response:
        return _json(msgspec.json.encode(msgspec.json.decode(_body(), type=Candidates)))

    return app


def _body() -> bytes:
    return request.get_data(cache=False)


def _json(text: bytes) -> Response:
    return Response(text, mimetype="application/json")


if __name__ == "__main__":
    logs.configure(logging.WARNING)
    settings = ExtenderConfig(port=int(sys.argv[1]), snapshot=(sys.argv[2],))
    sys.exit(run(application(settings), settings))
