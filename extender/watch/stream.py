"""The bytes of a watch to its events, and the pages of a list to its objects. No I/O here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from solver.kube.decoding import decode

MAX_LINE_BYTES = 64 * 1024 * 1024
"""etcd holds no larger object than a few MiB."""
GONE = 410

ADDED = "ADDED"
MODIFIED = "MODIFIED"
DELETED = "DELETED"
BOOKMARK = "BOOKMARK"
_ERROR = "ERROR"


class ExpiredError(Exception):
    """The server no longer knows the version we stopped at: list again."""


class BrokenStreamError(Exception):
    """What came is no watch; the text says why."""


class Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""


class _Versioned(msgspec.Struct):
    metadata: Meta


class _Status(msgspec.Struct):
    code: int = 0
    reason: str = ""
    message: str = ""


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


@dataclass(frozen=True, slots=True)
class WatchEvent:
    type: str
    """ADDED, MODIFIED, DELETED or BOOKMARK."""
    meta: Meta
    object: msgspec.Raw


def batches(segments: Iterable[bytes]) -> Iterator[list[WatchEvent]]:
    """The events that each segment completes.

    Raises ExpiredError, and BrokenStreamError for an error that the server reports or a line that is no
    event: what it said is lost, so nothing after it can be trusted.
    """
    rest = b""
    for segment in segments:
        *lines, rest = (rest + segment).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise BrokenStreamError(f"an event of more than {MAX_LINE_BYTES} bytes")
        events = [_event(line) for line in lines if line.strip()]
        if events:
            yield events


def _event(line: bytes) -> WatchEvent:
    try:
        found = decode(line, _Line)
        if found.type == _ERROR:
            raise _reported(decode(found.object, _Status))
        return WatchEvent(found.type, decode(found.object, _Versioned).metadata, found.object)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenStreamError(f"a line that is no event: {error}") from None


def _reported(status: _Status) -> Exception:
    if status.code == GONE or status.reason in ("Gone", "Expired"):
        return ExpiredError(status.message)
    return BrokenStreamError(f"{status.code} {status.reason}: {status.message}")


class _ListMeta(msgspec.Struct, rename={"version": "resourceVersion", "token": "continue"}):
    version: str = ""
    token: str = ""


class Page(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


def page(content: bytes) -> Page:
    """Raises BrokenStreamError for anything but a Kubernetes list."""
    try:
        found = decode(content, Page)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenStreamError(f"an answer that is no list: {error}") from None
    if not found.metadata.version:
        raise BrokenStreamError("a list without a resourceVersion")
    return found
