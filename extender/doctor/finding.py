"""One place where a code applies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    code: str
    about: str
    """The file or object."""
    path: str
    found: str
    expected: str = ""
    """Where it says more than the code's remedy."""
