"""How recent what is known of each kind is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class _Kind:
    required: bool
    listed: bool = False
    refused: str = ""
    """Why it may not be read."""
    trouble: str = ""
    """The last failure since something was heard."""
    heard_at: float = 0.0


class Health:
    """Times are those of one monotonic clock. Not safe for several threads."""

    def __init__(self, kinds: Iterable[tuple[str, bool]]) -> None:
        """Names, and whether there is no snapshot without them."""
        self._kinds = {name: _Kind(required) for name, required in kinds}

    @property
    def synced(self) -> bool:
        """Every kind was listed, or may not be and is not required."""
        return all(kind.listed or (kind.refused and not kind.required) for kind in self._kinds.values())

    def refused(self) -> frozenset[str]:
        return frozenset(name for name, kind in self._kinds.items() if kind.refused and not kind.listed)

    def listed(self, name: str, now: float) -> None:
        self._kinds[name].listed = True
        self._kinds[name].refused = ""
        self.heard(name, now)

    def heard(self, name: str, now: float) -> None:
        self._kinds[name].heard_at = now
        self._kinds[name].trouble = ""

    def refuse(self, name: str, reason: str) -> None:
        self._kinds[name].refused = reason

    def fail(self, name: str, reason: str) -> None:
        self._kinds[name].trouble = reason

    def age_s(self, now: float) -> float:
        """Of the kind nothing was heard of for longest; 0 before everything was listed."""
        if not self.synced:
            return 0.0
        return max((now - kind.heard_at for kind in self._kinds.values() if kind.listed), default=0.0)

    def troubles(self, now: float, limit_s: float) -> tuple[str, ...]:
        """A line for each kind that is not known, or not known to be up to date."""
        return tuple(
            text for name, kind in self._kinds.items() if (text := _trouble(name, kind, now, limit_s))
        )


def _trouble(name: str, kind: _Kind, now: float, limit_s: float) -> str:
    because = f" ({kind.refused or kind.trouble})" if kind.refused or kind.trouble else ""
    if not kind.listed:
        return f"{name}: not listed yet{because}" if kind.required or not kind.refused else ""
    silent_s = now - kind.heard_at
    if silent_s <= limit_s:
        return ""
    return f"{name}: nothing heard for {silent_s:.0f} s, the limit is {limit_s:.0f} s{because}"
