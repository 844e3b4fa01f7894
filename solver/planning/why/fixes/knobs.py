"""A knob is one thing to change, from mildest to strongest; how far it has to be turned is found by solving.

Shared ways to change workloads and claims live here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from solver.model.catalogue import NodeType
from solver.model.names import ClaimKey, PodKey
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.change import Change, Cost, Inputs, Object, Ref, editing
from solver.planning.why.answer import Conflict
from solver.planning.workloads import (
    Spec,
    pending_pods_of,
    pod_spec,
    pods_of,
    running_pods_of,
    workload_ref,
)

RESTARTS_ALL = "a template change restarts all {} pods of {}"


FREE = Cost()


class Rank(IntEnum):
    """What is told first of two fixes that cost the same."""

    OPEN = 0
    """Nodes opened, labels set: nothing restarts."""
    RULE = 1
    REQUEST = 2
    CLAIM = 3
    REPLICAS = 4
    NODES = 5


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """``then`` are cautions; ``effect`` tells what else it means."""

    sentence: str
    change: Change
    cost: Cost = FREE
    cautions: tuple[str, ...] = ()
    rank: Rank = Rank.RULE
    stateful: bool = False
    owner: str = ""
    """The workload's name, for ties."""
    parts: int = 1
    recreated: frozenset[ClaimKey] = frozenset()
    """Claims that start empty."""


@dataclass(frozen=True, kw_only=True)
class Knob:
    """``make`` gives the candidate of each of ``positions``, the mildest first; a stronger one never fits
    less."""

    positions: int
    make: Callable[[int], Candidate | None]

    @property
    def strongest(self) -> int:
        """The last position that there is a candidate for; -1 without any."""
        position = self.positions - 1
        while position >= 0 and self.make(position) is None:
            position -= 1
        return position


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What knobs are made from."""

    inputs: Inputs
    snapshot: Snapshot
    asked: tuple[PodKey, ...]
    conflict: Conflict
    types: tuple[NodeType, ...] = ()
    """What can be bought; without any, new nodes are like those there are."""

    @property
    def pods(self) -> list[Pod]:
        """Those of the conflict."""
        return [self.snapshot.pod_by_key[key] for key in self.conflict.core.pods]

    def owned(self, owner: WorkloadKey) -> list[Ref]:
        """Stored pods of a workload, or the pod itself."""
        if owner.kind == "Pod":
            ref = workload_ref(owner)
            return [] if self.inputs.is_manifest(ref) else [ref]
        return list(pods_of(self.inputs, workload_ref(owner)))

    def running(self, owner: WorkloadKey) -> list[Ref]:
        if owner.kind == "Pod":
            return []
        return running_pods_of(self.inputs, workload_ref(owner))


def single(candidate: Candidate | None) -> Knob:
    """Something that is done or not."""
    return Knob(positions=1, make=lambda _: candidate)


def in_template(
    bench: Bench, owner: WorkloadKey, edit: Callable[[Spec], None], *, everywhere: bool = False
) -> Change:
    """Edit the pod spec in the workload and in its pending pods, or in all its pods: they are made anew."""

    def in_object(found: Object) -> None:
        spec = pod_spec(found)
        if spec is not None:
            edit(spec)

    ref = workload_ref(owner)
    change = Change()
    if bench.inputs.get(ref) is not None:
        change += editing(bench.inputs, ref, in_object)
    if owner.kind != "Pod":
        stored = pods_of(bench.inputs, ref) if everywhere else pending_pods_of(bench.inputs, ref)
        for pod in stored:
            change += editing(bench.inputs, pod, in_object)
    return change


def template_cost(bench: Bench, owner: WorkloadKey) -> Cost:
    """Every pod of the workload there is gets a new template."""
    return Cost(pods=len(bench.owned(owner)))


def template_cautions(bench: Bench, owner: WorkloadKey) -> tuple[str, ...]:
    running = len(bench.running(owner))
    if not running:
        return ()
    told = RESTARTS_ALL.format(len(bench.owned(owner)), owner.name)
    return (f"{told} (delete the pending one by hand first)",)


def is_stateful(owner: WorkloadKey) -> bool:
    return owner.kind == "StatefulSet"


def both(one: Candidate, other: Candidate) -> Candidate:
    return Candidate(
        sentence=f"{one.sentence} and {other.sentence}",
        parts=one.parts + other.parts,
        change=one.change + other.change,
        cost=one.cost + other.cost,
        cautions=tuple(dict.fromkeys((*one.cautions, *other.cautions))),
        rank=Rank(max(one.rank, other.rank)),
        stateful=one.stateful or other.stateful,
        owner=one.owner,
        recreated=one.recreated | other.recreated,
    )
