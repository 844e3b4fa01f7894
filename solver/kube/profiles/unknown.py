"""Fields that a strictly read document has and its type does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from msgspec import inspect

from solver.kube.faults import Problem, join
from solver.kube.raw import Raw

_ALIKE = 0.6


def unknown_fields(value: Any, wanted: type[Raw]) -> Iterator[Problem]:
    """``value`` is plain data. Parts of the wrong type are passed over: that is another fault."""
    yield from _unknown(value, inspect.type_info(wanted), "")


def advice(name: str, known: Iterable[str]) -> str:
    """`` (did you mean x?)`` or nothing."""
    alike = nearest(name, known)
    return f" (did you mean {alike}?)" if alike else ""


def nearest(name: str, known: Iterable[str], cutoff: float = _ALIKE) -> str | None:
    lower = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), lower, n=1, cutoff=cutoff)
    return lower[found[0]] if found else None


def _unknown(value: Any, wanted: inspect.Type, path: str) -> Iterator[Problem]:
    match wanted, value:
        case inspect.UnionType(types=types), _:
            for one in types:
                yield from _unknown(value, one, path)
        case inspect.StructType(fields=fields), dict():
            by_name = {field.encode_name: field.type for field in fields}
            for name, inner in value.items():
                if name in by_name:
                    yield from _unknown(inner, by_name[name], join(path, name))
                else:
                    known = ", ".join(sorted(by_name))
                    expected = f"no field of that name{advice(str(name), by_name)}; known are {known}"
                    yield Problem(join(path, str(name)), "an unknown field", expected)
        case inspect.ListType(item_type=item), list():
            for i, inner in enumerate(value):
                yield from _unknown(inner, item, f"{path}[{i}]")
