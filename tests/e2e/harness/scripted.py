"""An extender that says what a test tells it to, pod by pod, and remembers how it was asked.

For facts about kube-scheduler that our answers rest on; our own extender is in ``extender``.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from tests.e2e.harness.watching import poll

_CALLED_S = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    verb: str
    pod: str
    method: str
    target: str
    """The request line's; a whole URL when it came by way of a proxy."""
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    port: int
    """The client's, so one connection has one."""


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Say: TypeAlias = Callable[[Call], Reply]


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


def echo(call: Call) -> Reply:
    """Everything is kept, all hosts are alike, every eviction is right."""
    body = call.body
    if call.verb == "prioritize":
        return as_json([{"Host": name, "Score": 0} for name in body["NodeNames"]])
    if call.verb == "preempt":
        return as_json({"NodeNameToMetaVictims": body["NodeNameToMetaVictims"]})
    return as_json({"NodeNames": body["NodeNames"], "Nodes": body["Nodes"]})


class Scripted:
    """Serves on loopback until ``close``. What is not scripted is answered by ``default``."""

    def __init__(self, default: Say = echo, certificate: tuple[Path, Path] | None = None) -> None:
        """With a certificate and its key: TLS."""
        self._default = default
        self._script: dict[tuple[str, str], Say] = {}
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def tell(self, verb: str, pod: str, say: Say) -> None:
        """What to answer from now on."""
        with self._lock:
            self._script[verb, pod] = say

    def calls(self, verb: str, pod: str) -> list[Call]:
        with self._lock:
            return [call for call in self._calls if (call.verb, call.pod) == (verb, pod)]

    def until_called(self, verb: str, pod: str, times: int = 1) -> list[Call]:
        poll(
            f"{verb} is called {times} times for {pod}",
            lambda: len(self.calls(verb, pod)) >= times,
            _CALLED_S,
        )
        return self.calls(verb, pod)

    def _answer(self, call: Call) -> Reply:
        with self._lock:
            self._calls.append(call)
            say = self._script.get((call.verb, call.pod), self._default)
        return say(call)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.loads(text) if text else {}
                verb, _, rest = urlsplit(self.path).path.strip("/").partition("/")
                pod = body["Pod"]["metadata"]["name"] if body else rest
                call = Call(
                    verb, pod, self.command, self.path, dict(self.headers), body, self.client_address[1]
                )
                reply = answer(call)
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST  # noqa: N815 - the name the base class calls

            def log_message(self, format: str, *args: object) -> None:
                """The test has the calls themselves."""

        return Handler
