"""What a planning question is and how it is answered. Verdict and proof are separate words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from frozendict import frozendict

from solver.model.names import NodeName, PodKey
from solver.model.placement import Placement


class ReasonCode(StrEnum):
    """Rule families, a closed enumeration of the result format."""

    RESOURCES = "Resources"
    POD_COUNT = "PodCount"
    HOST_PORT = "HostPort"
    NODE_SELECTION = "NodeSelection"
    TAINT = "Taint"
    VOLUME_ACCESS = "VolumeAccess"
    VOLUME_CAPACITY = "VolumeCapacity"
    VOLUME_LIMIT = "VolumeLimit"
    ACCESS_MODE = "AccessMode"
    TOPOLOGY_SPREAD = "TopologySpread"
    POD_AFFINITY = "PodAffinity"
    POD_ANTI_AFFINITY = "PodAntiAffinity"
    ORDERED_BEHIND = "OrderedBehind"
    UNSUPPORTED = "Unsupported"
    BAD_OBJECT = "BadObject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a pod has no node: a rule family, a sentence, and the object and field that state the rule."""

    code: ReasonCode
    message: str
    object: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    pod: PodKey
    reasons: tuple[Reason, ...] = ()


class Verdict(StrEnum):
    FITS = "Fits"
    DOES_NOT_FIT = "DoesNotFit"
    CONTRADICTION = "Contradiction"
    UNKNOWN = "Unknown"


class Proof(StrEnum):
    OPTIMAL = "Optimal"
    """Every objective stage is proved."""
    PROVED = "Proved"
    """The verdict is proved; a softer stage may not be."""
    NOT_PROVED = "NotProved"


class StoppedBy(StrEnum):
    """What ended the search."""

    COMPLETE = "complete"
    """Nothing left to search: proved."""
    DETERMINISTIC = "deterministic"
    """The deterministic work limit, the same on every run."""
    WALL = "wall"
    """The wall clock guard; another run may differ."""
    INTERRUPT = "interrupt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One objective in the lexicographic order, as far as it got."""

    name: str
    value: int
    bound: int
    """Best value that is still possible; equal to ``value`` when proved."""

    @property
    def proved(self) -> bool:
        return self.value == self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReport:
    """How the answer was found; goes into the result, apart from times."""

    stages: tuple[Stage, ...] = ()
    stopped_by: StoppedBy = StoppedBy.COMPLETE
    variables: int = 0
    components: int = 0
    pod_classes: int = 0
    node_classes: int = 0
    workers: int = 1
    approximations: tuple[str, ...] = ()
    """Rules the model tightened for this question; with any, a shortage is never called proved."""
    checking_s: float = field(default=0.0, compare=False)
    """Wall seconds after the search: verifying, replaying, asking about pods left over."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The answer to one question. ``placement`` passed ``verify`` and the replay of J2/J9.

    ``verdict`` is FITS only with ``unplaced`` empty; DOES_NOT_FIT and CONTRADICTION only when proved;
    everything else is UNKNOWN.
    """

    verdict: Verdict
    proof: Proof
    placement: Placement
    unplaced: tuple[Unplaced, ...] = ()
    search: SearchReport = SearchReport()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which pending pods are asked about, in input order. Other pending pods occupy nothing."""

    pods: tuple[PodKey, ...]
    homes: frozendict[PodKey, NodeName] = frozendict()
    """Of pods that were lifted off their nodes, and so are pending here: where they were."""
    optional: frozenset[NodeName] = frozenset()
    """Nodes that are not there yet."""
    variants: frozendict[PodKey, PodKey] = frozendict()
    """Pods that stand for another of the question, with new volumes: one of the two gets a place."""
    by_workload: bool = False
    """Pods of different workloads are told apart even where no rule does."""
    told_apart: frozendict[NodeName, int] = frozendict()
    """Nodes with different numbers are told apart even where no rule does: for prices and goals, which rules
    know nothing of."""
