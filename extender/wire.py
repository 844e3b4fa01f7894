"""The extender protocol of kube-scheduler: bytes to ``ExtenderArgs``, answers to bytes. Nothing is decided
here.

Source: ``k8s.io/kube-scheduler/extender/v1/types.go`` at v0.34.1 (X2, X3, X7). Its structures have no JSON
tags, so keys are Go field names; the decoder on the other side ignores letter case, and so does this one.
Fields that are not known are tolerated. Only the objects' names are read; nodes come and go as the JSON text
they arrived in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from frozendict import frozendict

from solver.kube.decoding import decode
from solver.model.names import NodeName

T = TypeVar("T")
Fields = dict[str, msgspec.Raw]

MAX_ERROR_CHARS = 900
"""The note of an event is cut at 1,024 characters."""


class WireError(Exception):
    """The request is not what the protocol says; the text goes back in ``Error``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtenderArgs:
    """What filter and prioritize are asked: a pod and its candidate nodes."""

    pod: bytes
    """The pod as JSON text."""
    names: bytes = b""
    """The list of node names as JSON text, with ``nodeCacheCapable: true``."""
    objects: frozendict[NodeName, msgspec.Raw] | None = None
    """The node objects, with ``nodeCacheCapable: false``; None with ``true``."""

    def nodes(self) -> tuple[NodeName, ...]:
        """In the order of the request. Raises WireError."""
        if self.objects is not None:
            return tuple(self.objects)
        return decode_as(self.names, tuple[NodeName, ...], "NodeNames")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterResult:
    kept: tuple[NodeName, ...] = ()
    refused: Mapping[NodeName, str] = frozendict()
    """Node to reason. Goes out as ``FailedAndUnresolvableNodes``: every node we are asked about has passed
    the in-tree filters, so there is no victim whose eviction would change the answer, and looking for one is
    an error in kube-scheduler's log."""


class _FilterAnswer(msgspec.Struct, rename="pascal"):
    nodes: dict[str, object] | None
    node_names: tuple[NodeName, ...] | None
    failed_nodes: dict[NodeName, str]
    failed_and_unresolvable_nodes: dict[NodeName, str]
    error: str


class HostPriority(msgspec.Struct, frozen=True, rename="pascal"):
    host: NodeName
    score: int


def decode_args(body: bytes) -> ExtenderArgs:
    """The body of a filter or prioritize request. Raises WireError."""
    pod, fields = require_body(body)
    nodes, names = present(fields, "nodes"), present(fields, "nodenames")
    if nodes is not None and names is not None:
        raise WireError("the request has both Nodes and NodeNames; expected one of them")
    if names is not None:
        return ExtenderArgs(pod=pod, names=bytes(names))
    if nodes is None:
        raise WireError("the request has neither Nodes nor NodeNames")
    return ExtenderArgs(pod=pod, objects=_node_objects(nodes))


def require_body(body: bytes) -> tuple[bytes, Fields]:
    """The pod of a request, and all fields. Raises WireError."""
    if not body.strip():
        raise WireError("the request body is empty")
    _require_text(body)
    fields = fields_of(body, "the request body")
    pod = present(fields, "pod")
    if pod is None:
        raise WireError("the request has no Pod")
    text = bytes(pod)
    _object(text, "Pod")
    return text, fields


def encode_filter(args: ExtenderArgs, result: FilterResult) -> bytes:
    """The answer in the mode of the question. Neither list is ever left out: that would read as "no node
    fits" (X4)."""
    kept_objects: dict[str, object] | None = None
    if args.objects is not None:
        kept_objects = {"metadata": {}, "items": [args.objects[name] for name in result.kept]}
    answer = _FilterAnswer(
        nodes=kept_objects,
        node_names=result.kept if args.objects is None else None,
        failed_nodes={},
        failed_and_unresolvable_nodes=dict(result.refused),
        error="",
    )
    return msgspec.json.encode(answer)


def encode_names(kept: bytes, refused: bytes) -> bytes:
    """The answer with ``nodeCacheCapable: true``, from names and ``"name":"reason"``, JSON already, each with
    a comma after it."""
    return b"".join(
        (
            b'{"Nodes":null,"NodeNames":[',
            kept[:-1],
            b'],"FailedNodes":{},"FailedAndUnresolvableNodes":{',
            refused[:-1],
            b'},"Error":""}',
        )
    )


def encode_listed(priorities: bytes) -> bytes:
    """A bare array of priorities that are JSON already, each with a comma after it."""
    return b"[%b]" % priorities[:-1]


def encode_filter_error(text: str) -> bytes:
    """The only text of a failed call that reaches a user."""
    return msgspec.json.encode(
        _FilterAnswer(
            nodes=None,
            node_names=None,
            failed_nodes={},
            failed_and_unresolvable_nodes={},
            error=f"bulkhead: {text}"[:MAX_ERROR_CHARS],
        )
    )


def encode_priorities(scores: Mapping[NodeName, int]) -> bytes:
    """A bare array, one entry per host: a host listed twice would be counted twice."""
    return msgspec.json.encode([HostPriority(host=host, score=score) for host, score in scores.items()])


def encode_json(value: object) -> bytes:
    """For the endpoints beside the verbs."""
    return msgspec.json.encode(value)


def _node_objects(nodes: msgspec.Raw) -> frozendict[NodeName, msgspec.Raw]:
    items = present(fields_of(nodes, "Nodes"), "items")
    listed = [] if items is None else decode_as(items, list[msgspec.Raw], "Nodes.items")
    objects: dict[NodeName, msgspec.Raw] = {}
    for position, item in enumerate(listed):
        objects.setdefault(_node_name(item, f"Nodes.items[{position}]"), item)
    return frozendict(objects)


class _Meta(msgspec.Struct):
    name: NodeName


class _Named(msgspec.Struct):
    metadata: _Meta


def _node_name(item: msgspec.Raw, where: str) -> NodeName:
    try:
        return decode(item, _Named).metadata.name
    except (msgspec.MsgspecError, RecursionError) as error:
        raise WireError(f"{where} is not a node with a name: {_told(error)}") from None


def fields_of(text: bytes | msgspec.Raw, what: str) -> Fields:
    """The members of a JSON object by lower-case key, as Go's decoder matches them."""
    return {key.lower(): value for key, value in decode_as(text, Fields, what).items()}


def present(fields: Fields, key: str) -> msgspec.Raw | None:
    """The member, or None when it is absent or null."""
    value = fields.get(key)
    return None if value is None or bytes(value).strip() == b"null" else value


def _require_text(body: bytes) -> None:
    """Node objects are echoed as they came, so what is not text must not come in."""
    if body.isascii():
        return
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise WireError(f"the request body is not UTF-8: {error.reason} at byte {error.start}") from None


def _object(text: bytes, what: str) -> None:
    if not text.lstrip().startswith(b"{"):
        raise WireError(f"{what} is not a JSON object")


def decode_as(text: bytes | msgspec.Raw, wanted: type[T], what: str) -> T:
    """Raises WireError."""
    try:
        return decode(text, wanted)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise WireError(f"{what} cannot be read: {_told(error)}") from None


def _told(error: Exception) -> str:
    return "very deep nesting" if isinstance(error, RecursionError) else str(error)
