"""What a scheduler profile can change about filters and scores; the defaults are v1.34.1's default profile.

Only values: reading a KubeSchedulerConfiguration file is ``solver.kube.profiles``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from frozendict import frozendict

from solver.model.names import HOSTNAME, ZONE
from solver.model.pod import DEFAULT_SCHEDULER, PreferredNodeTerm, SpreadConstraint
from solver.model.requirement import NodeSelector

FILTERS = (
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
)
"""Table of section 1, in its order."""

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
"""Table of section 1; a plugin without a weight does not score."""

SYSTEM_CONSTRAINTS = (
    SpreadConstraint(topology_key=HOSTNAME, max_skew=3, hard=False, selector=None),
    SpreadConstraint(topology_key=ZONE, max_skew=5, hard=False, selector=None),
)
"""T20; the selector is filled in per pod (T21)."""

CPU_AND_MEMORY = (("cpu", 1), ("memory", 1))


class StrategyType(StrEnum):
    """How NodeResourcesFit scores (R15, R20, R21)."""

    LEAST = "LeastAllocated"
    MOST = "MostAllocated"
    RATIO = "RequestedToCapacityRatio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    type: StrategyType = StrategyType.LEAST
    resources: tuple[tuple[str, int], ...] = CPU_AND_MEMORY
    """Resource and weight."""
    shape: tuple[tuple[int, int], ...] = ()
    """R21: utilisation in percent, ascending, and score 0-10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    prefilters: tuple[str, ...] = FILTERS
    """Plugins asked about the pod alone (G2), in order."""
    filters: tuple[str, ...] = FILTERS
    """Plugins asked about each node (G1), in order."""
    weights: frozendict[str, int] = WEIGHTS
    strategy: Strategy = Strategy()
    balanced_resources: tuple[str, ...] = ("cpu", "memory")
    """R17."""
    hard_pod_affinity_weight: int = 1
    """A15; 0 switches that part of the score off."""
    ignore_preferences_of_others: bool = False
    """A19: pods without preferred terms of their own are not scored by those of others."""
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

    def ignores(self, resource: str) -> bool:
        """R14: only what an extended resource is can be ignored."""
        group, slash, _ = resource.partition("/")
        if not slash or "kubernetes.io/" in resource:
            return False
        return resource in self.ignored_resources or group in self.ignored_resource_groups

    def __post_init__(self) -> None:
        assert set(self.filters) <= set(self.prefilters) <= set(FILTERS), "a filter needs its PreFilter"

    @property
    def left_out(self) -> tuple[str, ...]:
        """Filters of the default profile that this one does not ask."""
        return tuple(name for name in FILTERS if name not in self.filters)


DEFAULT_PROFILE = Profile()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """Who judges which pod, by ``spec.schedulerName``."""

    by_name: frozendict[str, Profile] = frozendict()
    otherwise: Profile = DEFAULT_PROFILE
    """For pods of a scheduler nobody described: they are judged like the rest, and marked."""

    def of(self, scheduler_name: str) -> Profile:
        return self.by_name.get(scheduler_name, self.otherwise)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.by_name) or (DEFAULT_SCHEDULER,)


DEFAULT_PROFILES = Profiles()
