"""HTTP around a ``Store``: list and watch of every kind, one thread for each connection."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from benchmarks.loopback.store import KIND_AT, Fault, Seen, Store, status


class ApiServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: Store, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.store = store
        self.stopping = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def write_kubeconfig(self, path: Path) -> Path:
        named = {"name": "loopback"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{**named, "cluster": {"server": self.url}}],
            "contexts": [{**named, "context": {"cluster": "loopback", "user": "loopback"}}],
            "users": [{**named, "user": {"token": "loopback"}}],
            "current-context": "loopback",
        }
        path.write_text(yaml.safe_dump(content))
        return path

    @contextmanager
    def running(self) -> Iterator[ApiServer]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stop()
            thread.join()

    def stop(self) -> None:
        """Tears every watch and frees the port. Once is enough."""
        if not self.stopping:
            self.stopping = True
            self.store.cut()
            self.shutdown()
            self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        kind = KIND_AT.get(url.path)
        if kind is None:
            self._answer(404, status(404, "NotFound"))
            return
        verb = "watch" if asked.get("watch", "").lower() in ("1", "true") else "list"
        fault = self.server.store.next_fault(kind, verb)
        try:
            if fault is not None:
                self._fail(fault)
            elif verb == "list":
                self._list(kind, asked)
            else:
                self._watch(kind, asked)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client went

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _list(self, kind: str, asked: dict[str, str]) -> None:
        version, objects, after = self.server.store.listed(
            kind, asked.get("continue", ""), int(asked.get("limit", 0))
        )
        meta = json.dumps({"resourceVersion": str(version), "continue": after}).encode()
        items = b",".join(objects)
        self._answer(200, b'{"kind":"List","apiVersion":"v1","metadata":%s,"items":[%s]}' % (meta, items))

    def _watch(self, kind: str, asked: dict[str, str]) -> None:
        store = self.server.store
        version = int(asked["resourceVersion"])
        ends = time.monotonic() + float(asked.get("timeoutSeconds", 3600))
        if store.expired(kind, version):
            self._answer(410, status(410, "Expired"))
            return
        self._begin()
        seen = Seen(store.cuts, store.bookmarks, version)
        while time.monotonic() < ends:
            news, now = store.wait(kind, seen, ends - time.monotonic())
            if now.cuts != seen.cuts or self.server.stopping:
                self._tear()
                return
            lines = [change.line for change in news]
            if now.bookmarks != seen.bookmarks:
                meta = {"metadata": {"resourceVersion": str(now.version)}, "kind": kind}
                lines.append(json.dumps({"type": "BOOKMARK", "object": meta}).encode())
            self._chunk(b"".join(line + b"\n" for line in lines))
            seen = now
        self._chunk(b"", last=True)

    def _fail(self, fault: Fault) -> None:
        if fault.status != 200 or fault.body:
            self._answer(fault.status, fault.body or status(fault.status, "fault"), fault.headers)
            return
        self._begin()
        self._chunk(b"".join(line + b"\n" for line in fault.lines))
        if fault.silent:
            store = self.server.store
            with store.changed:
                cuts = store.cuts
                store.changed.wait_for(lambda: store.cuts != cuts)
        self._tear()

    def _answer(self, code: int, body: bytes, headers: object = None) -> None:
        self.send_response(code)
        for name, value in dict(headers or {}).items():  # type: ignore[call-overload]
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes, last: bool = False) -> None:
        if data or last:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

    def _tear(self) -> None:
        """In the middle of the answer."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
