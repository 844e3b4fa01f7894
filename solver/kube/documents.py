"""Bytes to plain objects: gzip, JSON, YAML, and lists of lists. What the objects mean is not looked at here.

``Document`` is what the front ends hand in; ``entries`` gives one ``Entry`` for every Kubernetes object
found. Large JSON dumps stay undecoded (``msgspec.Raw``) until their kind is known.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from solver.kube.decoding import decode
from solver.kube.faults import Problem, Subject, show
from solver.kube.yamltext import YamlError, load_all

MAX_BYTES = 2**31
"""Largest document after decompression; a few hundred thousand pods."""
MAX_LIST_DEPTH = 200
"""Lists inside lists (W1); deeper is an attack, not a dump."""

_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Document:
    """One file, standard input or request body. ``source`` names it in messages."""

    source: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a document. ``value`` is either ``msgspec.Raw`` (JSON text) or plain Python data."""

    kind: str
    api_version: str
    value: Any
    source: str
    position: str
    """Where in the source, for objects that have no usable name: ``document 2 items[3]``."""


Found = Entry | tuple[Subject, Problem]
"""An object, or what keeps something in a document from being one."""


class DocumentError(Exception):
    """The document as a whole cannot be read."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}; expected {expected}")
        self.problem = Problem("", found, expected)


class _Header(msgspec.Struct, rename="camel"):
    kind: str | None = None
    api_version: str | None = None
    items: list[msgspec.Raw] | None = None


def entries(document: Document) -> Iterator[Found]:
    """Every object in the document, lists taken apart (W1); what cannot be read comes as a problem."""
    try:
        for number, value in enumerate(_top_values(_inflate(document.data)), start=1):
            if value is not None:
                yield from _take_apart(value, document.source, f"document {number}")
    except DocumentError as error:
        yield Subject("document", "as a whole", document.source), error.problem


def values(document: Document) -> Iterator[Any]:
    """Every value in the document as plain data, whatever it is about. Raises DocumentError."""
    for value in _top_values(_inflate(document.data)):
        if value is not None:
            yield plain(value)


def plain(value: Any) -> Any:
    """The value as Python data. Raises DocumentError for JSON text that is not valid."""
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.json.decode(value)
    except RecursionError:
        raise DocumentError("very deep nesting", "at most a few hundred levels") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DocumentError(str(error), "valid JSON") from None


def _inflate(data: bytes) -> bytes:
    """Undo gzip, told by its magic number, within MAX_BYTES; several members may follow each other."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    parts: list[bytes] = []
    size = 0
    while data.startswith(_GZIP_MAGIC):
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(data, MAX_BYTES - size + 1)
        except zlib.error as error:
            raise DocumentError(str(error), "valid gzip data") from None
        size += len(part)
        if size > MAX_BYTES:
            raise DocumentError(f"more than {MAX_BYTES} bytes after decompression", "a smaller document")
        if not member.eof:
            raise DocumentError("gzip data that ends too early", "the whole file")
        parts.append(part)
        data = member.unused_data
    return b"".join(parts)


def _top_values(data: bytes) -> Iterator[Any]:
    if data.startswith(_UTF16_MARKS):
        data = _decoded(data, "utf-16").encode()
    text = _decoded(data.removeprefix(b"\xef\xbb\xbf"), "utf-8")
    start = text.lstrip()[:1]
    if start not in ("{", "["):
        yield from _yaml_values(text)
        return
    try:
        yield decode(text, msgspec.Raw)
    except RecursionError:
        raise DocumentError("very deep nesting", "at most a few hundred levels") from None
    except msgspec.DecodeError as error:
        yield from _json_stream(text, str(error))


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(f"bytes that are not text ({error.reason})", "UTF-8 text: JSON or YAML") from None


def _yaml_values(text: str) -> Iterator[Any]:
    try:
        yield from load_all(text)
    except YamlError as error:
        raise DocumentError(str(error), "valid YAML") from None


def _json_stream(text: str, first_error: str) -> Iterator[Any]:
    """JSON values one after another, as in JSON lines; ``---`` lines between them are allowed.

    When the text is not that either, the error of reading it as one value is reported: it is the clearer one.
    """
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    values: list[Any] = []
    start = _skip_separators(text, 0)
    try:
        while start < len(text):
            _, end = decoder.raw_decode(text, start)
            values.append(decode(text[start:end], msgspec.Raw))
            start = _skip_separators(text, end)
    except (ValueError, RecursionError):
        raise DocumentError(first_error, "valid JSON") from None
    yield from values


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _skip_separators(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n-":
        at += 3 if text.startswith("---", at) else 1
    return at


def _take_apart(value: Any, source: str, position: str) -> Iterator[Found]:
    """One value and, if it is a list, everything in it, in order, without recursion."""
    stack = [(value, "", "", position, 0)]
    while stack:
        value, kind, api_version, position, depth = stack.pop()
        try:
            header = _header(value)
        except DocumentError as error:
            yield _at(position, source), error.problem
            continue
        if header is None:
            continue
        kind, api_version = header.kind or kind, header.api_version or api_version
        if header.items is None or not (kind.endswith("List") or not kind):
            if not kind:
                yield _at(position, source), Problem("kind", "nothing", "a Kubernetes kind")
                continue
            yield Entry(kind, api_version, value, source, position)
        elif depth >= MAX_LIST_DEPTH:
            found = f"lists inside lists, {depth} deep"
            yield _at(position, source), Problem("", found, f"at most {MAX_LIST_DEPTH}")
        else:
            item_kind = "" if kind in ("", "List") else kind.removesuffix("List")
            version = api_version if item_kind else ""
            inner = zip(header.items, count(), strict=False)
            children = [(v, item_kind, version, f"{position} items[{i}]", depth + 1) for v, i in inner]
            stack.extend(reversed(children))


def _at(position: str, source: str) -> Subject:
    """For messages about something whose kind is not known."""
    return Subject("document", position.removeprefix("document "), source)


@dataclass(slots=True)
class _PlainHeader:
    kind: str | None
    api_version: str | None
    items: list[Any] | None


def _header(value: Any) -> _Header | _PlainHeader | None:
    """Kind, version and items; None for null. Raises DocumentError when the value is not an object."""
    if isinstance(value, msgspec.Raw):
        try:
            return decode(value, _Header)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            value = plain(value)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise DocumentError(show(value), "a Kubernetes object")
    kind, version, items = value.get("kind"), value.get("apiVersion"), value.get("items")
    for field, text in (("kind", kind), ("apiVersion", version)):
        if not isinstance(text, str | None):
            raise DocumentError(f"{field} {show(text)}", f"a string as {field}")
    if items is not None and not isinstance(items, list) and isinstance(kind, str) and kind.endswith("List"):
        raise DocumentError(f"items {show(items)}", "a list as items")
    return _PlainHeader(kind, version, items if isinstance(items, list) else None)
