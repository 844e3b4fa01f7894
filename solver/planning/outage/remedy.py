"""What would make losses harmless, as values; searching for it is in ``search`` and the modules beside it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import NodeName, PodKey
from solver.model.pod import WorkloadKey
from solver.planning.change import Change, Cost
from solver.planning.outage.answer import LossVerdict
from solver.planning.size.stock import Lot


class RemedyKind(StrEnum):
    MOVE = "move"
    ADD_NODES = "addNodes"
    HEED_TAINTS = "heedTaints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    pod: PodKey
    source: str
    """Domain of the lost key, or node."""
    target: str
    node: NodeName
    siblings: int
    """Pods of the workload in the source domain, this one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    kind: RemedyKind
    change: Change
    cost: Cost
    workloads: tuple[WorkloadKey, ...]
    """Those it mends."""
    moved: tuple[Moved, ...] = ()
    lots: tuple[Lot, ...] = ()
    """One node of each."""
    key: str = ""
    """Topology key of what was lost."""
    after: tuple[tuple[str, LossVerdict], ...]
    """Every loss by its label, with what it does once the change is made."""
    mends_all: bool
    """Its workloads stand every one of the losses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    remedies: tuple[Remedy, ...] = ()
    together: tuple[tuple[str, LossVerdict], ...] = ()
    """After all of them; empty with fewer than two."""
    cut_short: bool = False
    """Time ran out before everything was tried."""


NO_REMEDIES = Remedies()
