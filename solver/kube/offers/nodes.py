"""The shapes of the nodes a cluster has, by instance type and node group: what they can use is known, kubelet
and system reservations taken off already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from frozendict import frozendict

from solver.kube.offers.offer import Offer, Offers, named
from solver.model.names import HOSTNAME, INSTANCE_TYPE, REGION, ZONE
from solver.model.node import Node, Taint
from solver.model.snapshot import Snapshot

GROUPS = (
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "karpenter.sh/nodepool",
)
"""Labels that say which node group a node is of."""
_OF_ONE = (HOSTNAME, ZONE, REGION, INSTANCE_TYPE)
_TRANSIENT = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "ToBeDeletedByClusterAutoscaler")
_OLD_LIMIT = "attachable-volumes-"
_Kind = tuple[str, str, tuple[Taint, ...]]


def shapes(snapshot: Snapshot) -> Offers:
    """Of nodes of one kind that differ, the least each can use."""
    kinds: dict[_Kind, list[Node]] = defaultdict(list)
    nameless = []
    for node in sorted(snapshot.nodes, key=lambda node: node.name):
        machine = node.labels.get(INSTANCE_TYPE)
        if machine is None:
            nameless.append(node.name)
        else:
            kinds[machine, _group(node), _taints(node)].append(node)
    names = _names(kinds)
    left = [named(len(nameless), f"nodes without a label {INSTANCE_TYPE}", nameless)] if nameless else []
    if uneven := [names[kind] for kind, nodes in kinds.items() if len({n.allocatable for n in nodes}) > 1]:
        left.append(
            named(len(uneven), "types whose nodes differ in what pods can use: the least was taken", uneven)
        )
    ordered = sorted(kinds, key=lambda kind: names[kind])
    return Offers(tuple(_offer(names[kind], kind, kinds[kind], snapshot) for kind in ordered), tuple(left))


def _group(node: Node) -> str:
    return next((node.labels[key] for key in GROUPS if key in node.labels), "")


def _taints(node: Node) -> tuple[Taint, ...]:
    """Those that a new node of the group would have, too."""
    lasting = (taint for taint in node.taints if not taint.key.startswith(_TRANSIENT))
    return tuple(sorted(lasting, key=lambda taint: (taint.key, taint.value, taint.effect)))


def _names(kinds: Iterable[_Kind]) -> dict[_Kind, str]:
    """The machine's name where that says it all; else with the group, and a number if need be."""
    ordered = sorted(kinds, key=str)
    machines = Counter(machine for machine, _, _ in ordered)
    found: dict[_Kind, str] = {}
    for kind in ordered:
        machine, group, _ = kind
        base = machine if machines[machine] == 1 or not group else f"{group}.{machine}"
        name, number = base, 1
        while name in found.values():
            number += 1
            name = f"{base}-{number}"
        found[kind] = name
    return found


def _offer(name: str, kind: _Kind, nodes: list[Node], snapshot: Snapshot) -> Offer:
    machine, group, taints = kind
    resources = {r for node in nodes for r in node.allocatable if not r.startswith(_OLD_LIMIT)}
    amounts = {r: min(node.allocatable.get(r, 0) for node in nodes) for r in sorted(resources)}
    return Offer(
        name=name,
        type_name=machine,
        amounts=frozendict(amounts),
        allocatable=True,
        zones=tuple(sorted({node.labels[ZONE] for node in nodes if ZONE in node.labels})),
        labels=frozendict(_labels(nodes)),
        taints=taints,
        attach_limits=frozendict(_limits(nodes, snapshot)),
        group=group,
    )


def _labels(nodes: list[Node]) -> Iterator[tuple[str, str]]:
    """Those that all of them have, but for what names a node or a place."""
    names = {node.name for node in nodes} | {node.labels.get(HOSTNAME, "") for node in nodes}
    places = {node.labels.get(key, "") for node in nodes for key in (ZONE, REGION)}
    for key, value in sorted(nodes[0].labels.items()):
        shared = all(node.labels.get(key) == value for node in nodes)
        if shared and key not in _OF_ONE and value not in names | places - {""}:
            yield key, value


def _limits(nodes: list[Node], snapshot: Snapshot) -> dict[str, int]:
    found: dict[str, list[int]] = defaultdict(list)
    for node in nodes:
        csi_node = snapshot.csi_node_by_name.get(node.name)
        for driver in csi_node.drivers if csi_node else ():
            if driver.limit is not None:
                found[driver.name].append(driver.limit)
    return {driver: min(limits) for driver, limits in sorted(found.items())}
