"""An extender that says what a test tells it to, pod by pod, and remembers how it was asked.

For facts about kube-scheduler that our answers rest on; our own extender is in ``extender``.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
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

    @property
    def chunked(self) -> bool:
        return "Transfer-Encoding" in self.headers


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

    def __init__(
        self,
        default: Say = echo,
        certificate: tuple[Path, Path] | None = None,
        offers: Sequence[str] = (),
    ) -> None:
        """With a certificate and its key: TLS, offering these protocols, though it speaks HTTP/1.1 only."""
        self._default = default
        self._script: dict[tuple[str, str], Say] = {}
        self._calls: list[Call] = []
        self.negotiated: list[str | None] = []
        """Per TLS connection, the protocol that both sides took of those offered."""
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            context.set_alpn_protocols(offers)
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
        answer, negotiated = self._answer, self.negotiated

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                if isinstance(self.connection, ssl.SSLSocket):
                    negotiated.append(self.connection.selected_alpn_protocol())

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.loads(text) if text else {}
                verb, _, rest = urlsplit(self.path).path.strip("/").partition("/")
                pod = _pod_of(body) or rest
                call = Call(
                    verb, pod, self.command, self.path, dict(self.headers), body, self.client_address[1]
                )
                reply = answer(call)
                self.send_response(reply.status)
                if not reply.chunked:
                    self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(_chunk(reply.body) + _chunk(b"") if reply.chunked else reply.body)

            do_GET = do_POST  # noqa: N815 - the name the base class calls

            def log_message(self, format: str, *args: object) -> None:
                """The test has the calls themselves."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Bindings come many at once."""


def _pod_of(body: Mapping[str, Any]) -> str:
    """A bind names the pod, the other verbs carry it."""
    return str(body["PodName"] if "PodName" in body else body["Pod"]["metadata"]["name"]) if body else ""


def _chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)
