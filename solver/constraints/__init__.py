"""The hard rules, one per file, posted on ``solver.variables``. Node-level rules are in ``Problem.limit``.

Each has a twin in ``solver.verify``, written apart from it.
"""

from __future__ import annotations

from solver.constraints import (
    capacity,
    node_conflicts,
    one_node_per_pod,
    ordering,
    pod_affinity,
    pod_anti_affinity,
    shared_claims,
    static_volumes,
    topology_spread,
    volume_limits,
)
from solver.constraints.base import Constraint

CONSTRAINTS: tuple[Constraint, ...] = (
    one_node_per_pod,
    capacity,
    node_conflicts,
    shared_claims,
    volume_limits,
    static_volumes,
    topology_spread,
    pod_anti_affinity,
    pod_affinity,
    ordering,
)

__all__ = ["CONSTRAINTS", "Constraint"]
