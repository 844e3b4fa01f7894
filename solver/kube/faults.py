"""Problems inside one object, before it is known whose object it is; and how values are shown in messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from solver.errors import Fault

_SHOWN = 80


class Problem(NamedTuple):
    """One thing wrong at ``path`` inside an object."""

    path: str
    found: str
    expected: str

    def under(self, prefix: str) -> Problem:
        """The same problem seen from an object that holds this one at ``prefix``."""
        return self._replace(path=join(prefix, self.path))


@dataclass(frozen=True, slots=True)
class Subject:
    """The object a problem belongs to."""

    kind: str
    name: str
    source: str

    def fault(self, problem: Problem) -> Fault:
        return Fault(
            kind=self.kind,
            name=self.name,
            path=problem.path,
            found=problem.found,
            expected=problem.expected,
            source=self.source,
        )


def join(prefix: str, path: str) -> str:
    """Field paths glued the way Kubernetes writes them: ``spec.ports[0].name``."""
    if not prefix or not path or path.startswith("["):
        return prefix + path
    return f"{prefix}.{path}"


def show(value: object) -> str:
    """A value short enough for one line of a message, in JSON so that types can be told apart."""
    if value is None:
        return "null"
    if isinstance(value, msgspec.Struct):
        value = msgspec.to_builtins(value)
    try:
        text = json.dumps(value, default=str, skipkeys=True)
    except (ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
