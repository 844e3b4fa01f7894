"""A TCP connection that a test can break, between a client on loopback and the API server."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

_DONE_S = 10


class Line:
    """Carries bytes from ``url`` to the server, on a thread of its own, until ``close``."""

    def __init__(self, server: str) -> None:
        """``server`` is the URL of the one that is reached over this line."""
        to = urlsplit(server)
        self._to = (to.hostname, to.port)
        self._calls: set[_Call] = set()
        self._stalled = False
        self._listener: asyncio.Server | None = None
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()
        self._do(self._listen())
        self.url = f"{to.scheme}://127.0.0.1:{self._port}"

    def cut(self) -> None:
        """Every connection is reset, and a new one is refused, until ``mend``."""
        self._do(self._cut())

    def stall(self) -> None:
        """Nothing that is sent arrives any more, and nobody is told. Connections that are open or are made
        before ``mend`` stay so for ever, as behind a router that has forgotten them."""
        self._do(self._stall())

    def mend(self) -> None:
        """New connections are carried again."""
        self._do(self._listen())

    def close(self) -> None:
        self._do(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_DONE_S)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_DONE_S)

    async def _listen(self) -> None:
        self._stalled = False
        if self._listener is None:
            self._listener = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
            self._port = self._listener.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for call in self._calls:
            call.hang_up()

    async def _stall(self) -> None:
        self._stalled = True
        for call in self._calls:
            call.silent = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = _Call(writer, silent=self._stalled)
        self._calls.add(call)
        try:
            with contextlib.suppress(OSError):  # either side has gone, or the server is away
                far_reader, far_writer = await asyncio.open_connection(*self._to)
                call.ends.append(far_writer)
                await asyncio.gather(call.pass_on(reader, far_writer), call.pass_on(far_reader, writer))
        finally:
            call.hang_up()
            self._calls.discard(call)


class _Call:
    """One connection and its two ends."""

    def __init__(self, near: asyncio.StreamWriter, *, silent: bool) -> None:
        self.ends = [near]
        self.silent = silent

    async def pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self.silent:
                target.write(data)
                await target.drain()
        if not self.silent:
            self.hang_up()

    def hang_up(self) -> None:
        for end in self.ends:
            end.transport.abort()
