"""What can be to blame: facts of the input at the level a person can change, and what of it each touches.

A fact that is left out is a rule that does not hold: see ``relax``. Which facts there are is in ``gather``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import ClaimKey, NodeName, PodKey, VolumeName
from solver.model.node import Taint
from solver.model.pod import DiskKind, HostPort, PodAffinityTerm, SpreadConstraint, WorkloadKey


class FactKind(StrEnum):
    """The order is that in which facts are told."""

    VOLUME_PLACE = "VolumePlace"
    """Where volumes can be reached."""
    CLAIM = "Claim"
    """Claims that no volume can be had for, or that are broken."""
    SELECTED_NODE = "SelectedNode"
    """A claim that is being provisioned for a certain node."""
    ALLOWED_TOPOLOGIES = "AllowedTopologies"
    STORAGE_CAPACITY = "StorageCapacity"
    ACCESS_MODE = "AccessMode"
    ATTACH_LIMIT = "AttachLimit"
    SPREAD = "TopologySpread"
    ANTI_AFFINITY = "PodAntiAffinity"
    AFFINITY = "PodAffinity"
    NODE_SELECTOR = "NodeSelector"
    NODE_AFFINITY = "NodeAffinity"
    TAINT = "Taint"
    CORDON = "Cordon"
    HOST_PORT = "HostPort"
    DISK = "Disk"
    DEVICES = "Devices"
    """Not modelled beyond claims that are allocated (D3)."""
    ORDER = "Order"
    REQUEST = "Request"
    ALLOCATABLE = "Allocatable"


ORDER = {kind: number for number, kind in enumerate(FactKind)}

Rule = SpreadConstraint | PodAffinityTerm | HostPort | DiskKind | Taint


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that somebody wrote, or a group of things written alike.

    What it touches is in ``pods``, ``nodes``, ``volumes`` or ``claims``; ``name`` is the resource, driver,
    storage class or label key it is about, ``rule`` the rule itself.
    """

    kind: FactKind
    objects: tuple[str, ...]
    """``Kind/namespace/name`` or ``Kind/name`` of what would have to be changed."""
    path: str
    """Field path in these objects."""
    owner: WorkloadKey | None = None
    """The workload whose rule it is, or whose volumes; of kind Pod for pods without a controller."""
    pods: frozenset[PodKey] = frozenset()
    """Asked pods, and running ones where the rule is theirs as well."""
    nodes: frozenset[NodeName] = frozenset()
    volumes: frozenset[VolumeName] = frozenset()
    claims: frozenset[ClaimKey] = frozenset()
    name: str = ""
    index: int = 0
    """Of the rule in its list."""
    rule: Rule | None = None
    place: str = ""
    """The zone of ``nodes``, where they have one in common."""

    @property
    def id(self) -> str:
        owner = f"{self.owner.namespace}/{self.owner.name}" if self.owner else self.objects[0]
        tail = [part for part in (self.name, self.place) if part]
        return "/".join([self.kind.value, owner, *tail])
