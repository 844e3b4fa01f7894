"""Nodes that do not exist yet, as the objects a cluster would have for them, and a snapshot with them in it.

A new node is like the nodes of its zone in what the catalogue leaves open: region and CSI topology labels,
CSI drivers and attach limits, and one pod of every DaemonSet that would run there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from frozendict import frozendict

from solver.kube import raw
from solver.kube.nodes import node as read_node
from solver.kube.shape import typed
from solver.kube.storage import csi_node, storage_capacity
from solver.model.catalogue import NodeType
from solver.model.names import HOSTNAME, INSTANCE_TYPE, REGION, ZONE, NodeName, pod_key
from solver.model.pod import Pod, WorkloadKey, tolerated
from solver.model.snapshot import Snapshot
from solver.model.storage import CSINodeDriver

_MACHINE = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
_DAEMON_SET = "DaemonSet"
NO_ZONE = ""
"""Of nodes without a zone label, where a cluster has no others."""
Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Nodes of one type in one zone."""

    node_type: NodeType
    zone: str

    @property
    def price_micros(self) -> int:
        return self.node_type.price_in(self.zone)

    @property
    def group(self) -> str:
        return self.node_type.group.replace("{zone}", self.zone)

    def node_name(self, number: int) -> NodeName:
        """``number`` counts from 1."""
        parts = ("new", self.node_type.name, self.zone, str(number))
        return NodeName("-".join(part for part in parts if part))

    def __str__(self) -> str:
        """``n8 in a``."""
        return f"{self.node_type.name} in {self.zone}" if self.zone else self.node_type.name


class Stock:
    """What is on sale for a cluster. Names of new nodes never meet those of existing ones."""

    def __init__(self, snapshot: Snapshot, types: Sequence[NodeType]) -> None:
        self._snapshot = snapshot
        named = sorted({n.labels[ZONE] for n in snapshot.nodes if ZONE in n.labels})
        self.zones = tuple(named) or (NO_ZONE,)
        self.lots = tuple(Lot(node_type=t, zone=z) for t in types for z in t.zones or self.zones)
        self._drivers = _common_drivers(snapshot)
        self._daemons = _daemons(snapshot)

    @property
    def daemons(self) -> tuple[WorkloadKey, ...]:
        """DaemonSets whose pods new nodes may carry."""
        return tuple(self._daemons)

    @property
    def assumed_limits(self) -> dict[str, int]:
        """CSI driver to the attach limit taken from existing nodes, because some type states none."""
        stated = [lot.node_type.attach_limits for lot in self.lots]
        return {
            name: driver.limit
            for name, driver in self._drivers.items()
            if driver.limit is not None and any(name not in limits for limits in stated)
        }

    def objects(self, lot: Lot, number: int) -> tuple[Object, ...]:
        """A Node, its CSINode, and a CSIStorageCapacity for each storage class it provides."""
        name = lot.node_name(number)
        capacities = (
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "CSIStorageCapacity",
                "metadata": {"name": f"{name}-{storage_class}", "namespace": "kube-system"},
                "storageClassName": storage_class,
                "nodeTopology": {"matchLabels": {HOSTNAME: name}},
                "capacity": str(size),
            }
            for storage_class, size in sorted(lot.node_type.storage_bytes.items())
        )
        return (self._node(lot, name), self._csi_node(lot, name), *capacities)

    def with_nodes(self, wanted: Iterable[tuple[Lot, int]], snapshot: Snapshot) -> Snapshot:
        """``snapshot`` with the first so many nodes of each lot, and their DaemonSet pods."""
        nodes, csi_nodes, capacities = (
            list(snapshot.nodes),
            list(snapshot.csi_nodes),
            list(snapshot.capacities),
        )
        pods = list(snapshot.pods)
        for lot, count in wanted:
            for number in range(1, count + 1):
                first, second, *others = self.objects(lot, number)
                new = read_node(first["metadata"]["name"], typed(first, raw.Node))
                nodes.append(new)
                csi_nodes.append(csi_node(new.name, typed(second, raw.CSINode)))
                capacities += [storage_capacity(typed(other, raw.StorageCapacity)) for other in others]
                pods += [_on(pod, new.name) for pod in self._daemons.values() if _runs_on(pod, new)]
        return replace(
            snapshot,
            nodes=tuple(nodes),
            csi_nodes=tuple(csi_nodes),
            capacities=tuple(capacities),
            pods=tuple(pods),
        )

    def _node(self, lot: Lot, name: NodeName) -> Object:
        amounts = {
            resource: f"{amount}m" if resource == "cpu" else str(amount)
            for resource, amount in sorted(lot.node_type.allocatable.items())
        }
        taints = [{"key": t.key, "value": t.value, "effect": t.effect} for t in lot.node_type.taints]
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": self._labels(lot, name)},
            "spec": {"taints": taints} if taints else {},
            "status": {"allocatable": amounts, "conditions": [{"type": "Ready", "status": "True"}]},
        }

    def _labels(self, lot: Lot, name: NodeName) -> dict[str, str]:
        every = [node.labels for node in self._snapshot.nodes]
        peers = [labels for labels in every if labels.get(ZONE, NO_ZONE) == lot.zone] or every
        keys = (REGION, *(key for driver in self._drivers.values() for key in driver.topology_keys))
        shared = {
            key: lot.zone if _is_same(key, ZONE, every) else _agreed(labels.get(key) for labels in peers)
            for key in keys
            if key != HOSTNAME
        }
        machine = {
            key: _agreed(node.labels.get(key) for node in self._snapshot.nodes) or usual
            for key, usual in _MACHINE.items()
        }
        place: dict[str, str] = {ZONE: lot.zone} if lot.zone else {}
        own = {HOSTNAME: name, **place, INSTANCE_TYPE: lot.node_type.name, **lot.node_type.labels}
        topology_keys = (key for driver in self._drivers.values() for key in driver.topology_keys)
        named = {key: name for key in topology_keys if _is_same(key, HOSTNAME, peers)}
        return dict(sorted({**machine, **{k: v for k, v in shared.items() if v}, **named, **own}.items()))

    def _csi_node(self, lot: Lot, name: NodeName) -> Object:
        limits = lot.node_type.attach_limits
        drivers = []
        for driver in sorted({*self._drivers, *limits}):
            known = self._drivers.get(driver)
            limit = limits.get(driver, known.limit if known else None)
            drivers.append(
                {
                    "name": driver,
                    "nodeID": name,
                    "topologyKeys": list(known.topology_keys) if known else [],
                    **({} if limit is None else {"allocatable": {"count": limit}}),
                }
            )
        return {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSINode",
            "metadata": {"name": name},
            "spec": {"drivers": drivers},
        }


def _common_drivers(snapshot: Snapshot) -> dict[str, CSINodeDriver]:
    """CSI drivers that every node has, with the lowest of their attach limits."""
    found: dict[str, list[CSINodeDriver]] = {}
    for csi in snapshot.csi_nodes:
        for driver in csi.drivers:
            found.setdefault(driver.name, []).append(driver)
    return {
        name: replace(several[0], limit=min((d.limit for d in several if d.limit is not None), default=None))
        for name, several in sorted(found.items())
        if len(several) == len(snapshot.csi_nodes)
    }


def _daemons(snapshot: Snapshot) -> dict[WorkloadKey, Pod]:
    """One pod of every DaemonSet, of those on nodes or, for a manifest, pinned to one."""
    found: dict[WorkloadKey, Pod] = {}
    for pod in sorted(snapshot.pods, key=lambda pod: (pod.node_name is None, pod.key)):
        if pod.workload is not None and pod.workload.kind == _DAEMON_SET and not pod.is_terminal:
            found.setdefault(pod.workload, pod)
    return dict(sorted(found.items()))


def _runs_on(pod: Pod, node: Any) -> bool:
    """W8, but for node affinity: of a pod that exists it names its own node."""
    if any(node.labels.get(key) != value for key, value in pod.node_selector.items()):
        return False
    return all(tolerated(taint, pod.tolerations) for taint in node.taints if taint.repels)


def _on(pod: Pod, node: NodeName) -> Pod:
    name = f"{pod.workload.name if pod.workload else pod.name}-{node}"
    return replace(
        pod,
        key=pod_key(pod.namespace, name),
        name=name,
        uid=f"new/{pod.namespace}/{name}",
        node_name=node,
        phase="Running",
        required_nodes=None,
        labels=frozendict(pod.labels),
        claims=(),
    )


def _agreed(values: Iterable[str | None]) -> str | None:
    """The one value they all have."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _is_same(key: str, other: str, nodes: Sequence[frozendict[str, str]]) -> bool:
    """A topology label with the value of ``other`` on all nodes: it names the node itself, or its zone."""
    return bool(nodes) and all(other in labels and labels.get(key) == labels[other] for labels in nodes)


def buyable(lots: Iterable[Lot], at_most: int) -> Iterator[tuple[Lot, int]]:
    """Each lot with as many nodes as are to be had, ``at_most`` or fewer."""
    for lot in lots:
        most = at_most if lot.node_type.most is None else min(lot.node_type.most, at_most)
        if most:
            yield lot, most
