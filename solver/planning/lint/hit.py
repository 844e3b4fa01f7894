"""One place where a code applies."""

from __future__ import annotations

from dataclasses import dataclass

from solver.kube.inventory import Loaded
from solver.planning.lint.codes import Severity


@dataclass(frozen=True, slots=True)
class Hit:
    about: Loaded
    path: str
    """From the top of the object; "" for all of it."""
    sentence: str
    severity: Severity | None = None
    """Where it is not the code's own."""
