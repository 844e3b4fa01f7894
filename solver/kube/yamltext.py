"""YAML text to plain Python data, the way Kubernetes reads YAML.

libyaml gives the events; they are put together here, without recursion, so that hostile input meets a
limit and not the end of the stack. Scalars follow go-yaml, which Kubernetes uses: no timestamps, no
sexagesimal numbers. Source: sigs.k8s.io/yaml ``goyaml.v2/resolve.go``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

MAX_DEPTH = 500
MAX_COPIES = 1_000_000
"""How many values aliases may add to one document; the "billion laughs" end here."""

_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
}
_INTEGER = re.compile(r"[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MAX_DIGITS = 400
_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"


class YamlError(Exception):
    """Text that is not YAML, or YAML that Kubernetes would not take."""


class _Open:
    """A collection whose end has not been seen yet."""

    __slots__ = ("anchor", "key", "merges", "start", "value", "wants_key")

    def __init__(self, value: Any, anchor: str | None, start: int) -> None:
        self.value = value
        self.anchor = anchor
        self.start = start
        self.wants_key = isinstance(value, dict)
        self.key = ""
        self.merges: list[Any] = []


class _Builder:
    """Builds the values of one document. ``made`` counts values, aliases included, against MAX_COPIES."""

    def __init__(self) -> None:
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.made = 0
        self.copied = 0
        self.root: Any = None

    def take(self, event: Any) -> None:
        match event:
            case yaml.MappingStartEvent():
                self.start({}, event)
            case yaml.SequenceStartEvent():
                self.start([], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.end(event)
            case yaml.ScalarEvent():
                self.scalar(event)
            case yaml.AliasEvent():
                self.alias(event)

    def start(self, value: Any, event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise YamlError(f"nesting deeper than {MAX_DEPTH} {_where(event)}")
        if self.open and self.open[-1].wants_key:
            raise YamlError(f"a mapping key that is not a scalar {_where(event)}")
        self.made += 1
        self.open.append(_Open(value, event.anchor, self.made))

    def end(self, event: Any) -> None:
        done = self.open.pop()
        for merged in done.merges:
            for key, value in merged.items():
                done.value.setdefault(key, value)
        self._name(done.anchor, done.value, self.made - done.start + 1)
        self._put(done.value, event)

    def scalar(self, event: Any) -> None:
        self.made += 1
        if self.open and self.open[-1].wants_key:
            self._set_key(_key(event), event)
            return
        value = resolve(event)
        self._name(event.anchor, value, 1)
        self._put(value, event)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise YamlError(f"alias *{event.anchor} to nothing known {_where(event)}")
        value, size = self.anchors[event.anchor]
        self.made += size
        self.copied += size
        if self.copied > MAX_COPIES:
            raise YamlError(f"aliases that stand for more than {MAX_COPIES} values {_where(event)}")
        if self.open and self.open[-1].wants_key:
            if not isinstance(value, str):
                raise YamlError(f"a mapping key that is not a string {_where(event)}")
            self._set_key(value, event)
        else:
            self._put(value, event)

    def _name(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)

    def _set_key(self, key: str, event: Any) -> None:
        target = self.open[-1]
        if key in target.value:
            raise YamlError(f"key {key!r} given twice {_where(event)}")
        target.key = key
        target.wants_key = False

    def _put(self, value: Any, event: Any) -> None:
        if not self.open:
            self.root = value
            return
        target = self.open[-1]
        if isinstance(target.value, list):
            target.value.append(value)
        elif target.key == _MERGE:
            target.merges.extend(_merged(value, event))
            target.wants_key = True
        else:
            target.value[target.key] = value
            target.wants_key = True


def load_all(text: str) -> Iterator[Any]:
    """Every document of a YAML stream; None for an empty one. Raises YamlError."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            match event:
                case yaml.DocumentStartEvent():
                    builder = _Builder()
                case yaml.DocumentEndEvent():
                    yield builder.root
                case _:
                    builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        told = (error.problem or error.context or "").removeprefix("found ")  # what follows says so itself
        raise YamlError(f"{told}{where}") from None
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from None


def resolve(event: Any) -> Any:
    """The value of a scalar: quoted text is text, plain text may be null, a boolean or a number."""
    text: str = event.value
    tag: str | None = event.tag
    if tag in (f"{_TAG}str", "!", f"{_TAG}binary") or (tag is None and not event.implicit[0]):
        return text
    return plain_scalar(text)


def plain_scalar(text: str) -> Any:
    """go-yaml's reading of an unquoted scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if not text[0].isascii() or text[0] not in "+-.0123456789" or len(text) > _MAX_DIGITS:
        return text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return _integer(digits)
    if _FLOAT.fullmatch(digits):
        return float(digits)
    return text


def _integer(digits: str) -> int:
    """Go's base prefixes, where a leading 0 alone means octal."""
    sign = -1 if digits[0] == "-" else 1
    body = digits.lstrip("+-")
    if len(body) > 1 and body[0] == "0" and body[1].isdigit():
        return sign * int(body, 8)
    return sign * int(body, 0)


def _key(event: Any) -> str:
    """Mapping keys end up as JSON keys, so numbers and booleans become their text."""
    value = resolve(event)
    if value is None or isinstance(value, str):
        return event.value if value is None else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _merged(value: Any, event: Any) -> list[dict[str, Any]]:
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise YamlError(f"a merge key << without a mapping {_where(event)}")
    return sources


def _where(event: Any) -> str:
    return f"at line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"
