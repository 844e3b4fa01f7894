"""Amounts as people write them. Documents have exact integers; these strings are for reading."""

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


def amount(resource: str, value: int) -> str:
    """``value`` of a resource as ``Pod.requests`` counts it."""
    if resource == "cpu":
        return cpu(value)
    in_bytes = resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-")
    return size(value) if in_bytes else str(value)
