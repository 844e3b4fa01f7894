"""Preferences, one per file, in lexicographic order after the pods placed (``unplaced``)."""

from __future__ import annotations

from solver.objectives import even_prefixes, even_use, soft_rules
from solver.objectives.base import Objective

OBJECTIVES: tuple[Objective, ...] = (soft_rules, even_prefixes, even_use)

__all__ = ["OBJECTIVES", "Objective"]
