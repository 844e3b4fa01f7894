"""What an outage does, as values: text and JSON are made from these and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import ClaimKey, NodeName, PodKey
from solver.model.outcome import Reason, StoppedBy
from solver.model.pod import WorkloadKey
from solver.planning.outage.loss import Loss
from solver.planning.outage.timing import DEFAULT_TIMING, Span, Timing
from solver.planning.storage.consequences import Fate
from solver.planning.storage.nature import Kind, Recovery
from solver.planning.storage.overrides import NO_OVERRIDES, Overrides


class Model(StrEnum):
    """How a workload's replicas hold data."""

    STATELESS = "Stateless"
    SHARED_DATA = "SharedData"
    """All replicas share data: each serves all of it."""
    SHARD_AND_REPLICATE = "ShardAndReplicate"
    """Each replica has volumes of its own; the application copies data between them."""


class QuorumSource(StrEnum):
    FLAG = "flag"
    ANNOTATION = "annotation"
    MAJORITY = "majority"
    """The default for StatefulSets whose replicas do not share data."""
    ONE = "one"
    """The default for everything else: one replica serves; not a quorum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    needs: int
    source: QuorumSource

    @property
    def is_quorum(self) -> bool:
        return self.source is not QuorumSource.ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """``name`` is ``NAME``, ``NAMESPACE/NAME`` or ``KIND/NAMESPACE/NAME``; ``needs`` None for a majority."""

    name: str
    needs: int | None
    source: str = "--quorum"
    """Where it was said."""


class Obstacle(StrEnum):
    """Why a pod stays down, or why nobody knows."""

    VOLUMES = "Volumes"
    """No node that is left reaches its volumes."""
    DATA = "Data"
    """Its node is left, its data is not."""
    RESOURCES = "Resources"
    SPREAD = "TopologySpread"
    SEPARATION = "PodAntiAffinity"
    ORDERED = "OrderedBehind"
    """W14: its StatefulSet makes it only once an earlier ordinal runs, and that one stays down."""
    RULES = "Rules"
    """Others of kube-scheduler's rules."""
    NO_CONTROLLER = "NoController"
    OVERRIDE = "Override"
    """The user said that its storage does not come back (C10)."""
    UNKNOWN_CONTROLLER = "UnknownController"
    UNKNOWN_STORAGE = "UnknownStorage"
    NOT_READY = "NotReady"
    """Its node is not ready even before the loss."""
    NOT_DECIDED = "NotDecided"
    """Not placed, and not proved that it cannot be."""


UNKNOWNS = frozenset(
    {Obstacle.UNKNOWN_CONTROLLER, Obstacle.UNKNOWN_STORAGE, Obstacle.NOT_READY, Obstacle.NOT_DECIDED}
)


class Fencing(StrEnum):
    """Why somebody has to say that the node is really dead before a pod can come back (C21, C22)."""

    STATEFUL_SET = "StatefulSet"
    ATTACHED_VOLUME = "AttachedVolume"
    SINGLE_POD_CLAIM = "ReadWriteOncePod"
    TOLERATES_FOR_EVER = "ToleratesForEver"
    EVICTIONS_STOPPED = "EvictionsStopped"
    OVERRIDE = "Override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A pod that comes back on another node."""

    pod: PodKey
    """The pod that was lost; of a Deployment, say, the new one has another name."""
    node: NodeName
    recovery: Recovery
    fencing: tuple[Fencing, ...] = ()
    after: Span | None = None
    """AUTO only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaysDown:
    pod: PodKey
    obstacle: Obstacle
    claims: tuple[ClaimKey, ...] = ()
    """Those to blame."""
    lacking: tuple[str, ...] = ()
    """Resources that no node left has enough of."""
    reasons: tuple[Reason, ...] = ()
    lost_domain: bool = False
    """C27: with the lost domain out of its spread rules it would be placed."""
    anew: NodeName | None = None
    """Where it would run with claims made anew, empty; only where peers are left to fill them."""


class WorkloadVerdict(StrEnum):
    UNAFFECTED = "Unaffected"
    QUORUM_HELD = "QuorumHeld"
    RECOVERS = "Recovers"
    """Not a quorum: every pod is back by itself."""
    DEGRADED = "Degraded"
    """Not a quorum: some pods stay down or wait for somebody, at least one serves."""
    QUORUM_LOST = "QuorumLost"
    DOWN = "Down"
    """Not a quorum: no pod serves, and none comes back by itself."""
    UNKNOWN = "Unknown"


class LossVerdict(StrEnum):
    """The worst last."""

    OK = "OK"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"
    FAILS = "Fails"

    @property
    def badness(self) -> int:
        return list(LossVerdict).index(self)


_OF_WORKLOAD = {
    WorkloadVerdict.DEGRADED: LossVerdict.DEGRADED,
    WorkloadVerdict.UNKNOWN: LossVerdict.UNKNOWN,
    WorkloadVerdict.QUORUM_LOST: LossVerdict.FAILS,
    WorkloadVerdict.DOWN: LossVerdict.FAILS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadFate:
    workload: WorkloadKey
    """Of kind Pod for pods without a controller."""
    model: Model
    now: int
    wanted: int
    """Replicas asked for, or ``now`` where nobody says."""
    left: int
    """Certain to serve at once."""
    uncertain: int
    """On nodes that are left, but nobody knows whether they serve."""
    quorum: Quorum
    returned: tuple[Returned, ...]
    down: tuple[StaysDown, ...]
    """Lost pods that do not come back, pods left without their data, and those nobody knows of."""
    verdict: WorkloadVerdict

    @property
    def back(self) -> int:
        """Without anybody's help."""
        return sum(one.recovery is Recovery.AUTO for one in self.returned)

    @property
    def is_affected(self) -> bool:
        return bool(self.returned or self.down)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFate:
    """C24, per storage class: what becomes of the volumes of pods that were hit."""

    storage_class: str
    """"" for volumes without one; ``emptyDir`` and the like for inline ones."""
    kind: Kind | None
    """None for scratch space and generic ephemeral volumes."""
    fate: Fate
    volumes: int
    size_bytes: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LossFate:
    loss: Loss
    workloads: tuple[WorkloadFate, ...]
    data: tuple[DataFate, ...]
    bound_to_nodes: int
    """Pods of DaemonSets and static pods on the lost nodes: they stay with them (C17)."""

    @property
    def verdict(self) -> LossVerdict:
        return worst(_OF_WORKLOAD.get(fate.verdict, LossVerdict.OK) for fate in self.workloads)


def worst(verdicts: Iterable[LossVerdict]) -> LossVerdict:
    return max(verdicts, key=lambda verdict: verdict.badness, default=LossVerdict.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    quorums: tuple[Wanted, ...] = ()
    overrides: Overrides = NO_OVERRIDES
    timing: Timing = DEFAULT_TIMING
    rebuild: bool = False
    """Look for places of pods whose volumes are out of reach, with claims made anew."""
    nodes_deleted: bool = False
    """Something takes the Node objects of lost nodes away (C19)."""
    workloads: frozenset[WorkloadKey] | None = None
    """Those asked about; None is all. Never which pods occupy nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    fates: tuple[LossFate, ...]
    """In the order of the losses."""
    stopped_by: StoppedBy

    @property
    def verdict(self) -> LossVerdict:
        return worst(fate.verdict for fate in self.fates)
