"""The cluster at one instant, with the workloads asked about already expanded into pods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from frozendict import frozendict

from solver.model.disruption import DisruptionBudget
from solver.model.names import ClaimKey, NodeName, PodKey, VolumeName
from solver.model.node import Node
from solver.model.pod import Owner, Pod, WorkloadKey
from solver.model.profile import DEFAULT_PROFILES, Profiles
from solver.model.quota import Quota
from solver.model.requirement import NodeSelector
from solver.model.selector import LabelSelector
from solver.model.storage import (
    Attachment,
    Claim,
    CSIDriver,
    CSINode,
    StorageCapacity,
    StorageClass,
    Volume,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    namespace: str
    name: str
    selector: frozendict[str, str] = frozendict()
    """Empty: a Service without selector, which selects nothing (T21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """A ReplicaSet, ReplicationController or StatefulSet, for default spreading (T21)."""

    kind: str
    namespace: str
    name: str
    selector: LabelSelector | None
    owner: Owner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a controller that pods are told by (``Pod.workload``) says of them as a whole."""

    key: WorkloadKey
    replicas: int | None = None
    """None where the kind has no such number."""
    ordered: bool = False
    """W14: a StatefulSet that makes a pod only once all before it run."""
    notes: frozendict[str, str] = frozendict()
    """Annotations meant for us (``OWN_PREFIX``), the prefix left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceClaim:
    """A claim on devices, as far as D3 looks at it."""

    namespace: str
    name: str
    allocated: bool = False
    node_selector: NodeSelector | None = None
    """Where an allocated claim can be used; None is everywhere."""
    deleting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Skipped:
    """Something in the input that is not modelled; it is named in every output (never dropped silently)."""

    code: str
    """Stable: ``SKIP-001`` …; the table is in ``solver/kube/unsupported.py``."""
    feature: str
    count: int = 1
    example: str = ""
    """One object it was seen on."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Every object in input order. Names are unique per kind; references may dangle (V7, V26 judge that)."""

    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...] = ()
    claims: tuple[Claim, ...] = ()
    volumes: tuple[Volume, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()
    csi_nodes: tuple[CSINode, ...] = ()
    csi_drivers: tuple[CSIDriver, ...] = ()
    capacities: tuple[StorageCapacity, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    namespaces: frozendict[str, frozendict[str, str]] = frozendict()
    """Namespace name to labels, with the automatic label added (S2)."""
    services: tuple[Service, ...] = ()
    controllers: tuple[Controller, ...] = ()
    workloads: tuple[Workload, ...] = ()
    budgets: tuple[DisruptionBudget, ...] = ()
    quotas: tuple[Quota, ...] = ()
    """For evictions; placing looks at none of them."""
    resource_claims: tuple[ResourceClaim, ...] = ()
    profiles: Profiles = DEFAULT_PROFILES
    """Whose filters and scores judge the pods; no object of the cluster says it."""
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()

    @cached_property
    def node_by_name(self) -> frozendict[NodeName, Node]:
        return frozendict({n.name: n for n in self.nodes})

    @cached_property
    def pod_by_key(self) -> frozendict[PodKey, Pod]:
        return frozendict({p.key: p for p in self.pods})

    @cached_property
    def claim_by_key(self) -> frozendict[ClaimKey, Claim]:
        return frozendict({c.key: c for c in self.claims})

    @cached_property
    def volume_by_name(self) -> frozendict[VolumeName, Volume]:
        return frozendict({v.name: v for v in self.volumes})

    @cached_property
    def class_by_name(self) -> frozendict[str, StorageClass]:
        return frozendict({c.name: c for c in self.storage_classes})

    @cached_property
    def csi_node_by_name(self) -> frozendict[NodeName, CSINode]:
        return frozendict({n.name: n for n in self.csi_nodes})

    @cached_property
    def csi_driver_by_name(self) -> frozendict[str, CSIDriver]:
        return frozendict({d.name: d for d in self.csi_drivers})

    @cached_property
    def workload_by_key(self) -> frozendict[WorkloadKey, Workload]:
        return frozendict({w.key: w for w in self.workloads})

    @cached_property
    def resource_claim_by_key(self) -> frozendict[str, ResourceClaim]:
        """By ``namespace/name``."""
        return frozendict({f"{c.namespace}/{c.name}": c for c in self.resource_claims})

    @cached_property
    def running(self) -> tuple[Pod, ...]:
        """G5: assigned to a node that exists, not Succeeded or Failed; terminating ones included (G6)."""
        nodes = self.node_by_name
        return tuple(p for p in self.pods if p.node_name in nodes and not p.is_terminal)

    @cached_property
    def pending(self) -> tuple[Pod, ...]:
        return tuple(p for p in self.pods if p.is_pending)

    def namespace_labels(self, namespace: str) -> frozendict[str, str]:
        """A3, S2: an unknown namespace has only its automatic label."""
        return self.namespaces.get(namespace) or frozendict({"kubernetes.io/metadata.name": namespace})
