"""A ResourceQuota as far as pods and claims count against it."""

from __future__ import annotations

from dataclasses import dataclass

from frozendict import frozendict


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Amounts are in the units of ``Pod.requests``: millicores for cpu, whole units otherwise."""

    namespace: str
    name: str
    hard: frozendict[str, int] = frozendict()
    used: frozendict[str, int] | None = None
    """What the API server last counted; None where the object does not say."""
