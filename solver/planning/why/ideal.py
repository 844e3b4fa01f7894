"""Would more nodes help? Asked with ideal ones: empty, endless, untainted, wherever a node could be.

An ideal node has the labels of a node that is there, and those that pods and volumes of the question ask for;
its name is new, so what is bound to a node that is gone stays bound to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.names import HOSTNAME, ZONE, NodeName, PodKey
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.selector import LabelSelector
from solver.model.snapshot import Snapshot
from solver.model.storage import CSINode, StorageCapacity
from solver.planning.why.fitting import fits
from solver.planning.why.relax import PLENTY

Labels = dict[str, str]

NEW_ZONE = "a new zone"
_PREFIX = "ideal"
_MOST_COPIES = 100
_MOST_SHAPES = 6
"""Different label sets a zone, and different wishes of pods and volumes, that are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """``helps`` is None where it is not known. ``places``: zones of which one alone is enough."""

    helps: bool | None
    places: tuple[str, ...] = ()


def help_of_nodes(snapshot: Snapshot, keys: Sequence[PodKey], config: SolveConfig, budget: Budget) -> Help:
    """Whether any number of ideal nodes, in every zone, in one zone, or in one more, makes the pods fit."""
    pods = [snapshot.pod_by_key[key] for key in keys]
    zones = _zones(snapshot, pods)
    answers: list[bool | None] = []
    enough: list[str] = []
    for name in [*zones, *([NEW_ZONE] if snapshot.nodes and any(zones) else [])]:
        shapes = zones.get(name) or [_elsewhere(zones)]
        possible = fits(_with(snapshot, pods, shapes), keys, config, budget).possible
        answers.append(possible)
        if possible:
            enough.append(name)
    if enough:
        return Help(helps=True, places=tuple(enough))
    every = [labels for shapes in zones.values() for labels in shapes]
    answers.append(fits(_with(snapshot, pods, every), keys, config, budget).possible)
    if any(answers):
        return Help(helps=True)
    return Help(helps=None if None in answers else False)


def _elsewhere(zones: Mapping[str, list[Labels]]) -> Labels:
    """Like some node, but in a zone of its own."""
    first = next(iter(zones.values()))[0]
    return {**first, **{key: NEW_ZONE for key in first if key.endswith("/zone")}}


def _zones(snapshot: Snapshot, pods: Sequence[Pod]) -> dict[str, list[Labels]]:
    """Zone to the labels that ideal nodes in it have; "" for nodes in no zone."""
    found: dict[str, list[Labels]] = {}
    wishes = list(_wishes(snapshot, pods))[:_MOST_SHAPES]
    for node in snapshot.nodes:
        own = {key: value for key, value in node.labels.items() if key != HOSTNAME}
        for wish in ({}, *wishes):
            labels = {key: value for key, value in {**own, **wish}.items() if value is not None}
            shapes = found.setdefault(labels.get(ZONE, ""), [])
            if labels not in shapes and len(shapes) < _MOST_SHAPES * (1 + len(wishes)):
                shapes.append(labels)
    return dict(sorted(found.items()))


def _wishes(snapshot: Snapshot, pods: Sequence[Pod]) -> Iterator[dict[str, str | None]]:
    """Labels that pods, with their volumes, ask of nodes; None where a label has to be absent."""
    seen: list[dict[str, str | None]] = []
    for pod in pods:
        selected: list[dict[str, str | None]] = [dict(pod.node_selector)]
        selectors = [pod.required_nodes, *_volume_places(snapshot, pod)]
        for selector in filter(None, selectors):
            selected = [{**one, **met} for one in selected for met in _meeting(selector)]
        for topologies in _class_places(snapshot, pod):
            selected = [{**one, **labels} for one in selected for labels in topologies]
        for wish in selected:
            if wish and wish not in seen:
                seen.append(wish)
                yield wish


def _volume_places(snapshot: Snapshot, pod: Pod) -> Iterator[NodeSelector]:
    for use in pod.claims:
        claim = snapshot.claim_by_key.get(use.claim)
        volume = snapshot.volume_by_name.get(claim.volume_name) if claim and claim.volume_name else None
        if volume is not None and volume.node_affinity is not None:
            yield volume.node_affinity


def _class_places(snapshot: Snapshot, pod: Pod) -> Iterator[list[Labels]]:
    """Where the storage class of an unbound claim makes volumes, if not everywhere."""
    for use in pod.claims:
        claim = snapshot.claim_by_key.get(use.claim)
        storage_class = snapshot.class_by_name.get(claim.storage_class) if claim else None
        if claim is not None and claim.volume_name is None and storage_class is not None:
            terms = storage_class.allowed_topologies
            if terms:
                yield [{key: values[0] for key, values in term.requirements if values} for term in terms]


def _meeting(selector: NodeSelector) -> list[dict[str, str | None]]:
    """Labels that meet each term that a new node can meet."""
    return [met for term in selector.terms if (met := _met(term)) is not None] or [{}]


def _met(term: NodeSelectorTerm) -> dict[str, str | None] | None:
    if term.fields or not term.usable:
        return None
    labels: dict[str, str | None] = {}
    for requirement in term.expressions:
        if requirement.key == HOSTNAME:
            return None
        value = _value(requirement)
        if requirement.operator is not Operator.NOT_IN:
            labels[requirement.key] = value
    return labels


def _value(requirement: Requirement) -> str | None:
    match requirement.operator:
        case Operator.IN:
            return requirement.values[0] if requirement.values else None
        case Operator.EXISTS:
            return "true"
        case Operator.GT:
            return str(int(requirement.values[0]) + 1)
        case Operator.LT:
            return str(int(requirement.values[0]) - 1)
        case _:
            return None


def _with(snapshot: Snapshot, pods: Sequence[Pod], shapes: Iterable[Labels]) -> Snapshot:
    """As many ideal nodes of each shape as there are pods, so that each can have one to itself."""
    copies = min(len(pods), _MOST_COPIES)
    resources = {name for pod in pods for name in pod.requests} | {"cpu", "memory", "pods"}
    endless = frozendict(dict.fromkeys(sorted(resources), PLENTY))
    nodes = []
    for number, labels in enumerate(shapes):
        for copy in range(copies):
            name = NodeName(f"{_PREFIX}-{number}-{copy}")
            mine = frozendict({**labels, HOSTNAME: str(name)})
            nodes.append(Node(name=name, labels=mine, allocatable=endless))
    names = tuple(str(node.name) for node in nodes)
    here = LabelSelector(requirements=(Requirement(key=HOSTNAME, operator=Operator.IN, values=names),))
    capacities = (
        StorageCapacity(
            name=f"{_PREFIX}/{c.name}", storage_class=c.name, node_topology=here, capacity_milli=1000 * 2**62
        )
        for c in snapshot.storage_classes
        if _is_in_nodes(snapshot, c.name)
    )
    csi_nodes = (csi for node in nodes if (csi := _csi_node(snapshot, node)) is not None)
    return replace(
        snapshot,
        nodes=(*snapshot.nodes, *nodes),
        csi_nodes=(*snapshot.csi_nodes, *csi_nodes),
        capacities=(*snapshot.capacities, *capacities),
    )


def _is_in_nodes(snapshot: Snapshot, storage_class: str) -> bool:
    """Each node brings storage of its own: no pool of the class is that of a zone, or shared by nodes."""
    pools = [c.node_topology for c in snapshot.capacities if c.storage_class == storage_class]
    return not any(_is_shared(snapshot, pool) for pool in pools if pool is not None)


def _is_shared(snapshot: Snapshot, pool: LabelSelector) -> bool:
    zonal = any(requirement.key.endswith(("/zone", "/region")) for requirement in pool.requirements)
    return zonal or sum(pool.matches(node.labels) for node in snapshot.nodes) > 1


def _csi_node(snapshot: Snapshot, node: Node) -> CSINode | None:
    """The drivers of a node there is, in the same zone if possible, without their limits."""
    candidates = [c for c in snapshot.csi_nodes if c.name in snapshot.node_by_name]
    near = [c for c in candidates if _zone(snapshot, c) == node.labels.get(ZONE)]
    if not candidates:
        return None
    like = (near or candidates)[0]
    drivers = tuple(replace(driver, limit=None) for driver in like.drivers)
    return replace(like, name=node.name, drivers=drivers)


def _zone(snapshot: Snapshot, csi_node: CSINode) -> str | None:
    return snapshot.node_by_name[csi_node.name].labels.get(ZONE)
