"""Errors, by whose fault they are. No I/O and no wording for a particular front end.

``InputError``: the documents (exit 1; ``Error`` in an extender verb's answer, 400 elsewhere).
``UnsupportedError``: valid Kubernetes that Bulkhead does not model and refuses to guess.
``InternalError``: ours; a placement failed its own verification (exit 1, 500).
``ExecutorError``: the machines the work should run on are not there (exit 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with one object, worded so that its owner can mend it."""

    kind: str
    """Kubernetes kind, or "document" when not even that is known."""
    name: str
    """``namespace/name``, or ``name`` for cluster-scoped objects, or a position in the source."""
    path: str
    """Field path, for example ``spec.containers[0].resources.requests.cpu``; "" for the whole object."""
    found: str
    """The value found, rendered short."""
    expected: str
    source: str = ""
    """File (or ``-``) the object came from."""

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        field = f" {self.path}" if self.path else ""
        return f"{where}{self.kind} {self.name}{field}: found {self.found}; expected {self.expected}"


class BulkheadError(Exception):
    """Base of every error this project raises on purpose."""


class InputError(BulkheadError):
    """The input cannot be read or judged. Carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UnsupportedError(InputError):
    """Valid Kubernetes that is not modelled, where guessing would give a wrong verdict."""


class InternalError(BulkheadError):
    """A bug of ours: for example a placement that failed the independent check."""


class ExecutorError(BulkheadError):
    """The executor asked for cannot be had: an extra is not installed, a cluster out of reach."""
