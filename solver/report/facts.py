"""What a placement result says, as values: text and JSON are both made from these and nothing else.

Collecting happens in ``collect``, wording in ``reasons`` and ``text``. Nothing here reads a file or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.model.config import SolveConfig
from solver.model.names import ZONE, ClaimKey, DomainName, NodeName, PodKey, TopologyKey, VolumeName
from solver.model.outcome import Outcome, Proof, Verdict
from solver.model.pod import Pod, SpreadConstraint, WorkloadKey
from solver.model.snapshot import Skipped
from solver.planning.autoscaled import Autoscaled
from solver.planning.compare.outlook import Stranding
from solver.planning.quota import OverQuota


class VolumeState(StrEnum):
    BOUND = "Bound"
    STATIC = "Static"
    """An existing PersistentVolume that will be bound."""
    NEW = "New"
    EPHEMERAL = "Ephemeral"
    """New, and deleted with its pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedVolume:
    volume: str
    """The pod's own name for it."""
    claim: ClaimKey
    state: VolumeState
    storage_class: str
    size_bytes: int
    persistent_volume: VolumeName | None = None
    accessible_from: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Topology key to values; no key means from anywhere."""

    @property
    def will_be_provisioned(self) -> bool:
        return self.state in (VolumeState.NEW, VolumeState.EPHEMERAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPod:
    pod: Pod
    node: NodeName
    domains: tuple[tuple[str, str], ...] = ()
    volumes: tuple[PlacedVolume, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadFact:
    """How one workload lies over the domains of one topology key once the plan is carried out.

    With a ``rule``, counts are what that rule counts (T5); without one, the workload's own pods per zone.
    """

    workload: WorkloadKey
    """Of kind Pod for pods without a controller."""
    topology_key: TopologyKey
    counts: tuple[tuple[DomainName, int], ...]
    rule: SpreadConstraint | None = None
    rule_index: int = 0
    """Position in the pod's topologySpreadConstraints."""
    source: str = ""
    """Where the pod's rules are written (``Pod.source``)."""

    @property
    def is_by_zone(self) -> bool:
        return self.topology_key == ZONE

    @property
    def pods(self) -> int:
        return sum(count for _, count in self.counts)

    @property
    def skew(self) -> int:
        """Fullest domain less the global minimum; without a rule, less the emptiest domain."""
        fullest = max((count for _, count in self.counts), default=0)
        return max(0, fullest - self._minimum)

    @property
    def _minimum(self) -> int:
        if self.rule is not None and len(self.counts) < self.rule.min_domains:
            return 0  # T6
        return min((count for _, count in self.counts), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFact:
    """What one node carries once the plan is carried out, running pods included."""

    node: NodeName
    cpu_millis: int
    cpu_total_millis: int
    memory_bytes: int
    memory_total_bytes: int
    volumes: int | None
    """Volumes of the driver closest to its limit here; None when no driver has a limit."""
    volumes_limit: int | None
    new_pods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDown:
    """Whether a StatefulSet's zones stay within one of each other while its highest ordinals go."""

    workload: WorkloadKey
    names: tuple[str, ...]
    """Its pods in ordinal order."""
    worst_prefix: int = 0
    """The largest number of remaining pods at which zones differ by more than one; 0 when there is none."""
    worst_counts: tuple[tuple[DomainName, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachedZone:
    """A zone without a pod of a workload, and what its nodes say to one of them after the plan."""

    workload: WorkloadKey
    zone: DomainName
    refusals: tuple[tuple[str, int], ...]
    """kube-scheduler's reason and on how many of the zone's nodes; none when some node would take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """A StatefulSet that is in need of one zone: without it, less than a majority of its pods is left."""

    workload: WorkloadKey
    zone: DomainName
    here: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMatters:
    """Arriving as ``found`` says, not all of the pods would be placed by the default scheduler."""

    found: Stranding


Note = ScaleDown | UnreachedZone | Leaning | OrderMatters


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetPreference:
    """One soft rule that the plan does not meet for some pods."""

    kind: str
    """As the reason code of its hard twin."""
    source: str
    """The object it is written in (``Pod.source``)."""
    path: str
    """From the pod's own top."""
    sentence: str
    pods: tuple[PodKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How the answer came about; nothing here changes what it says."""

    version: str
    arguments: str
    """The flags behind the verb that say where everything was read, for suggesting a next command."""
    exit_code: int
    config: SolveConfig
    snapshot_digest: str
    manifest_digests: tuple[str, ...]
    read_seconds: float
    wall_seconds: float
    selection: str = ""
    """The flags that say which of the pods were asked about."""
    verify_seconds: float = 0.0
    """The part of ``wall_seconds`` after the search."""
    autoscaled: tuple[Autoscaled, ...] = ()
    """The counts that autoscaled workloads were taken at."""


@dataclass(frozen=True, kw_only=True)
class FitFacts:
    run: Run
    outcome: Outcome
    requested: tuple[Pod, ...]
    placed: tuple[PlacedPod, ...]
    """In an admissible order (J2)."""
    unplaced_pods: tuple[Pod, ...]
    """Parallel to ``outcome.unplaced``."""
    nodes_in_cluster: int
    zones: tuple[DomainName, ...]
    spread: tuple[SpreadFact, ...]
    nodes: tuple[NodeFact, ...]
    notes: tuple[Note, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    over_quota: tuple[OverQuota, ...] = ()
    """Limits beyond which the API server would not create some of the pods."""
    unmet: tuple[UnmetPreference, ...] | None = None
    """Soft rules that are not met; None where nobody asked."""

    @property
    def new_volumes(self) -> int:
        return len(
            {volume.claim for pod in self.placed for volume in pod.volumes if volume.will_be_provisioned}
        )

    @property
    def at_most(self) -> bool:
        """No placement holds more pods: proved, and no pod counted for more than another."""
        return (
            self.outcome.verdict is not Verdict.FITS
            and self.outcome.proof is Proof.OPTIMAL
            and len({pod.priority for pod in self.requested}) == 1
        )

    @property
    def max_zone_skew(self) -> int | None:
        """Over the zone rows; None without zones."""
        if not self.zones:
            return None
        return max((fact.skew for fact in self.spread if fact.is_by_zone), default=0)
