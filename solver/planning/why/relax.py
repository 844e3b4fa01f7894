"""A snapshot in which some facts do not hold; an ordinary snapshot, which every stage reads as one.

What a fact names and the snapshot no longer has is passed over: facts are also left out of changed inputs.
Leaving out a fact never makes anything harder, but for one thing: nodes that a selector no longer keeps pods
from count for spreading (T4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from frozendict import frozendict

from solver.model.names import ClaimKey, NodeName, PodKey, VolumeName
from solver.model.node import UNSCHEDULABLE_TAINT, Node, Taint
from solver.model.pod import DiskKind, Pod
from solver.model.selector import LabelSelector
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim, CSINode, StorageCapacity, StorageClass, Volume
from solver.planning.why.facts import Fact, FactKind

PLENTY = 2**60
"""More of anything than the pods on one node could ask for."""
PLACE_LABELS = frozenset(
    f"{domain}/{part}"
    for domain in ("topology.kubernetes.io", "failure-domain.beta.kubernetes.io")
    for part in ("zone", "region")
)
V = TypeVar("V")
_ANY_MODE = ("ReadWriteMany",)


@dataclass(slots=True)
class Draft:
    """The parts of a snapshot that facts are about, changed in place."""

    pods: dict[PodKey, Pod]
    nodes: dict[NodeName, Node]
    claims: dict[ClaimKey, Claim]
    volumes: dict[VolumeName, Volume]
    classes: dict[str, StorageClass]
    csi_nodes: dict[NodeName, CSINode]
    capacities: list[StorageCapacity]

    def each_pod(self, fact: Fact, change: Callable[[Pod], dict[str, Any]]) -> None:
        for key in fact.pods & self.pods.keys():
            pod = self.pods[key]
            self.pods[key] = replace(pod, **change(pod))

    def each_node(self, fact: Fact, change: Callable[[Node], dict[str, Any]]) -> None:
        for name in fact.nodes & self.nodes.keys():
            node = self.nodes[name]
            self.nodes[name] = replace(node, **change(node))


def without(snapshot: Snapshot, facts: Iterable[Fact]) -> Snapshot:
    """The snapshot with the facts left out."""
    draft = Draft(
        pods=dict(snapshot.pod_by_key),
        nodes=dict(snapshot.node_by_name),
        claims=dict(snapshot.claim_by_key),
        volumes=dict(snapshot.volume_by_name),
        classes=dict(snapshot.class_by_name),
        csi_nodes=dict(snapshot.csi_node_by_name),
        capacities=list(snapshot.capacities),
    )
    for fact in facts:
        _DROP[fact.kind](draft, fact)
    return replace(
        snapshot,
        pods=tuple(draft.pods.values()),
        nodes=tuple(draft.nodes.values()),
        claims=tuple(draft.claims.values()),
        volumes=tuple(draft.volumes.values()),
        storage_classes=tuple(draft.classes.values()),
        csi_nodes=tuple(draft.csi_nodes.values()),
        capacities=tuple(draft.capacities),
    )


def _volume_place(draft: Draft, fact: Fact) -> None:
    for name in fact.volumes & draft.volumes.keys():
        volume = draft.volumes[name]
        kept = {key: value for key, value in volume.labels.items() if key not in PLACE_LABELS}
        draft.volumes[name] = replace(volume, node_affinity=None, labels=frozendict(kept))


def _claim(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"claims": tuple(u for u in p.claims if u.claim not in fact.claims)})


def _selected_node(draft: Draft, fact: Fact) -> None:
    for key in fact.claims & draft.claims.keys():
        draft.claims[key] = replace(draft.claims[key], selected_node=None)


def _allowed_topologies(draft: Draft, fact: Fact) -> None:
    draft.classes[fact.name] = replace(draft.classes[fact.name], allowed_topologies=())


def _storage_capacity(draft: Draft, fact: Fact) -> None:
    everywhere = LabelSelector()
    draft.capacities.append(
        StorageCapacity(
            name=f"endless/{fact.name}",
            storage_class=fact.name,
            node_topology=everywhere,
            capacity_milli=1000 * 2**62,
        )
    )


def _access_mode(draft: Draft, fact: Fact) -> None:
    for key in fact.claims & draft.claims.keys():
        draft.claims[key] = replace(draft.claims[key], access_modes=_ANY_MODE)
    for name in fact.volumes & draft.volumes.keys():
        draft.volumes[name] = replace(draft.volumes[name], access_modes=_ANY_MODE)


def _attach_limit(draft: Draft, fact: Fact) -> None:
    for name in fact.nodes & draft.csi_nodes.keys():
        drivers = draft.csi_nodes[name].drivers
        free = tuple(replace(d, limit=None) if d.name == fact.name else d for d in drivers)
        draft.csi_nodes[name] = replace(draft.csi_nodes[name], drivers=free)


def _spread(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"spread": tuple(c for c in p.spread if c != fact.rule)})


def _anti_affinity(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"anti_affinity": tuple(t for t in p.anti_affinity if t != fact.rule)})


def _affinity(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"affinity": tuple(t for t in p.affinity if t != fact.rule)})


def _node_selector(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"node_selector": _less(p.node_selector, fact.name)})


def _less(mapping: frozendict[str, V], key: str) -> frozendict[str, V]:
    return frozendict({name: value for name, value in mapping.items() if name != key})


def _node_affinity(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda _: {"required_nodes": None})


def _taint(draft: Draft, fact: Fact) -> None:
    draft.each_node(fact, lambda n: {"taints": tuple(t for t in n.taints if t != fact.rule)})


def _cordon(draft: Draft, fact: Fact) -> None:
    def open_up(node: Node) -> dict[str, Any]:
        return {"unschedulable": False, "taints": tuple(t for t in node.taints if not is_cordon(t))}

    draft.each_node(fact, open_up)


def is_cordon(taint: Taint) -> bool:
    """The taint that the node controller adds to a cordoned node."""
    return taint.key == UNSCHEDULABLE_TAINT


def _host_port(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"host_ports": tuple(h for h in p.host_ports if h != fact.rule)})


def _disk(draft: Draft, fact: Fact) -> None:
    assert isinstance(fact.rule, DiskKind)
    gone = (fact.rule, fact.name)
    draft.each_pod(fact, lambda p: {"disks": tuple(d for d in p.disks if (d.kind, d.identity) != gone)})


def _devices(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda _: {"resource_claims": ()})


def _order(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda _: {"created_after": None})


def _request(draft: Draft, fact: Fact) -> None:
    draft.each_pod(fact, lambda p: {"requests": _less(p.requests, fact.name)})


def _allocatable(draft: Draft, fact: Fact) -> None:
    draft.each_node(fact, lambda n: {"allocatable": n.allocatable.set(fact.name, PLENTY)})


_DROP: dict[FactKind, Callable[[Draft, Fact], None]] = {
    FactKind.VOLUME_PLACE: _volume_place,
    FactKind.CLAIM: _claim,
    FactKind.SELECTED_NODE: _selected_node,
    FactKind.ALLOWED_TOPOLOGIES: _allowed_topologies,
    FactKind.STORAGE_CAPACITY: _storage_capacity,
    FactKind.ACCESS_MODE: _access_mode,
    FactKind.ATTACH_LIMIT: _attach_limit,
    FactKind.SPREAD: _spread,
    FactKind.ANTI_AFFINITY: _anti_affinity,
    FactKind.AFFINITY: _affinity,
    FactKind.NODE_SELECTOR: _node_selector,
    FactKind.NODE_AFFINITY: _node_affinity,
    FactKind.TAINT: _taint,
    FactKind.CORDON: _cordon,
    FactKind.HOST_PORT: _host_port,
    FactKind.DISK: _disk,
    FactKind.DEVICES: _devices,
    FactKind.ORDER: _order,
    FactKind.REQUEST: _request,
    FactKind.ALLOCATABLE: _allocatable,
}
