"""What ``why`` answers, as values. Sentences are made of them in ``solver.report.why``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from solver.model.names import ClaimKey, NodeName, PodKey, VolumeName
from solver.model.outcome import Outcome, Proof, Verdict
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.change import Fix
from solver.planning.why.core import Core
from solver.planning.why.facts import Fact
from solver.planning.why.ideal import Help


class ConflictKind(StrEnum):
    CONTRADICTION = "Contradiction"
    """No node can help."""
    SHORTAGE = "Shortage"
    """More nodes would."""
    UNDECIDED = "Undecided"
    """Not known in time which of the two it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """A usual suspect whose rules, left out altogether, change nothing: solved."""

    what: str
    """``cpu``, ``taints``, … or the kind of the rules."""
    facts: tuple[Fact, ...] = ()


# how it came about


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOverClaims:
    """Claims of ordinals that a StatefulSet no longer has."""

    workload: WorkloadKey
    claims: tuple[ClaimKey, ...]
    was: int
    now: int
    """Replicas."""
    zones: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    """Volumes of all its ordinals in each zone, and of those it still has."""


class NodeState(StrEnum):
    GONE = "is not in the cluster"
    CORDONED = "is cordoned"
    NOT_READY = "is not ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedNode:
    """A volume, or a claim being provisioned, that only one node can use, and that node is out of order."""

    object: str
    node: str
    state: NodeState


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPlace:
    """A label that a volume or a pod asks of its node, and no node has; ``known`` are values nodes have."""

    object: str
    label: str
    values: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVolumes:
    """Volumes that still name claims that are gone, so that nothing else can use them."""

    storage_class: str
    volumes: tuple[VolumeName, ...]
    claims: tuple[ClaimKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A pod that uses the claim already."""

    claim: ClaimKey
    pod: PodKey
    node: NodeName
    terminating: bool


History = LeftOverClaims | RememberedNode | EmptyPlace | KeptVolumes | Holder


@dataclass(frozen=True, kw_only=True)
class Conflict:
    kind: ConflictKind
    core: Core
    help: Help
    openings: tuple[tuple[Fact, tuple[NodeName, ...]], ...] = ()
    """Of a single pod: nodes that would take it if this fact alone did not hold."""
    cleared: tuple[Cleared, ...] = ()
    history: tuple[History, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Why:
    snapshot: Snapshot
    asked: tuple[PodKey, ...]
    outcome: Outcome
    """The best placement of all pods asked about."""
    verdict: Verdict
    proof: Proof
    conflicts: tuple[Conflict, ...] = ()
    fixes: tuple[Fix, ...] = ()
    waiting: tuple[PodKey, ...] = ()
    """Pods that only wait for one that does not fit (W14)."""
    unexplained: tuple[PodKey, ...] = ()
    """Pods left over for which no reason was proved in time."""
    not_tried: int = 0
    """Fixes that there was no time left to solve."""

    @property
    def bounded(self) -> bool:
        """No placement holds more pods: proved, and no pod counted for more than another."""
        priorities = {self.snapshot.pod_by_key[key].priority for key in self.asked}
        return self.outcome.proof is Proof.OPTIMAL and len(priorities) == 1
