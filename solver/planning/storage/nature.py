"""What one volume is like, as far as failures go (C1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import DomainName, NodeName


class Kind(StrEnum):
    """C1, in the order of the talk's table; ``hostPath`` without affinity is apart (C2.2)."""

    LOCAL = "local"
    HOST_PATH = "hostPath"
    ZONAL = "zonal"
    REGIONAL = "regional"
    SERVER = "server"
    DISTRIBUTED = "distributed"
    UNKNOWN = "unknown"


class Recovery(StrEnum):
    """C22: how a pod gets back elsewhere."""

    AUTO = "auto"
    FENCE = "fence"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """``zones`` and ``nodes`` say where the data lives; both None where nobody knows.

    Zones are values of ``topology.kubernetes.io/zone``, or of the driver's own key where nodes have no zone.
    """

    kind: Kind
    zones: frozenset[DomainName] | None = None
    nodes: frozenset[NodeName] | None = None
    attachable: bool | None = None
    """C9: needs a VolumeAttachment; None where the driver has no CSIDriver object."""
    recovery: Recovery | None = None
    """Only where a user said so (C10); else it follows from the rest (C24)."""
    decided_by: str = ""
    """The rule (``C2.4``, ``C7``, ``C8``) or the words of the override."""
    remarks: tuple[str, ...] = ()

    @property
    def located(self) -> bool:
        return self.zones is not None or self.nodes is not None


UNKNOWN = Nature(kind=Kind.UNKNOWN, decided_by="C2.9")
