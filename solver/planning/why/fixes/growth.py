"""New nodes as a fix: from the catalogue where there is one, else like nodes there are, or smaller."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from typing import Protocol

from solver.model.catalogue import MICROS, NodeType
from solver.model.names import HOSTNAME, ZONE, NodeName
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.quantity import parse_milli
from solver.model.units import amount
from solver.planning.change import Change, Cost, Object, Ref, adding, adding_all
from solver.planning.size.stock import Lot, Stock
from solver.planning.why.answer import ConflictKind
from solver.planning.why.facts import FactKind
from solver.planning.why.fixes.knobs import Bench, Candidate, Rank
from solver.planning.why.gather import PODS
from solver.planning.why.ideal import NEW_ZONE
from solver.planning.workloads import quantity

_MOST_SHAPES = 3
_MOST_BOUGHT = 8
_NUMBERS = (*range(2, 9), 12, 16, 24, 32)
"""How many nodes are tried, if one is not enough."""
_SHARES = tuple(map(Fraction, ("1/4", "1/2", "1")))
_SCALES = tuple(map(Fraction, (1, 2, 4, 8)))
"""How large new nodes are tried, as shares of a node there is, and as multiples where that is too small."""
_DEFAULT_TAINTS = "node.kubernetes.io/"


class Growth(Protocol):
    """Some new nodes, in some zones in turn."""

    @property
    def zones(self) -> tuple[str, ...]: ...

    def candidate(self, bench: Bench, places: str) -> Candidate:
        """``places`` says where it would do, for the sentence."""


def growths(bench: Bench) -> Iterator[list[Growth]]:
    """Steps, the cheapest first, each with alternatives; the first step that helps is the one to tell."""
    if bench.conflict.kind is ConflictKind.CONTRADICTION:
        return
    there = {node.labels.get(ZONE, "") for node in bench.snapshot.nodes}
    zones = tuple(z for z in bench.conflict.help.places if z != NEW_ZONE) or tuple(sorted(there))
    yield from _bought(bench, zones) if bench.types else _alike(bench, zones)


def _spans(zones: tuple[str, ...], number: int) -> list[tuple[str, ...]]:
    """Each zone alone, and for several nodes all zones in turn."""
    return [(zone,) for zone in zones] + [zones] * (number > 1 and len(zones) > 1)


def _bought(bench: Bench, zones: tuple[str, ...]) -> Iterator[list[Growth]]:
    numbers = [(t.price_micros * n, n, t.name, t) for t in bench.types for n in range(1, _MOST_BOUGHT + 1)]
    for _, number, _, node_type in sorted(numbers, key=lambda row: row[:3]):
        sold = tuple(zone for zone in zones if not node_type.zones or zone in node_type.zones)
        yield [Bought(node_type=node_type, count=number, zones=span) for span in _spans(sold, number)]


def _alike(bench: Bench, zones: tuple[str, ...]) -> Iterator[list[Growth]]:
    """A smaller one first; then more and more of those there are, or of the smallest multiple that takes the
    largest pod."""
    shapes = _shapes(bench)
    full = {like: _least_scale(bench, like) for like in shapes}
    for share, like in product(_SHARES, shapes):
        yield [Alike(like=like, scale=share * full[like], count=1, zones=span) for span in _spans(zones, 1)]
    for number in _NUMBERS:
        for like in shapes[-1:]:
            yield [
                Alike(like=like, scale=full[like], count=number, zones=span) for span in _spans(zones, number)
            ]


def _least_scale(bench: Bench, like: NodeName) -> Fraction:
    """1, or the power of 2 at which an empty node takes each pod of the conflict."""
    has = bench.snapshot.node_by_name[like].allocatable
    for scale in _SCALES:
        if all(
            amount_asked <= has.get(name, 0) * scale
            for pod in bench.pods
            for name, amount_asked in pod.requests.items()
        ):
            return scale
    return Fraction(1)


def _shapes(bench: Bench) -> list[NodeName]:
    """A node of each size, the smallest first; of many sizes the smallest, a middle and the largest."""
    others = _others(bench)
    samples: dict[object, Node] = {}
    for node in bench.snapshot.nodes:
        if not node.unschedulable:
            rough = (node.allocatable.get("cpu", 0) // 500, node.allocatable.get("memory", 0) // 2**30)
            samples.setdefault((*rough, *(node.allocatable.get(name, 0) for name in others)), node)
    ordered = sorted(samples.values(), key=lambda n: (n.allocatable.get("cpu", 0), n.name))
    ordered = [n for n in ordered if all(n.allocatable.get(name) for name in others)] or ordered
    if len(ordered) > _MOST_SHAPES:
        ordered = [ordered[0], ordered[len(ordered) // 2], ordered[-1]]
    return [node.name for node in ordered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    node_type: NodeType
    count: int
    zones: tuple[str, ...]

    def candidate(self, bench: Bench, places: str) -> Candidate:
        stock, change, micros = Stock(bench.snapshot, [self.node_type]), Change(), 0
        for number in range(self.count):
            zone = self.zones[number % len(self.zones)]
            lot = Lot(node_type=self.node_type, zone=zone)
            micros += lot.price_micros
            change += adding_all(stock.objects(lot, 1 + number // len(self.zones)))
            change += _daemons(bench, _near(bench, zone), lot.node_name(1 + number // len(self.zones)))
        size = amount("cpu", self.node_type.allocatable.get("cpu", 0)).removesuffix(".0")
        told = f"{_nodes(self.count)} of {size} CPU ({self.node_type.name}){places}"
        cost = Cost(money_per_hour=Decimal(micros) / MICROS)
        return Candidate(sentence=told, change=change, cost=cost, rank=Rank.NODES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """``count`` nodes like ``like``, ``scale`` times its size."""

    like: NodeName
    scale: Fraction
    count: int
    zones: tuple[str, ...]

    def candidate(self, bench: Bench, places: str) -> Candidate:
        change = Change()
        for number, name in enumerate(islice(_free_names(bench), self.count)):
            change += self._node(bench, name, self.zones[number % len(self.zones)])
        told = f"{_nodes(self.count)} of {', '.join(self._size(bench))}{places}"
        return Candidate(sentence=told, change=change, cost=Cost(money_per_hour=None), rank=Rank.NODES)

    def _size(self, bench: Bench) -> list[str]:
        """Cores, memory, and what else the conflict is about."""
        has = bench.snapshot.node_by_name[self.like].allocatable
        cpu = amount("cpu", int(has.get("cpu", 0) * self.scale)).removesuffix(".0")
        sizes = [f"{cpu} CPU", amount("memory", int(has.get("memory", 0) * self.scale))]
        return sizes + [f"{int(has.get(name, 0) * self.scale)} {name}" for name in _others(bench)]

    def _node(self, bench: Bench, name: str, zone: str) -> Change:
        """The node, its CSINode, and the pods that daemon sets would put there."""
        near = _near(bench, zone, self.like)
        found = bench.inputs.get(Ref(kind="Node", name=near))
        assert found is not None  # a node of the snapshot
        change = adding(Ref(kind="Node", name=name), _made_node(found, self.scale, name, zone))
        csi = bench.inputs.get(Ref(kind="CSINode", name=near))
        if csi is not None:
            change += adding(Ref(kind="CSINode", name=name), {**csi, "metadata": {"name": name}})
        return change + _daemons(bench, near, name)


def _others(bench: Bench) -> list[str]:
    """Resources the conflict is about, apart from the usual ones."""
    names = {fact.name for fact in bench.conflict.core.facts if fact.kind is FactKind.ALLOCATABLE}
    return sorted(names - {"cpu", "memory", PODS})


def _nodes(number: int) -> str:
    return f"+{number} node" if number == 1 else f"+{number} nodes"


def _near(bench: Bench, zone: str, like: NodeName | None = None) -> NodeName:
    """A node of the zone, of the same size if there is one; else any such node."""
    nodes = bench.snapshot.nodes
    there = [node for node in nodes if node.labels.get(ZONE, "") == zone]
    if like is None:
        return (there or nodes)[0].name
    wanted = bench.snapshot.node_by_name[like].allocatable
    return next((node.name for node in there if node.allocatable == wanted), like)


def _free_names(bench: Bench) -> Iterator[str]:
    number = 1
    while True:
        if NodeName(f"new-{number}") not in bench.snapshot.node_by_name:
            yield f"new-{number}"
        number += 1


def _made_node(found: Object, scale: Fraction, name: str, zone: str) -> Object:
    labels = {**(found["metadata"].get("labels") or {}), HOSTNAME: name}
    if zone:
        labels |= {key: zone for key in (ZONE, *labels) if key.endswith("/zone")}  # drivers have their own
    stated = (found.get("spec") or {}).get("taints") or []
    taints = [taint for taint in stated if not str(taint.get("key")).startswith(_DEFAULT_TAINTS)]
    amounts = (found.get("status") or {}).get("allocatable") or {}
    scaled = {key: _scaled(key, value, scale) for key, value in amounts.items()}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints},
        "status": {
            "allocatable": scaled,
            "capacity": scaled,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _scaled(resource: str, value: object, scale: Fraction) -> object:
    if scale == 1 or resource == PODS:
        return value
    milli = int(parse_milli(str(value)) * scale)
    return quantity(milli if resource == "cpu" else milli - milli % 1000, resource)


def _daemons(bench: Bench, near: NodeName, name: str) -> Change:
    """Copies of the daemon set pods on a node."""
    change = Change()
    for pod in bench.snapshot.running:
        if pod.node_name == near and pod.owner is not None and pod.owner.kind == "DaemonSet":
            change += _daemon(bench, pod, name)
    return change


def _daemon(bench: Bench, pod: Pod, node: str) -> Change:
    found = bench.inputs.get(Ref(kind="Pod", namespace=pod.namespace, name=pod.name))
    if found is None:
        return Change()
    copy, name = deepcopy(found), f"{pod.name}-{node}"
    copy["metadata"] = {**copy["metadata"], "name": name, "uid": f"new/{name}"}
    copy["spec"]["nodeName"] = node
    copy["spec"].pop("affinity", None)  # pins a daemon set's pod to its node
    return adding(Ref(kind="Pod", namespace=pod.namespace, name=name), copy)
