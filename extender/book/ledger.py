"""Room on nodes, if everybody were everywhere he may go.

Every pod that may take a node is entered on it, so a pod that fits on top of them fits whatever they choose.
The filters are kube-scheduler's own; only attach limits are counted more strictly than there. Rules between
pods are in ``rules``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.columns import BoolArray
from solver.scheduler.framework import passing
from solver.scheduler.plugin import FilterPlugin, NodeFilter
from solver.scheduler.registry import FILTER_BY_NAME, FILTERS
from solver.scheduler.state import ClusterState, NodeState

BETWEEN_PODS = frozenset({"PodTopologySpread", "InterPodAffinity"})
ON_THE_NODE = frozenset({"NodePorts", "NodeResourcesFit", "VolumeRestrictions"})

ALONE = frozenset(plugin.name for plugin in FILTERS) - BETWEEN_PODS

Fits = Callable[[NodeName], bool]


def fits_alone(pod: Pod, state: ClusterState) -> Fits:
    """Does the pod pass every filter that looks at no other pending pod, given what stands in ``state``?"""
    return _asked(pod, state, ALONE)


def has_room(pod: Pod, state: ClusterState) -> Fits:
    """Is there room for the pod: resources, pod count, host ports, inline disks?"""
    return _asked(pod, state, ON_THE_NODE)


def fit_alone(pod: Pod, state: ClusterState) -> BoolArray:
    """[N], ``fits_alone`` for all nodes at once."""
    return passing(pod, state, ALONE)


def with_room(pod: Pod, state: ClusterState) -> BoolArray:
    """[N], ``has_room`` for all nodes at once."""
    return passing(pod, state, ON_THE_NODE)


def _asked(pod: Pod, state: ClusterState, among: frozenset[str]) -> Fits:
    filters: list[NodeFilter] = []
    narrowed: frozenset[NodeName] | None = None
    for plugin in _plugins(pod, state, among):
        result = plugin.prefilter(pod, state)
        if result.status is not None:
            return lambda _name: False
        if result.nodes is not None:
            narrowed = result.nodes if narrowed is None else narrowed & result.nodes
        if result.filter is not None:
            filters.append(result.filter)

    def fits(name: NodeName) -> bool:
        if narrowed is not None and name not in narrowed:
            return False
        node = state.node(name)
        return all(may_host(node) is None for may_host in filters)

    return fits


def _plugins(pod: Pod, state: ClusterState, among: frozenset[str]) -> list[FilterPlugin]:
    """Those of the pod's profile."""
    return [FILTER_BY_NAME[name] for name in state.profile_of(pod).filters if name in among]


class Ledger:
    """Entries are never taken out again."""

    def __init__(self, snapshot: Snapshot, state: ClusterState) -> None:
        """``state`` is that of the snapshot, for the ledger to change."""
        self._state = state
        self._numbers = count()
        self._volumes: dict[NodeName, int] = defaultdict(int)
        for pod in snapshot.running:
            if pod.node_name is not None and (pod.claims or pod.inline_volumes):
                self._volumes[pod.node_name] += _volume_count(pod)
        for attachment in snapshot.attachments:
            self._volumes[attachment.node_name] += 1
        self._limits = {
            csi_node.name: min(limits)
            for csi_node in snapshot.csi_nodes
            if (limits := [driver.limit for driver in csi_node.drivers if driver.limit is not None])
        }

    def enter(self, pod: Pod, name: NodeName, copies: int = 1) -> None:
        """Room for the pod, as often as there are pods like it that may come."""
        for number in range(copies):
            entry = replace(pod, key=PodKey(f"{pod.key} {next(self._numbers)} {number}"), claims=())
            self._state.add(entry, name)
        self._volumes[name] += copies * _volume_count(pod)

    def takes(self, pod: Pod, name: NodeName, copies: int = 1) -> bool:
        """Would so many pods like this one fit on top of everybody entered on the node?"""
        limit = self._limits.get(name)
        volumes = _volume_count(pod)
        if volumes and limit is not None and self._volumes[name] + copies * volumes > limit:
            return False
        if _how_many(pod, self._state.node(name)) < copies:
            return False
        if not pod.host_ports and not pod.disks:
            return True
        return has_room(replace(pod, claims=()), self._state)(name)


def capacity(pod: Pod, state: ClusterState, name: NodeName) -> int:
    """The most pods like this one that the filters can let on the node."""
    return _how_many(pod, state.node(name))


def _how_many(pod: Pod, node: NodeState) -> int:
    """R8, R10; two pods with the same host port or the same writable disk cannot share a node (P3, V6)."""
    allocatable, requested = node.node.allocatable, node.requested
    rooms = [allocatable.get("pods", 0) - len(node.pods)]
    for resource, amount in pod.requests.items():
        if amount > 0:
            rooms.append((allocatable.get(resource, 0) - requested.get(resource, 0)) // amount)
    most = max(0, min(rooms))
    return min(most, 1) if pod.host_ports or pod.disks else most


def _volume_count(pod: Pod) -> int:
    """More than NodeVolumeLimits counts: every claim as a volume of its own (V12) of any driver (V11)."""
    return len(pod.claims) + len(pod.inline_volumes)
