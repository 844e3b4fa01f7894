"""Amounts as people write them. Exact integers stay in the JSON document; these strings are for reading."""

from __future__ import annotations

_BINARY = (("Ei", 2**60), ("Pi", 2**50), ("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


def cpu(millis: int) -> str:
    """Cores, at least one decimal: 6000 is ``6.0``, 2750 is ``2.75``."""
    text = f"{millis / 1000:.3f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def size(amount_bytes: int) -> str:
    """The largest binary unit that is not below one, at most two decimals: ``24Gi``, ``1.5Gi``."""
    for unit, factor in _BINARY:
        if abs(amount_bytes) >= factor:
            return f"{amount_bytes / factor:.2f}".rstrip("0").rstrip(".") + unit
    return str(amount_bytes)


def count(number: int, noun: str) -> str:
    """``1 pod``, ``2 pods``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def percent(part: int, whole: int) -> str:
    """Half up, so that the same fraction always reads the same."""
    return f"{_share(part, whole, 100)}%" if whole > 0 else "-"


def bar(part: int, whole: int, width: int = 20) -> str:
    """``part`` of ``whole`` as filled and empty blocks; more than everything is drawn as everything."""
    filled = min(width, _share(part, whole, width)) if whole > 0 else 0
    return "█" * filled + "░" * (width - filled)


def _share(part: int, whole: int, of: int) -> int:
    return (2 * part * of + whole) // (2 * whole)
