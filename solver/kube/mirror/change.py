"""What one changed object means for those who follow the cluster."""

from __future__ import annotations

from enum import Enum

from solver.model.event import Event


class Shift(Enum):
    """A change that events do not tell."""

    RULES = "rules"
    """Nodes, storage classes and the like: followers begin again with the snapshot."""
    SCORES = "scores"
    """Only scores, reports or what is expanded from manifests may differ."""


Change = Event | Shift
