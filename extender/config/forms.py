"""How single settings are written in the configuration file: read, and written back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from extender.config.values import parse_bind
from solver.model.quantity import parse_milli, whole

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
_SIZES = (("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024))


class FormError(ValueError):
    """The value is not of this form."""


@dataclass(frozen=True, slots=True)
class Form:
    expected: str
    read: Callable[[Any], Any]
    """Raises FormError."""
    write: Callable[[Any], str]
    """On one line of YAML."""


def _is(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise FormError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormError
    return float(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_is(str, text) for text in _is(list, value))


def _seconds(value: Any) -> float:
    found = _DURATION.fullmatch(_is(str, value))
    if found is None or not value:
        raise FormError
    hours, minutes, seconds, millis = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + millis / 1000


def _whole_seconds(value: Any) -> int:
    seconds = _seconds(value)
    if seconds != int(seconds):
        raise FormError
    return int(seconds)


def _duration(seconds: float) -> str:
    if seconds != int(seconds):
        return f"{1000 * seconds:.0f}ms" if seconds < 1 else f"{seconds:g}s"
    return f"{int(seconds)}s"


def _bytes(value: Any) -> int:
    try:
        return whole(parse_milli(_is(str, value)))
    except ValueError:
        raise FormError from None


def _size(value: int) -> str:
    for unit, size in _SIZES:
        if value % size == 0:
            return f"{value // size}{unit}"
    return f'"{value}"'


def _address(value: Any) -> tuple[str, int]:
    try:
        return parse_bind(_is(str, value))
    except ValueError:
        raise FormError from None


def _written_address(address: tuple[str, int]) -> str:
    host, port = address
    return json.dumps(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


WHOLE = Form("a whole number", lambda value: _is(int, value), str)
NUMBER = Form("a number", _number, lambda value: f"{value:g}")
SWITCH = Form("true or false", lambda value: _is(bool, value), json.dumps)
TEXT = Form("a text", lambda value: _is(str, value), json.dumps)
TEXTS = Form("a list of texts", _texts, lambda value: json.dumps(list(value)))
DURATION = Form("a duration such as 250ms, 90s or 5m", _seconds, _duration)
WHOLE_SECONDS = Form("a duration in whole seconds such as 90s or 5m", _whole_seconds, _duration)
SIZE = Form("a size such as 128Mi", _bytes, _size)
ADDRESS = Form("HOST:PORT", _address, _written_address)


def choice(kind: type[StrEnum]) -> Form:
    names = [member.value for member in kind]

    def read(value: Any) -> StrEnum:
        if value not in names:
            raise FormError
        return kind(value)

    return Form(" or ".join(names), read, str)
