"""A slot of a plan that is kept free for its pod (A7)."""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.names import NodeName, PodKey
from solver.model.pod import WorkloadKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    pod: PodKey
    node: NodeName
    workload: WorkloadKey | None
    expires_at: float
    """On the monotonic clock."""
