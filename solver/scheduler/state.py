"""The cluster while pods are placed one after another (J1).

Holds what every rule shares: who is on which node, sums of requests, claims and volumes with what earlier
placements assumed, and the journal. Counts that belong to one rule are tables in that rule's file, kept here
by key so that pods of one workload share them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from typing import Protocol, TypeVar, cast, runtime_checkable
from weakref import proxy

import numpy as np

from solver.model.event import Event, Gone
from solver.model.names import ClaimKey, NodeName, PodKey, TopologyKey
from solver.model.node import Node
from solver.model.placement import Assignment
from solver.model.pod import HostPort, Pod
from solver.model.profile import Profile, Profiles
from solver.model.snapshot import Snapshot
from solver.model.storage import Attachment, Claim, StorageCapacity, Volume
from solver.scheduler.columns import Columns, Looks
from solver.scheduler.journal import Change, Journal
from solver.scheduler.tally import Places
from solver.scheduler.volume_binder import Binding, assume
from solver.scheduler.volume_book import Undo, VolumeBook

T = TypeVar("T")

VOLUME_USAGE = "volume usage"
"""Key of the one table that reads the claims and volumes of pods on nodes."""
_LONG_JOURNAL = 4
"""Changes for each pod on a node beyond which the journal of a state that follows events begins anew."""


@runtime_checkable
class Forkable(Protocol):
    """A table that a fork of its state takes over, instead of counting everything again."""

    def fork(self, state: ClusterState) -> Forkable:
        """The same table for a state that is as this one's now."""


_FIXED = (Places, Looks, np.ndarray)
"""Tables of these types are about nodes alone; forks share them."""


def _meaning(claim: Claim) -> tuple[object, ...]:
    """All that decides which volume stands for the claim."""
    return claim.volume_name, claim.storage_class, claim.owner


def _source(volume: Volume) -> tuple[object, ...]:
    return volume.driver, volume.handle, volume.plugin


class NodeState:
    """A node and what stands on it. Sums are over all pods on it, terminating ones included (G6)."""

    __slots__ = (
        "host_ports",
        "index",
        "node",
        "owner",
        "pods",
        "requested",
        "score_cpu_millis",
        "score_memory_bytes",
    )

    def __init__(self, index: int, node: Node, owner: object = None) -> None:
        self.index = index
        self.node = node
        self.owner = owner
        """Mark of the state that may change it; for every other it is only to look at."""
        self.pods: dict[PodKey, Pod] = {}
        self.requested: dict[str, int] = {}
        self.score_cpu_millis = 0
        self.score_memory_bytes = 0
        self.host_ports: list[HostPort] = []

    def add(self, pod: Pod) -> None:
        self.pods[pod.key] = pod
        self.host_ports.extend(pod.host_ports)
        self._shift_sums(pod, 1)

    def remove(self, pod: Pod) -> None:
        del self.pods[pod.key]
        for port in pod.host_ports:
            self.host_ports.remove(port)
        self._shift_sums(pod, -1)

    def copied(self, owner: object) -> NodeState:
        twin = NodeState(self.index, self.node, owner)
        twin.pods = {**self.pods}
        twin.requested = {**self.requested}
        twin.score_cpu_millis = self.score_cpu_millis
        twin.score_memory_bytes = self.score_memory_bytes
        twin.host_ports = [*self.host_ports]
        return twin

    def _shift_sums(self, pod: Pod, sign: int) -> None:
        for resource, amount in pod.requests.items():
            self.requested[resource] = self.requested.get(resource, 0) + sign * amount
        self.score_cpu_millis += sign * pod.running_score_cpu_millis
        self.score_memory_bytes += sign * pod.running_score_memory_bytes


class ClusterState:
    """Mutable; one per replay, or one that follows events. Build it with ``ClusterState.of``."""

    def __init__(self, snapshot: Snapshot, profile: Profile | None = None) -> None:
        self.snapshot = snapshot
        self.profiles = snapshot.profiles if profile is None else Profiles(otherwise=profile)
        self._mark = object()
        self.nodes = [NodeState(index, node, self._mark) for index, node in enumerate(snapshot.nodes)]
        self.columns = Columns(snapshot.nodes)
        self.volumes = VolumeBook(snapshot)
        self.journal = Journal()
        self._index_of = {state.node.name: state.index for state in self.nodes}
        self._place: dict[PodKey, tuple[int, Undo]] = {}
        """Index of the node, and what to undo."""
        self._added: dict[PodKey, NodeName] = {}
        self._claimed: set[ClaimKey] = set()
        """Claims of every pod in the journal."""
        self._storage_changed = False
        self._tables: dict[Hashable, object] = {}

    @classmethod
    def of(cls, snapshot: Snapshot, profile: Profile | None = None) -> ClusterState:
        """The state a snapshot describes: its running pods (G5) on their nodes, nothing assumed. With a
        ``profile`` that one judges every pod, else the snapshot's own say who judges which."""
        state = cls(snapshot, profile)
        for pod in snapshot.running:
            assert pod.node_name is not None  # that is what running means
            state._put(pod, state.node(pod.node_name), ())
        return state

    def profile_of(self, pod: Pod) -> Profile:
        return self.profiles.of(pod.scheduler_name)

    def node(self, name: NodeName) -> NodeState:
        """Raises KeyError when no node has that name."""
        return self.nodes[self._index_of[name]]

    def has_node(self, name: NodeName) -> bool:
        return name in self._index_of

    def fork(self) -> ClusterState:
        """A state that is as this one now and goes its own way from here.

        Costs little: what stands on a node is copied when one of the two is about to change it.
        """
        twin = copy(self)
        self._mark, twin._mark = object(), object()
        twin.nodes = [*self.nodes]
        twin.volumes = self.volumes.fork()
        twin.journal = self.journal.fork()
        twin._place = {**self._place}
        twin._added = {**self._added}
        twin._claimed = {*self._claimed}
        twin._tables = {}
        for key, table in self._tables.items():
            if isinstance(table, Forkable):
                twin._tables[key] = table.fork(twin)
            elif isinstance(table, _FIXED):
                twin._tables[key] = table
        return twin

    def node_of(self, pod: PodKey) -> NodeName | None:
        """Where the pod stands in this state, or None."""
        seat = self._place.get(pod)
        return self.nodes[seat[0]].node.name if seat else None

    def add(self, pod: Pod, node_name: NodeName) -> Binding:
        """Assume the pod on the node, together with what VolumeBinding assumes for its claims (V36).

        The caller has checked that the pod passes there; this only records it. Returns what was assumed.
        """
        node = self.node(node_name)
        binding, undo = assume(pod, node.node, self.volumes)
        self._put(pod, node, undo)
        self._added[pod.key] = node_name
        return binding

    def remove(self, key: PodKey) -> None:
        """Take a pod off its node again, with what its ``add`` assumed about claims and volumes.

        Pods that share an unbound claim come off in the reverse of the order they were added in: the first of
        them made the assumption (V36).
        """
        index, undo = self._place.pop(key)
        node = self._changeable(index)
        pod = node.pods[key]
        node.remove(pod)
        self.volumes.restore(undo)
        self.journal.record(Change(pod, node.index, -1))
        self._added.pop(key, None)

    def become(self, order: Sequence[Assignment] = ()) -> None:
        """Exactly these pods added to those that run, in this order; what was added alike stays as it is."""
        kept = 0
        for (key, name), wanted in zip(self._added.items(), order, strict=False):
            if (key, name) != (wanted.pod, wanted.node):
                break
            kept += 1
        for key in reversed(list(self._added)[kept:]):  # V36
            self.remove(key)
        for assignment in order[kept:]:
            self.add(self.snapshot.pod_by_key[assignment.pod], assignment.node)

    def apply(self, event: Event) -> None:
        """Follow what happened in the cluster; pods added to it come off first. Nothing may be asked before
        ``renew``."""
        self.become(())
        thing = event.thing
        if isinstance(thing, Pod):
            if thing.key in self._place:
                self.remove(thing.key)
            if not isinstance(event, Gone) and thing.node_name in self._index_of and not thing.is_terminal:
                self._put(thing, self.node(thing.node_name), ())  # G5
            return
        self._storage_changed = True
        if not isinstance(thing, StorageCapacity) and (isinstance(event, Gone) or self._counts_anew(thing)):
            self._tables.pop(VOLUME_USAGE, None)

    def _counts_anew(self, thing: Claim | Volume | Attachment) -> bool:
        """Does the object change which volumes pods on nodes have (V11, V14)?"""
        match thing:
            case Claim():
                known = self.volumes.claim(thing.key)
                return thing.key in self._claimed and (known is None or _meaning(known) != _meaning(thing))
            case Volume():
                volume = self.volumes.volume(thing.name)
                return volume is None or _source(volume) != _source(thing)
            case Attachment():
                return True

    def renew(self, snapshot: Snapshot) -> None:
        """Be as ``of`` this snapshot, which is what the events so far have led to."""
        self.become(())
        self.snapshot = snapshot
        if self._storage_changed:
            self.volumes = VolumeBook(snapshot)
            self._storage_changed = False
        if len(self.journal) > _LONG_JOURNAL * (1 + len(self._place)):
            self.journal = Journal()
            self._tables = {}
            for key, (index, _) in self._place.items():
                self.journal.record(Change(self.nodes[index].pods[key], index, 1))

    def table(self, key: Hashable, build: Callable[[], T]) -> T:
        """The table kept under ``key``, built on first use. The caller's key says what type it is."""
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = build()
        return cast(T, found)

    @property
    def lent(self) -> ClusterState:
        """This state, for a table of it to refer to. The table does not outlive it, and a state without
        reference cycles goes as soon as nobody needs it, without waiting for the garbage collector."""
        lent: ClusterState = proxy(self)
        return lent

    def values_of(self, key: TopologyKey) -> Places:
        """The value of a topology key on every node, by index; None where the label is missing."""
        return self.table(
            ("values of", key), lambda: Places(state.node.labels.get(key) for state in self.nodes)
        )

    def _put(self, pod: Pod, node: NodeState, undo: Undo) -> None:
        self._changeable(node.index).add(pod)
        self._claimed.update(use.claim for use in pod.claims)
        self._place[pod.key] = (node.index, undo)
        self.journal.record(Change(pod, node.index, 1))

    def _changeable(self, index: int) -> NodeState:
        """The node as this state's own: a copy if a fork may look at it, too."""
        node = self.nodes[index]
        if node.owner is not self._mark:
            node = self.nodes[index] = node.copied(self._mark)
        return node
