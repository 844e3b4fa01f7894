"""Nodes and taints, as far as scheduling looks at them."""

from __future__ import annotations

from dataclasses import dataclass

from frozendict import frozendict

from solver.model.names import NodeName

NO_SCHEDULE = "NoSchedule"
PREFER_NO_SCHEDULE = "PreferNoSchedule"
NO_EXECUTE = "NoExecute"
UNSCHEDULABLE_TAINT = "node.kubernetes.io/unschedulable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    key: str
    value: str = ""
    effect: str

    @property
    def repels(self) -> bool:
        """True for the effects that filter (K1)."""
        return self.effect in (NO_SCHEDULE, NO_EXECUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One entry of ``status.images``."""

    names: tuple[str, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: NodeName
    labels: frozendict[str, str] = frozendict()
    annotations: frozendict[str, str] = frozendict()
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    ready: bool = True
    """Readiness is never consulted by a rule (G4); kept so that reports can warn."""
    allocatable: frozendict[str, int] = frozendict()
    """Resource name to amount: millicores for cpu, whole units otherwise; ``pods`` is one of them."""
    images: tuple[Image, ...] = ()
