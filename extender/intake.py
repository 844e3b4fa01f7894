"""How the server takes in request bodies: it keeps no more than the limit, and reads a larger one to its end.

Left alone, waitress answers a body over its limit with 413 while the client is still sending. kube-scheduler
reads nothing but a 200 (X1), so the rest is thrown away instead, and the application says in ``Error`` what
is wrong.
"""

from __future__ import annotations

from waitress.buffers import OverflowableBuffer  # type: ignore[import-untyped]  # waitress ships no types
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]  # waitress ships no types
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]  # waitress ships no types

NO_LIMIT = 2**62


class _Cut(OverflowableBuffer):  # type: ignore[misc]  # waitress ships no types
    """Keeps what fits into the limit and counts all of it."""

    def __init__(self, overflow: int, limit: int) -> None:
        super().__init__(overflow)
        self._limit = limit
        self._received = 0

    def __len__(self) -> int:
        """What the application is told as Content-Length of a chunked body."""
        return self._received

    def append(self, data: bytes) -> None:
        self._received += len(data)
        if self._received <= self._limit:
            super().append(data)


def channel_with_limit(max_body_bytes: int) -> type[HTTPChannel]:
    """The channel class of a server that keeps at most this much of a body."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress ships no types
        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            if self.body_rcv is not None:
                self.body_rcv.buf = _Cut(self.adj.inbuf_overflow, max_body_bytes)

    class Channel(HTTPChannel):  # type: ignore[misc]  # waitress ships no types
        parser_class = Parser

    return Channel
