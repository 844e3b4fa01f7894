"""What ``solve size`` finds, as values."""

from __future__ import annotations

from dataclasses import dataclass

from frozendict import frozendict

from solver.model.catalogue import Catalogue
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome, Unplaced
from solver.model.placement import Placement
from solver.model.pod import WorkloadKey
from solver.planning.size.stock import Lot


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLimit:
    """At most this many of a workload's pods in any one zone."""

    workload: WorkloadKey
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What may be bought, and under which conditions."""

    catalogue: Catalogue
    asked: tuple[str, ...] = ()
    """Replica counts the question is about, as they were given (``db=6``); for reports."""
    most_moves: int = 0
    """Running pods that may leave their nodes."""
    shares: tuple[ShareLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    lot: Lot
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A running pod that has to leave its node."""

    pod: PodKey
    workload: WorkloadKey
    source: NodeName
    target: NodeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Pods of a workload that are left right after the worst loss of one zone, before anything comes back."""

    workload: WorkloadKey
    left: int
    pods: int


@dataclass(frozen=True, kw_only=True)
class Option:
    """Nodes to add, with which every pod asked about has a place: verified and replayed without the nodes
    that are not bought."""

    bought: tuple[Bought, ...]
    price_micros: int
    bound_micros: int
    """No purchase with as many moves or fewer costs less than this."""
    moves: tuple[Moved, ...]
    placement: Placement
    """Of the pods asked about and of those that move."""
    left: tuple[Left, ...]

    @property
    def proved(self) -> bool:
        return self.bound_micros == self.price_micros


@dataclass(frozen=True, kw_only=True)
class SizeAnswer:
    """``options`` from the fewest moves to the most, each cheaper than the one before."""

    before: Outcome
    """Without any new node or move."""
    options: tuple[Option, ...] = ()
    recommended: int | None = None
    """Index into ``options``: the most left after a zone loss, then the least money, then the fewest
    moves."""
    impossible: bool = False
    """Proved that no number of these nodes gives every pod a place; options are then for the others alone."""
    hopeless: tuple[Unplaced, ...] = ()
    """Pods set apart for that, and what refused them with nodes of every kind added."""
    assumed_limits: frozendict[str, int] = frozendict()
    """CSI driver to the attach limit taken from existing nodes where the catalogue states none."""
    daemons: tuple[WorkloadKey, ...] = ()
    """DaemonSets counted on every new node."""
    approximations: tuple[str, ...] = ()
    """Where the model is stricter than the rules: a cheaper purchase may then exist."""

    @property
    def fits_already(self) -> bool:
        return not self.before.unplaced
