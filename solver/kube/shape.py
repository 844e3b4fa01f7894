"""Plain data or JSON text to one of the types of ``raw``; on failure every mismatch, not only the first.

The quick way is msgspec's own decoder. Only when it refuses is the value walked against the same type.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from solver.kube.decoding import convert, decode
from solver.kube.documents import DocumentError, plain
from solver.kube.faults import Problem, join, show
from solver.kube.raw import Raw

T = TypeVar("T", bound=Raw)


class ShapeError(Exception):
    """The value has fields of the wrong type."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


@functools.cache
def _type_info(wanted: type[Raw]) -> inspect.Type:
    return inspect.type_info(wanted)


def typed(value: Any, wanted: type[T]) -> T:
    """``value`` (``msgspec.Raw`` or plain data) as ``wanted``. Raises ShapeError."""
    try:
        return decode(value, wanted) if isinstance(value, msgspec.Raw) else convert(value, wanted)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ShapeError(_explained(value, wanted, str(error))) from None


def _explained(value: Any, wanted: type[Raw], first: str) -> list[Problem]:
    try:
        found = list(_mismatches(plain(value), _type_info(wanted), ""))
    except DocumentError as error:
        return [error.problem]
    return found or [Problem("", first, "an object of the documented form")]


def _mismatches(value: Any, wanted: inspect.Type, path: str) -> Iterator[Problem]:
    match wanted:
        case inspect.UnionType(types=types):
            yield from _union_mismatches(value, types, path)
        case inspect.StructType() | inspect.DictType() if not isinstance(value, dict):
            yield Problem(path, show(value), "an object")
        case inspect.ListType() if not isinstance(value, list):
            yield Problem(path, show(value), "a list")
        case inspect.StructType() | inspect.DictType() | inspect.ListType():
            for inner, inner_type, inner_path in _parts(value, wanted, path):
                yield from _mismatches(inner, inner_type, inner_path)
        case _:
            if not _is(value, wanted):
                yield Problem(path, show(value), _NAMES[type(wanted)])


def _parts(
    value: Any, wanted: inspect.StructType | inspect.DictType | inspect.ListType, path: str
) -> Iterator[tuple[Any, inspect.Type, str]]:
    match wanted:
        case inspect.StructType(fields=fields):
            for field in fields:
                if field.encode_name in value:
                    yield value[field.encode_name], field.type, join(path, field.encode_name)
        case inspect.DictType(value_type=value_type):
            for key, inner in value.items():
                yield inner, value_type, f"{path}[{key}]"
        case inspect.ListType(item_type=item_type):
            for i, inner in enumerate(value):
                yield inner, item_type, f"{path}[{i}]"


def _union_mismatches(value: Any, types: tuple[inspect.Type, ...], path: str) -> Iterator[Problem]:
    """Unions here are "or null", and number or string for quantities."""
    if any(_is(value, one) for one in types):
        return
    inner = [one for one in types if not isinstance(one, inspect.NoneType)]
    if len(inner) == 1:
        yield from _mismatches(value, inner[0], path)
    else:
        yield Problem(path, show(value), " or ".join(_NAMES[type(one)] for one in inner))


_NAMES: dict[type[inspect.Type], str] = {
    inspect.StrType: "a string (numbers, true, false and null need quotes)",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
}


def _is(value: Any, wanted: inspect.Type) -> bool:
    match wanted:
        case inspect.NoneType():
            return value is None
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType(ge=low, le=high):
            if isinstance(value, bool) or not isinstance(value, int):
                return False
            return (low is None or value >= low) and (high is None or value <= high)
        case inspect.FloatType():
            return isinstance(value, float)
    return False


def unknown_fields(value: Any, wanted: type[Raw]) -> Iterator[Problem]:
    """Fields of a document of our own that its format does not have."""
    yield from _unknown(value, _type_info(wanted), "")


def _unknown(value: Any, wanted: inspect.Type, path: str) -> Iterator[Problem]:
    """Fields that the format does not have."""
    match wanted:
        case inspect.UnionType(types=types):
            for one in types:
                yield from _unknown(value, one, path)
        case inspect.StructType(fields=fields) if isinstance(value, dict):
            known = {field.encode_name: field.type for field in fields}
            for name, inner in value.items():
                if name in known:
                    yield from _unknown(inner, known[name], join(path, name))
                else:
                    yield Problem(join(path, str(name)), "an unknown field", _meant(str(name), list(known)))
        case inspect.ListType(item_type=item_type) if isinstance(value, list):
            for i, inner in enumerate(value):
                yield from _unknown(inner, item_type, f"{path}[{i}]")


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"{close[0]}, perhaps" if close else f"one of {', '.join(known)}"
