"""Pods: everything a placement rule may ask about one, already defaulted and in integers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from frozendict import frozendict

from solver.model.names import ClaimKey, NodeName, PodKey, TopologyKey
from solver.model.node import Taint
from solver.model.requirement import NodeSelector, NodeSelectorTerm
from solver.model.selector import LabelSelector

DEFAULT_SCHEDULER = "default-scheduler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    seconds: int | None = None
    """Of NoExecute: how long it is tolerated (W24); None for ever. No placement rule looks at it."""

    def tolerates(self, taint: Taint) -> bool:
        """K3."""
        if self.effect not in ("", taint.effect) or self.key not in ("", taint.key):
            return False
        return self.operator == "Exists" or (self.operator == "Equal" and self.value == taint.value)


def tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    return any(toleration.tolerates(taint) for toleration in tolerations)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPort:
    protocol: str = "TCP"
    ip: str = "0.0.0.0"
    port: int

    def conflicts(self, other: HostPort) -> bool:
        """P2."""
        if (self.protocol, self.port) != (other.protocol, other.port):
            return False
        return self.ip == other.ip or "0.0.0.0" in (self.ip, other.ip)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredNodeTerm:
    weight: int
    term: NodeSelectorTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadConstraint:
    """One topology spread constraint with T2's defaults filled in.

    ``selector`` already carries the matchLabelKeys requirements (T3); ``None`` selects nothing.
    """

    topology_key: TopologyKey
    max_skew: int
    hard: bool
    selector: LabelSelector | None
    min_domains: int = 1
    honor_affinity: bool = True
    honor_taints: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PodAffinityTerm:
    """One term of pod (anti-)affinity, keys already merged (S3). ``namespaces`` already holds the owning
    pod's own namespace when both lists were absent (A1)."""

    topology_key: TopologyKey
    selector: LabelSelector | None
    namespaces: frozenset[str] = frozenset()
    namespace_selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedPodAffinityTerm:
    weight: int
    term: PodAffinityTerm


class DiskKind(StrEnum):
    """Inline volume types with an exclusivity rule of their own (V5)."""

    GCE = "gcePersistentDisk"
    EBS = "awsElasticBlockStore"
    ISCSI = "iscsi"
    RBD = "rbd"


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineDisk:
    """``identity`` is pdName, volumeID, iqn or ``pool/image`` (V5); ``monitors`` only for rbd."""

    kind: DiskKind
    identity: str
    read_only: bool = False
    monitors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineVolume:
    """An inline in-tree volume that counts towards a CSI driver's limit when migrated (V10, V16)."""

    plugin: str
    """In-tree plugin name, for example ``kubernetes.io/aws-ebs``."""
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineSource:
    """A pod volume whose data no claim stands for: scratch space, a path of the node, a file server (C24)."""

    volume: str
    source: str
    """Name of the field: ``emptyDir``, ``hostPath``, ``nfs`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimUse:
    """A pod volume that leads to a claim (V1), in pod volume order."""

    volume: str
    claim: ClaimKey
    ephemeral: bool = False
    """Generic ephemeral: the claim must be owned by this pod (V2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The controlling ownerReference."""

    kind: str
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class WorkloadKey:
    """The workload a user would name: the Deployment behind a ReplicaSet, the StatefulSet, the Job …"""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    # identity
    key: PodKey
    namespace: str
    name: str
    uid: str = ""
    labels: frozendict[str, str] = frozendict()
    owner: Owner | None = None
    workload: WorkloadKey | None = None
    ordinal: int | None = None
    """Index inside a StatefulSet."""
    created_after: PodKey | None = None
    """OrderedReady: this pod exists only once that one runs (W14). None when it exists already."""
    from_manifest: bool = False
    source: str = ""
    """Where this pod's rules are written, for messages: ``StatefulSet/ns/name`` or ``Pod/ns/name``."""

    # state
    node_name: NodeName | None = None
    phase: str = "Pending"
    terminating: bool = False
    ready: bool = True
    """Of a pod on a node: what its condition says. No rule of placement asks (G4); disruption budgets do."""
    priority: int = 0
    preemption_policy: str = "PreemptLowerPriority"
    scheduler_name: str = DEFAULT_SCHEDULER
    scheduling_gates: tuple[str, ...] = ()
    nominated_node: NodeName | None = None
    start_time: str = ""

    # node-level rules
    node_selector: frozendict[str, str] = frozendict()
    required_nodes: NodeSelector | None = None
    preferred_nodes: tuple[PreferredNodeTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    host_ports: tuple[HostPort, ...] = ()

    # resources
    requests: frozendict[str, int] = frozendict()
    """Effective request (R2-R7): millicores for cpu, whole units otherwise; zero entries are kept out."""
    incoming_score_cpu_millis: int = 0
    incoming_score_memory_bytes: int = 0
    """R15's non-zero request while this pod is the one being scheduled."""
    running_score_cpu_millis: int = 0
    running_score_memory_bytes: int = 0
    """R15's non-zero request once this pod is on a node."""

    # other pods
    spread: tuple[SpreadConstraint, ...] = ()
    affinity: tuple[PodAffinityTerm, ...] = ()
    anti_affinity: tuple[PodAffinityTerm, ...] = ()
    preferred_affinity: tuple[WeightedPodAffinityTerm, ...] = ()
    preferred_anti_affinity: tuple[WeightedPodAffinityTerm, ...] = ()

    # volumes
    claims: tuple[ClaimUse, ...] = ()
    disks: tuple[InlineDisk, ...] = ()
    inline_volumes: tuple[InlineVolume, ...] = ()
    inline_sources: tuple[InlineSource, ...] = ()
    resource_claims: tuple[str, ...] = ()
    """Names of ResourceClaims in the pod's namespace (D1); "" for one that a template has not made yet."""

    # image locality
    images: tuple[str, ...] = ()
    """Image of every container and init container, in order, normalised by I2."""

    @property
    def is_terminal(self) -> bool:
        return self.phase in ("Succeeded", "Failed")

    @property
    def is_pending(self) -> bool:
        """No node, not terminating, phase neither Succeeded nor Failed (G7; cli contract)."""
        return self.node_name is None and not self.terminating and not self.is_terminal

    @property
    def hard_spread(self) -> tuple[SpreadConstraint, ...]:
        return tuple(c for c in self.spread if c.hard)

    @property
    def soft_spread(self) -> tuple[SpreadConstraint, ...]:
        return tuple(c for c in self.spread if not c.hard)


def owner_of(pod: Pod) -> WorkloadKey:
    """Its workload, or the pod itself."""
    return pod.workload or WorkloadKey(kind="Pod", namespace=pod.namespace, name=pod.name)
