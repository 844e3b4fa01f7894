"""The cluster as the planner follows it. For the planner's thread alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from extender.book.roster import Roster
from extender.snapshots import Sighting
from solver.compile import Cluster
from solver.model.event import Event, Gone, Put, Thing
from solver.model.names import ClaimKey, NodeName, PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import ClaimRef
from solver.scheduler.state import ClusterState
from solver.scheduler.sums import sums
from solver.scheduler.volume_binder import Binding


class World:
    def __init__(self, sighting: Sighting, scheduler_names: tuple[str, ...]) -> None:
        self.generation = sighting.generation
        self._scheduler_names = frozenset(scheduler_names)
        self._cluster = Cluster(sighting.snapshot)
        self._snapshot: Snapshot | None = sighting.snapshot
        self.waiting: dict[PodKey, Pod] = {}
        """Pods to plan for: of our scheduler, without a node, not gated (Q1). In input order."""
        self.gated: set[PodKey] = set()
        for pod in sighting.snapshot.pending:
            self._note(pod)
        self.roster = Roster(node.name for node in sighting.snapshot.nodes)

    def pod(self, key: PodKey) -> Pod | None:
        return self._cluster.pods.get(key)

    def apply(self, event: Event) -> None:
        self._cluster.apply(event)
        self._snapshot = None
        match event:
            case Put(Pod() as pod):
                self._note(pod)
            case Gone(Pod() as pod):
                self.waiting.pop(pod.key, None)
                self.gated.discard(pod.key)

    def _note(self, pod: Pod) -> None:
        ours = pod.is_pending and pod.scheduler_name in self._scheduler_names
        if ours and not pod.scheduling_gates:
            self.waiting[pod.key] = pod
        else:
            self.waiting.pop(pod.key, None)
        if ours and pod.scheduling_gates:
            self.gated.add(pod.key)
        else:
            self.gated.discard(pod.key)

    def snapshot(self) -> Snapshot:
        if self._snapshot is None:
            self._snapshot = self._cluster.snapshot()
        return self._snapshot

    def sighting(self) -> Sighting:
        return Sighting(snapshot=self.snapshot(), generation=self.generation)

    def state(self) -> ClusterState:
        """What runs now; nobody else will change it."""
        state = self._cluster.companion(ClusterState.of)
        state.renew(self.snapshot())
        taken = sums(state)
        for amounts in (taken.pods(), taken.requested("cpu"), taken.requested("memory")):
            assert len(amounts) == len(self.roster)  # asked for here, so that forks take them over
        return state.fork()

    @contextmanager
    def holding(self, held: Mapping[PodKey, NodeName]) -> Iterator[Cluster]:
        """The cluster as if these pods, in this order, ran on these nodes already, with the volumes that
        would be theirs (V36)."""
        state = self._cluster.companion(ClusterState.of)
        state.renew(self.snapshot())
        users = Counter(use.claim for pod in self.waiting.values() for use in pod.claims)
        shared = {claim for claim, number in users.items() if number > 1}
        pretended: list[Thing] = []
        real: list[Thing] = []
        for key, name in held.items():
            pod = self._cluster.pods[key]
            pretended.append(replace(pod, node_name=name))
            real.append(pod)
            for before, after in _assumed(state.add(pod, name), name, shared):
                real.append(before)
                pretended.append(after)
        state.become(())
        for thing in pretended:
            self._cluster.apply(Put(thing))
        try:
            yield self._cluster
        finally:
            for thing in reversed(real):  # what was changed twice ends as it was at first
                self._cluster.apply(Put(thing))


def _assumed(binding: Binding, name: NodeName, shared: set[ClaimKey]) -> Iterator[tuple[Thing, Thing]]:
    """What is different then, before and after. Where a claim's volume is made matters to its other users
    alone."""
    for claim, volume in binding.static:
        reference = ClaimRef(namespace=claim.namespace, name=claim.name, uid=claim.uid)
        yield volume, replace(volume, claim_ref=reference)
    for claim in binding.provisioned:
        if claim.key not in shared:
            continue
        yield claim, replace(claim, selected_node=name)
