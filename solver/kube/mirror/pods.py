"""Pods that exist, and what else must be known to keep their models up to date."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from solver.kube.mirror.groups import Groups
from solver.kube.mirror.table import Table
from solver.kube.stored import Find, source_of_pod, workload_of
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod, WorkloadKey


class StoredPods:
    def __init__(self, find: Find) -> None:
        self._find = find
        self.by_key: dict[PodKey, Pod] = {}
        self._table: Table[Pod] = Table()
        self._on: Groups[NodeName] = Groups()
        self._of: Groups[WorkloadKey] = Groups()
        """By controller, and by the workload above it."""

    def values(self) -> tuple[Pod, ...]:
        return self._table.values()

    def put(self, pod: Pod) -> None:
        known = self.by_key.get(pod.key)
        if known is not None:
            self._unlink(known)
        self._table.set(pod.key, pod)
        self.by_key[pod.key] = pod
        if pod.node_name is not None:
            self._on.add(pod.node_name, pod.key)
        for workload in _workloads(pod):
            self._of.add(workload, pod.key)

    def drop(self, key: PodKey) -> None:
        known = self.by_key.pop(key, None)
        if known is not None:
            self._table.set(key, None)
            self._unlink(known)

    def _unlink(self, pod: Pod) -> None:
        if pod.node_name is not None:
            self._on.discard(pod.node_name, pod.key)
        for workload in _workloads(pod):
            self._of.discard(workload, pod.key)

    def owned(self, workload: WorkloadKey) -> tuple[PodKey, ...]:
        return tuple(self._of.of(workload))

    def renewed(self, key: PodKey) -> Pod:
        """The pod with what it takes from the objects above it."""
        pod = self.by_key[key]
        if pod.owner is None:
            return pod
        workload = workload_of(pod.owner, pod.namespace, pod.labels, self._find)
        source = source_of_pod(f"{pod.namespace}/{pod.name}", workload, self._find)
        if (workload, source) == (pod.workload, pod.source):
            return pod
        return replace(pod, workload=workload, source=source)

    def elsewhere(self, nodes: Collection[str]) -> list[Pod]:
        """Pods on nodes that are none of these, in key order."""
        keys = [key for name in self._on if name not in nodes for key in self._on.of(name)]
        return [self.by_key[key] for key in sorted(keys)]


def _workloads(pod: Pod) -> Iterator[WorkloadKey]:
    if pod.owner is not None:
        yield WorkloadKey(kind=pod.owner.kind, namespace=pod.namespace, name=pod.owner.name)
    if pod.workload is not None:
        yield pod.workload
