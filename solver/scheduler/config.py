"""What a scheduler profile can change about filters and scores; the defaults are v1.34.1's default profile.

Only values: reading a KubeSchedulerConfiguration file happens elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from frozendict import frozendict

from solver.model.names import HOSTNAME, ZONE
from solver.model.pod import PreferredNodeTerm, SpreadConstraint
from solver.model.requirement import NodeSelector

WEIGHTS = frozendict(
    {
        "TaintToleration": 3,
        "NodeAffinity": 2,
        "NodeResourcesFit": 1,
        "PodTopologySpread": 2,
        "InterPodAffinity": 2,
        "NodeResourcesBalancedAllocation": 1,
        "ImageLocality": 1,
    }
)
"""Table of section 1."""

SYSTEM_CONSTRAINTS = (
    SpreadConstraint(topology_key=HOSTNAME, max_skew=3, hard=False, selector=None),
    SpreadConstraint(topology_key=ZONE, max_skew=5, hard=False, selector=None),
)
"""T20; the selector is filled in per pod (T21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerConfig:
    weights: frozendict[str, int] = WEIGHTS
    hard_pod_affinity_weight: int = 1
    """A15; 0 switches that part of the score off."""
    exact_namespace_selector: bool = True
    """A18: evaluate namespace selectors of an incoming pod as v1.34 does; False follows the documentation."""
    default_constraints: tuple[SpreadConstraint, ...] | None = None
    """T20: None is ``defaultingType: System``; a tuple is a custom list, selectors filled in per pod."""
    added_affinity: NodeSelector | None = None
    """L2."""
    added_preferences: tuple[PreferredNodeTerm, ...] = ()
    """L9."""
    ignored_resources: frozenset[str] = frozenset()
    """R14, X10: resources the filter leaves alone."""
    ignored_resource_groups: frozenset[str] = frozenset()
    """R14: the part of a resource name before its ``/``."""
