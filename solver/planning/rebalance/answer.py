"""What ``solve rebalance`` and ``solve drain`` find, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import ClaimKey, NodeName, PodKey
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot


class StepKind(StrEnum):
    MOVE = "Move"
    """Evicted; its volumes, if any, follow it."""
    REPLACE = "Replace"
    """Evicted, and its claims are created anew: their data is rebuilt by the application."""
    PLACE = "Place"
    """A pending pod that has a place now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A claim created anew, with a volume in the target's domain."""

    claim: ClaimKey
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When it is its turn, kube-scheduler's filters accept the pod on ``target``."""

    kind: StepKind
    pod: PodKey
    workload: WorkloadKey | None
    source: NodeName | None
    """None for a pending pod."""
    target: NodeName
    renewed: tuple[Renewed, ...] = ()
    others: tuple[NodeName, ...] = ()
    """Nodes that kube-scheduler might choose instead: to be cordoned meanwhile."""
    budget: str = ""
    """The PodDisruptionBudget that allows it, and how many it allows."""
    replicas: tuple[int, int] | None = None
    """Pods of the workload that run during the step, and all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A running pod that no plan of ours moves, and why."""

    pod: PodKey
    node: NodeName
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """``pod`` for each eviction, ``volume`` and ``gib`` for each claim created anew."""

    pod: int = 1
    volume: int = 50
    gib: int = 1


@dataclass(frozen=True, kw_only=True)
class RebalanceAnswer:
    """``steps`` None: no way to the goal; ``proved`` then says that there is none."""

    steps: tuple[Step, ...] | None
    cost: int = 0
    bound: int = 0
    """No plan costs less."""
    proved: bool = False
    before: Snapshot
    after: Snapshot
    kept: tuple[Kept, ...] = ()
    """Pods that no plan of ours moves; of a drain, those on the nodes to be emptied."""
    in_the_way: bool = False
    """The goal is not reached because of them: ``steps`` are what can be done nevertheless."""
    stay: int = 0
    pinned: int = 0
    """Of those that stay: held where they are by their volumes."""
    stuck: tuple[PodKey, ...] = ()
    """Pods whose moves have no admissible order: then ``steps`` is None too."""
    searched_all: bool = True
    """Time did not cut the search short: what was not found is not in the model, or has no order."""
    approximations: tuple[str, ...] = ()
