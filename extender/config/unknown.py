"""Fields that are not known, and what may have been meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from solver.kube.faults import Problem, join, show


def unknown_fields(
    value: Mapping[Any, Any], known: Collection[str], path: str, elsewhere: Mapping[str, str] | None = None
) -> Iterator[Problem]:
    """``elsewhere`` is where else a field of some name would stand."""
    for name in value:
        if name not in known:
            yield Problem(join(path, str(name)), "an unknown field", _meant(name, known, elsewhere or {}))


def _meant(name: Any, known: Collection[str], elsewhere: Mapping[str, str]) -> str:
    if not isinstance(name, str):
        return f"a name, not {show(name)}"
    plain = {_plain(candidate): candidate for candidate in known}
    close = get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    if close:
        return f"a known field; did you mean {plain[close[0]]}?"
    if name in elsewhere:
        return f"a known field; did you mean {elsewhere[name]}?"
    return f"one of {', '.join(known)}"


def _plain(name: str) -> str:
    """``idle_timeout`` and ``IdleTimeout`` are near ``idleTimeout``."""
    return name.replace("_", "").replace("-", "").lower()
