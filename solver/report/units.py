"""Counts, shares and bars as people write them; amounts of resources are in ``solver.model.units``."""

from __future__ import annotations


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
