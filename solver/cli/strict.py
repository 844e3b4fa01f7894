"""What ``kubectl --validate=strict`` would refuse in manifests: fields no object has, and fields given twice.

Both are warnings here: kube-scheduler would never see them. Which fields there are is what the Kubernetes
client's own models say. Kinds and versions without a model are not judged, nor is ``status``, which nobody
writes by hand.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from kubernetes.client import models

from solver.kube.faults import join
from solver.kube.inventory import Loaded

_LIST = re.compile(r"[Ll]ist\[(.+)\]")
_MAP = re.compile(r"[Dd]ict[\[(]str, (.+)[\])]")
_FREE = "object"
"""The client's word for a value of any form."""
_ALIKE = 0.7
"""How alike two names must be for one to be a misspelling of the other."""


def odd_fields(manifest: Loaded) -> Iterator[str]:
    """A warning for each such field: object, field path, and the nearest field that exists."""
    version = manifest.entry.api_version.rpartition("/")[2]
    kind = f"{version.capitalize()}{manifest.kind.name}"
    if "apiVersion" not in _fields(kind):
        return
    subject = manifest.subject
    where = f"{subject.source}: " if subject.source else ""
    try:
        found = list(_odd(_plain(manifest.entry.value), kind, kind, ""))
    except RecursionError:
        return  # no field of the API is nested so deep
    yield from (f"{where}{subject.kind} {subject.name} {path}: {text}" for path, text in found)


def _odd(value: Any, kind: str, root: str, path: str) -> Iterator[tuple[str, str]]:
    """Paths, and what is wrong there. ``kind`` is the client's type of the value, ``root`` of the object."""
    if isinstance(value, list):
        inner = _LIST.fullmatch(kind)
        for index, item in enumerate(value):
            yield from _odd(item, inner[1] if inner else _FREE, root, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name in getattr(value, "doubled", ()):
            yield join(path, name), "given more than once; the last one counts"
        for name, item in value.items():
            inner_kind = _kind_of(kind, name)
            if inner_kind is None:
                yield join(path, name), f"no such field, ignored{_advice(kind, root, name)}"
            elif path or name != "status":
                yield from _odd(item, inner_kind, root, join(path, name))


def _kind_of(kind: str, name: str) -> str | None:
    """The type of an object's field; None when it has no field of that name."""
    fields = _fields(kind)
    if fields:
        return fields.get(name)
    entries = _MAP.fullmatch(kind)
    return entries[1] if entries else _FREE


@cache
def _fields(kind: str) -> Mapping[str, str]:
    """Field name to type; empty for what is not an object of a fixed form."""
    model = getattr(models, kind, None)
    if model is None:
        return {}
    return {field: model.openapi_types[attribute] for attribute, field in model.attribute_map.items()}


def _advice(kind: str, root: str, name: str) -> str:
    alike = get_close_matches(name, _fields(kind), n=1, cutoff=_ALIKE)
    found = alike[0] if alike else _elsewhere(root, name)
    return f"; did you mean {found}?" if found else ""


@cache
def _elsewhere(root: str, name: str) -> str:
    """A field of that name at another place, nearest the top: most often the indentation is wrong."""
    ahead, seen = deque([(root, "")]), {root}
    while ahead:
        kind, path = ahead.popleft()
        fields = _fields(kind)
        if name in fields:
            return join(path, name)
        for field, inner in fields.items():
            if inner not in seen and field != "status":
                seen.add(inner)
                ahead.append((inner, join(path, field)))
    return ""


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its fields were given more than once."""

    doubled: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        made.doubled = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return made


def _plain(value: Any) -> Any:
    """YAML has been read already, and may not repeat a field."""
    return json.loads(bytes(value), object_pairs_hook=_object) if isinstance(value, msgspec.Raw) else value
