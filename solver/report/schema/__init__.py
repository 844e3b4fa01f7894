"""The JSON Schema of every document ``-o json`` prints, a file per definition beside this one.

A definition refers to another by its file (``{"$ref": "volume.json"}``). Documents of their own begin with a
capital letter and are named like their ``kind``. What is published is one self-contained schema: ``bundle``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

Schema = dict[str, Any]

_HEAD = "head"
"""The file with what stands above the definitions."""
_ENDING = ".json"


@cache
def kinds() -> tuple[str, ...]:
    """The documents there are."""
    return tuple(name for name in _names() if name[0].isupper())


def bundle(kind: str | None = None) -> Schema:
    """One schema with every definition it needs: of all documents, or of one kind.

    Raises KeyError when there is no document of that kind.
    """
    wanted = kinds() if kind is None else (kind,)
    definitions = _with_what_they_name(wanted)
    alternatives = [{"$ref": f"#/$defs/{name}"} for name in wanted]
    top: Schema = {"oneOf": alternatives} if len(alternatives) > 1 else alternatives[0]
    return {
        **_read(_HEAD),
        **top,
        "$defs": {name: _within(definitions[name]) for name in sorted(definitions)},
    }


def bundled_text(kind: str | None = None) -> str:
    return json.dumps(bundle(kind), indent=2, ensure_ascii=False) + "\n"


@cache
def _names() -> tuple[str, ...]:
    found = (entry.name for entry in files(__package__).iterdir() if entry.name.endswith(_ENDING))
    return tuple(sorted(name.removesuffix(_ENDING) for name in found if name != _HEAD + _ENDING))


def _read(name: str) -> Schema:
    if name != _HEAD and name not in _names():
        raise KeyError(name)
    read: Schema = json.loads(files(__package__).joinpath(name + _ENDING).read_text(encoding="utf-8"))
    return read


def _with_what_they_name(wanted: tuple[str, ...]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    ahead = list(wanted)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = _read(name)
            ahead += _named(found[name])
    return found


def _named(part: Any) -> Iterator[str]:
    """The definitions a part of a schema refers to."""
    if isinstance(part, list):
        for item in part:
            yield from _named(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.removesuffix(_ENDING)
            else:
                yield from _named(value)


def _within(part: Any) -> Any:
    """The same with references into the bundle."""
    if isinstance(part, list):
        return [_within(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: f"#/$defs/{value.removesuffix(_ENDING)}" if key == "$ref" else _within(value)
        for key, value in part.items()
    }
