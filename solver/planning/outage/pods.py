"""The pods of a snapshot as an outage looks at them: whose they are, and what their data is like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from solver.compile import Cluster
from solver.compile.problem import BoolArray
from solver.model.names import ClaimKey, NodeName, PodKey
from solver.model.pod import Pod, WorkloadKey
from solver.model.quantity import whole
from solver.model.snapshot import Snapshot
from solver.model.storage import READ_WRITE_ONCE_POD, Claim
from solver.planning.outage.answer import Model
from solver.planning.storage import Kind, Nature, StorageBook
from solver.planning.storage.consequences import READ_WRITE_MANY
from solver.planning.storage.drivers import KIND_BY_SOURCE

SCRATCH = "emptyDir"
_NEVER_ATTACHED = ("nfs", "cephfs", "azureFile", "hostPath")


class Controller(Enum):
    """Who would make a new pod (C17)."""

    REPLACES = auto()
    """At once: ReplicaSet, ReplicationController, Job."""
    ONE_OF_A_NAME = auto()
    """StatefulSet: only when the old pod is gone (C21)."""
    ON_ITS_NODE = auto()
    """DaemonSet, and static pods of a node."""
    NOBODY = auto()
    UNKNOWN = auto()
    """A custom one."""


_CONTROLLERS = {
    "ReplicaSet": Controller.REPLACES,
    "ReplicationController": Controller.REPLACES,
    "Job": Controller.REPLACES,
    "StatefulSet": Controller.ONE_OF_A_NAME,
    "DaemonSet": Controller.ON_ITS_NODE,
    "Node": Controller.ON_ITS_NODE,
}


_NUMBER = re.compile(r"-[0-9]+$")


def controller_of(pod: Pod) -> Controller:
    if pod.owner is None:
        return Controller.NOBODY
    return _CONTROLLERS.get(pod.owner.kind, Controller.UNKNOWN)


def workload_of(pod: Pod) -> WorkloadKey:
    """Labelled pods of no controller that are numbered, ``db-0`` and ``db-1``, are told of together."""
    if pod.workload is not None:
        return pod.workload
    name = _NUMBER.sub("", pod.name) if pod.labels else pod.name
    return WorkloadKey(kind="Pod", namespace=pod.namespace, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One volume of a pod; ``claim`` is None for inline ones."""

    nature: Nature | None
    """None for what goes with the pod by design: scratch space, generic ephemeral volumes."""
    claim: ClaimKey | None
    label: str
    """The volume's storage class, or the name of its inline source."""
    identity: str
    """Equal for the same data seen from several pods."""
    size_bytes: int = 0
    shared: bool = False
    """Several nodes may have it at once (C15)."""
    single_pod: bool = False
    """C14."""


class Pods:
    """Of one snapshot. What is asked often is worked out once."""

    def __init__(self, snapshot: Snapshot, book: StorageBook, cluster: Cluster) -> None:
        self.snapshot = snapshot
        self._book = book
        self._cluster = cluster
        self._stores: dict[PodKey, tuple[Store, ...]] = {}
        self._unbound_reach = np.ones(len(snapshot.nodes), dtype=np.bool_)
        self._index = {node.name: index for index, node in enumerate(snapshot.nodes)}
        self.by_node: dict[NodeName, list[Pod]] = defaultdict(list)
        self.by_workload: dict[WorkloadKey, list[Pod]] = defaultdict(list)
        self.with_data: list[Pod] = []
        """Pods that run and whose data may be elsewhere than they are."""
        for pod in snapshot.running:
            assert pod.node_name is not None
            self.by_node[pod.node_name].append(pod)
            if not pod.terminating and controller_of(pod) is not Controller.ON_ITS_NODE:
                self.by_workload[workload_of(pod)].append(pod)
                if any(store.nature is not None for store in self.stores(pod)):
                    self.with_data.append(pod)
        self.models = {key: self._model(pods) for key, pods in self.by_workload.items()}

    def mask(self, names: Iterable[NodeName]) -> BoolArray:
        """[N], these nodes."""
        found = np.zeros(len(self._index), dtype=np.bool_)
        found[[self._index[name] for name in names]] = True
        return found

    def reach(self, pod: Pod) -> BoolArray:
        """[N], nodes that all its bound volumes can be used on (C25: the intersection)."""
        mask = self._unbound_reach
        for use in pod.claims:
            claim = self.snapshot.claim_by_key.get(use.claim)
            if not use.ephemeral and claim is not None and claim.volume_name is not None:
                mask = mask & self._cluster.access.of(pod, use).nodes
        return mask

    def stores(self, pod: Pod) -> tuple[Store, ...]:
        if pod.key not in self._stores:
            self._stores[pod.key] = (*self._claimed(pod), *self._inline(pod))
        return self._stores[pod.key]

    def _claimed(self, pod: Pod) -> Iterator[Store]:
        for use in pod.claims:
            claim = self.snapshot.claim_by_key.get(use.claim)
            if use.ephemeral:
                label = claim.storage_class if claim else ""
                size = whole(claim.request_milli) if claim else 0
                yield Store(nature=None, claim=use.claim, label=label, identity=use.claim, size_bytes=size)
            elif claim is None:
                unknown = Nature(kind=Kind.UNKNOWN, decided_by="V7")
                yield Store(nature=unknown, claim=use.claim, label="", identity=use.claim)
            else:
                yield self._of_claim(claim)

    def _of_claim(self, claim: Claim) -> Store:
        volume = self.snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name else None
        modes = volume.access_modes if volume else claim.access_modes
        return Store(
            nature=self._book.of_claim(claim),
            claim=claim.key,
            label=volume.storage_class if volume else claim.storage_class,
            identity=volume.name if volume else claim.key,
            size_bytes=whole(volume.capacity_milli if volume else claim.request_milli),
            shared=READ_WRITE_MANY in modes or "ReadOnlyMany" in modes,
            single_pod=READ_WRITE_ONCE_POD in claim.access_modes,
        )

    def _inline(self, pod: Pod) -> Iterator[Store]:
        for inline in pod.inline_sources:
            name = f"{pod.key}/{inline.volume}"
            if inline.source == SCRATCH:
                yield Store(nature=None, claim=None, label=SCRATCH, identity=name)
                continue
            kind = Kind.HOST_PATH if inline.source == "hostPath" else KIND_BY_SOURCE.get(inline.source)
            never = inline.source in _NEVER_ATTACHED
            nature = Nature(kind=kind or Kind.UNKNOWN, attachable=not never, decided_by="C2.7")
            yield Store(nature=nature, claim=None, label=inline.source, identity=name, shared=never)

    def _model(self, pods: list[Pod]) -> Model:
        """A claim in a pod template is the same for all replicas; claims of a StatefulSet's own templates are
        one for each, and pods of no controller name their own."""
        users: dict[ClaimKey, int] = defaultdict(int)
        for pod in pods:
            for store in self.stores(pod):
                if store.claim is not None and store.nature is not None:
                    users[store.claim] += 1
        if not users:
            return Model.STATELESS
        has_own = controller_of(pods[0]) in (Controller.ONE_OF_A_NAME, Controller.NOBODY)
        own = [claim for claim, number in users.items() if number == 1 and has_own]
        return Model.SHARD_AND_REPLICATE if own else Model.SHARED_DATA
