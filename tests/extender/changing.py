"""A cluster that changes under the extender, without an API server: what happens is said by the test.

``Stage`` plays kube-scheduler and the controllers around a live planner, step by step and without threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from extender.book.shelf import PlanBook
from extender.config import ExtenderConfig
from extender.metrics import Metrics
from extender.planner.live import LivePlanner
from extender.snapshots import Changes, Sighting
from extender.verbs.ladder import Ladder
from solver.kube.documents import Document
from solver.model.event import Event, Gone, Put, Thing
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import ClaimRef
from solver.scheduler import ClusterState, check


class ChangingSource:
    """The SnapshotSource of a cluster in memory."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._lock = threading.Condition()
        self._events: list[Event] = []
        self._first = 1
        """Generation before the first event remembered."""
        self._begin(snapshot)
        self.trouble: tuple[str, ...] = ()

    def _begin(self, snapshot: Snapshot) -> None:
        self._fixed = replace(snapshot, pods=(), claims=(), volumes=(), attachments=(), capacities=())
        things: Sequence[Thing] = (
            *snapshot.pods,
            *snapshot.claims,
            *snapshot.volumes,
            *snapshot.attachments,
            *snapshot.capacities,
        )
        self._things = {_identity(thing): thing for thing in things}

    # what the extender sees

    def latest(self) -> Sighting:
        with self._lock:
            return Sighting(snapshot=self.snapshot(), generation=self._first + len(self._events))

    def changes_since(self, generation: int, timeout_s: float) -> Changes:
        with self._lock:
            self._lock.wait_for(lambda: self._first + len(self._events) > generation, timeout_s)
            now = self._first + len(self._events)
            if generation < self._first:
                return Changes(generation=now, restart=True)
            return Changes(generation=now, events=tuple(self._events[generation - self._first :]))

    def with_manifests(self, manifests: Sequence[Document]) -> Snapshot:
        raise NotImplementedError

    def age_s(self) -> float:
        return 0.0

    def troubles(self) -> tuple[str, ...]:
        return self.trouble

    # what happens

    def snapshot(self) -> Snapshot:
        def of(kind: str) -> tuple[Any, ...]:
            return tuple(thing for (k, _), thing in self._things.items() if k == kind)

        return replace(
            self._fixed,
            pods=of("Pod"),
            claims=of("Claim"),
            volumes=of("Volume"),
            attachments=of("Attachment"),
            capacities=of("StorageCapacity"),
        )

    def put(self, *things: Thing) -> None:
        with self._lock:
            for thing in things:
                self._things[_identity(thing)] = thing
                self._events.append(Put(thing))
            self._lock.notify_all()

    def remove(self, *things: Thing) -> None:
        with self._lock:
            for thing in things:
                del self._things[_identity(thing)]
                self._events.append(Gone(thing))
            self._lock.notify_all()

    def become(self, snapshot: Snapshot) -> None:
        """Something happened that events cannot tell."""
        with self._lock:
            self._first += len(self._events) + 1
            self._events = []
            self._begin(snapshot)
            self._lock.notify_all()

    def bind(self, pod: Pod, name: NodeName) -> None:
        """What the cluster looks like once the pod runs there, its volumes included (V36)."""
        state = ClusterState.of(self.snapshot())
        binding = state.add(pod, name)
        for claim, volume in binding.static:
            reference = ClaimRef(namespace=claim.namespace, name=claim.name, uid=claim.uid)
            bound = replace(claim, volume_name=volume.name, bind_completed=True, phase="Bound")
            self.put(replace(volume, claim_ref=reference, phase="Bound"), bound)
        for claim in binding.provisioned:
            self.put(replace(claim, selected_node=name))
        self.put(replace(pod, node_name=name, phase="Running", from_manifest=False))


def _identity(thing: Thing) -> tuple[str, str]:
    kind = type(thing).__name__
    return kind, str(thing.key if kind in ("Pod", "Claim") else thing.name)  # type: ignore[union-attr]


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Stage:
    def __init__(self, snapshot: Snapshot, **settings: Any) -> None:
        self.clock = Clock()
        self.source = ChangingSource(snapshot)
        self.metrics = Metrics()
        self.config = ExtenderConfig(**settings)
        self.book = PlanBook(self.clock)
        self.restart()

    def restart(self) -> None:
        """An extender that knows nothing but the cluster."""
        self.planner = LivePlanner(self.source, self.book, self.metrics, self.config, self.clock)
        self.planner.begin()
        self._seen = self.source.latest().generation
        self.ladder = Ladder(self.book, self.config, self.metrics, self.planner)

    def settle(self, seconds: float = 0.0) -> None:
        """Let time go by, and the planner do what there is to do."""
        self.clock.now += seconds
        changes = self.source.changes_since(self._seen, 0)
        if changes.restart:
            sighting = self.source.latest()
            self.planner.inbox.begin_again(sighting)
            self._seen = sighting.generation
        elif changes.events:
            self.planner.inbox.add(changes)
            self._seen = changes.generation
        self.planner.step(0)

    def pod(self, key: PodKey) -> Pod:
        return self.source.snapshot().pod_by_key[key]

    def passing(self, pod: Pod) -> tuple[NodeName, ...]:
        """What kube-scheduler's own filters leave."""
        state = ClusterState.of(self.source.snapshot())
        names = (node.name for node in self.source.snapshot().nodes)
        return tuple(name for name in names if check(pod, name, state) is None)

    def kept(self, pod: Pod, names: Sequence[NodeName] | None = None) -> tuple[NodeName, ...]:
        """Which of these nodes (default: those that pass) a filter call leaves."""
        asked = tuple(self.passing(pod) if names is None else names)
        return self.ladder.answer(pod, asked)[1].kept if asked else ()

    def schedule(self, pod: Pod, pick: Callable[[Sequence[NodeName]], NodeName]) -> NodeName | None:
        """One scheduling cycle and what follows from it."""
        kept = self.kept(pod)
        if not kept:
            return None
        name = pick(kept)
        self.source.bind(pod, name)
        return name

    def day(self, pick: Callable[[Sequence[NodeName]], NodeName]) -> None:
        """Every pod that waits comes up again and again as long as anything moves."""
        moved = True
        while moved:
            moved = False
            for pod in self.source.snapshot().pending:
                self.settle(2.0)
                if self._exists(pod) and self.schedule(pod, pick) is not None:
                    moved = True
            self.settle(2.0)

    def _exists(self, pod: Pod) -> bool:
        """W14: a controller creates a pod when the one before it runs."""
        before = pod.created_after and self.source.snapshot().pod_by_key.get(pod.created_after)
        return not before or before.node_name is not None
