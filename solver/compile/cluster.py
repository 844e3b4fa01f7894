"""A cluster kept ready for questions: what depends on nodes, running pods and volumes is indexed once and
follows events, so that a question costs what it asks about. Answers are in ``formulate``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol, TypeVar, cast

from solver.compile.access import Access
from solver.compile.brought import Attached, Identities
from solver.compile.domains import Domains
from solver.compile.eligibility import Eligibility
from solver.compile.running import RunningPods
from solver.compile.storage import Storage
from solver.model.event import Event, Gone
from solver.model.names import ClaimKey, PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Attachment, Claim, StorageCapacity, Volume


class Companion(Protocol):
    """An index of another layer that follows the same events."""

    def apply(self, event: Event) -> None: ...


C = TypeVar("C", bound=Companion)


class Cluster:
    """Starts as ``snapshot`` and changes with every event. Not safe for use by several threads at once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.fixed = replace(snapshot, pods=(), claims=(), volumes=(), attachments=(), capacities=())
        """What no event changes."""
        self.node_names = tuple(node.name for node in snapshot.nodes)
        self.pods: dict[PodKey, Pod] = {}
        self.storage = Storage(snapshot.claims, snapshot.volumes, snapshot.attachments, snapshot.capacities)
        self.domains = Domains(snapshot.nodes)
        self.eligibility = Eligibility(self.fixed, self.domains)
        self.access = Access(self.fixed, self.storage, self.domains)
        self.identities = Identities(self.fixed, self.storage)
        self.running = RunningPods(self.fixed)
        self.attached = Attached(self.fixed, self.identities)
        self._companions: dict[Callable[[Snapshot], Companion], Companion] = {}
        for pod in snapshot.pods:
            self._put_pod(pod)

    def snapshot(self) -> Snapshot:
        """The cluster as it is now."""
        return replace(
            self.fixed,
            pods=tuple(self.pods.values()),
            claims=tuple(self.storage.claims.values()),
            volumes=tuple(self.storage.volumes.values()),
            attachments=tuple(self.storage.attachments.values()),
            capacities=tuple(self.storage.capacities.values()),
        )

    def companion(self, make: Callable[[Snapshot], C]) -> C:
        """What ``make`` made of the cluster when first asked for, and what it has become by events since."""
        if make not in self._companions:
            self._companions[make] = make(self.snapshot())
        return cast(C, self._companions[make])

    # events

    def apply(self, event: Event) -> None:
        for companion in self._companions.values():
            companion.apply(event)
        gone = isinstance(event, Gone)
        match event.thing:
            case Pod() as pod:
                self._stop_pod(pod.key)
                if gone:
                    self.pods.pop(pod.key, None)
                else:
                    self._put_pod(pod)
            case Claim() as claim:
                self._change_claim(claim, gone=gone)
            case Volume() as volume:
                self._change_volume(volume, gone=gone)
            case Attachment() as attachment:
                if gone:
                    self.storage.drop_attachment(attachment.name)
                else:
                    self.storage.put_attachment(attachment)
            case StorageCapacity() as capacity:
                self._change_capacity(capacity, gone=gone)

    def _put_pod(self, pod: Pod) -> None:
        self.pods[pod.key] = pod
        if pod.node_name in self.fixed.node_by_name and not pod.is_terminal:  # G5
            self.running.add(pod)
            self.attached.add(pod)

    def _stop_pod(self, key: PodKey) -> None:
        if key in self.running:
            self.running.remove(key)
            self.attached.remove(self.pods[key])

    def _change_claim(self, claim: Claim, *, gone: bool) -> None:
        users = self._users([claim.key])
        for pod in users:
            self.attached.remove(pod)
        if gone:
            self.storage.drop_claim(claim.key)
        else:
            self.storage.put_claim(claim)
        for pod in users:
            self.attached.add(pod)
        self.access.forget_claim(claim.key)

    def _change_volume(self, volume: Volume, *, gone: bool) -> None:
        users = self._users(self.storage.claims_naming(volume.name))
        for pod in users:
            self.attached.remove(pod)
        if gone:
            self.storage.drop_volume(volume.name)
        else:
            self.storage.put_volume(volume)
        for pod in users:
            self.attached.add(pod)
        self.access.forget_volumes()

    def _change_capacity(self, capacity: StorageCapacity, *, gone: bool) -> None:
        if gone:
            self.storage.capacities.pop(capacity.name, None)
        else:
            self.storage.capacities[capacity.name] = capacity
        self.access.forget_capacities()

    def _users(self, claims: Iterable[ClaimKey]) -> list[Pod]:
        """Running pods that use one of the claims."""
        homes = {home.pod.key: home.pod for key in claims for home in self.running.users(key)}
        return list(homes.values())
