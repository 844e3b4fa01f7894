"""Karpenter's NodePools over a list of machine types: which of them a pool may make, with which labels and
taints, and how many its limits leave room for.

Source: Karpenter ``karpenter.sh`` v1 and v1beta1 (NodePool, EC2NodeClass). How a pool would choose among its
types is not looked at: ``size`` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from frozendict import frozendict
from msgspec import field

from solver.errors import Fault, InputError
from solver.kube import raw
from solver.kube.documents import Document, Entry, entries, plain
from solver.kube.faults import Problem, Subject
from solver.kube.offers.offer import ARCHITECTURE, Offer, Offers
from solver.kube.quantities import in_units, millis, quantity_problems
from solver.kube.raw import Raw
from solver.kube.shape import ShapeError, typed
from solver.model.names import INSTANCE_TYPE, ZONE
from solver.model.node import Taint
from solver.model.requirement import Operator, Requirement

_POOL_LABEL = "karpenter.sh/nodepool"
_CAPACITY_TYPE = "karpenter.sh/capacity-type"
_ON_DEMAND = "on-demand"
_CAPACITY_TYPES = (_ON_DEMAND, "reserved", "spot")
_OS = "kubernetes.io/os"
_FOREIGN = ("karpenter.sh/", "karpenter.k8s.", "karpenter.azure.com/", "topology.", "node.kubernetes.io/")
"""Prefixes of labels that a pool cannot make up."""


class _Requirement(Raw):
    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class _Reference(Raw):
    kind: str | None = None
    name: str | None = None


class _Kubelet(Raw):
    max_pods: int | None = None
    pods_per_core: int | None = None
    kube_reserved: raw.Quantities = None
    system_reserved: raw.Quantities = None
    eviction_hard: dict[str, str] | None = None


class _NodeSpec(Raw):
    requirements: list[_Requirement] | None = None
    taints: list[raw.Taint] | None = None
    node_class_ref: _Reference | None = None
    kubelet: _Kubelet | None = None


class _Template(Raw):
    metadata: raw.Metadata | None = None
    spec: _NodeSpec = field(default_factory=_NodeSpec)


class _PoolSpec(Raw):
    template: _Template = field(default_factory=_Template)
    limits: raw.Quantities = None


class _PoolStatus(Raw):
    resources: raw.Quantities = None


class _Pool(raw.Object):
    spec: _PoolSpec = field(default_factory=_PoolSpec)
    status: _PoolStatus | None = None


class _ClassSpec(Raw):
    kubelet: _Kubelet | None = None


class _NodeClass(raw.Object):
    spec: _ClassSpec = field(default_factory=_ClassSpec)


@dataclass(frozen=True, slots=True)
class _Manifests:
    pools: tuple[_Pool, ...]
    kubelets: Mapping[str, _Kubelet]
    """Node class to its kubelet's settings."""
    others: tuple[str, ...]


def over(documents: Sequence[Document], known: Sequence[Offer]) -> Offers:
    """What the NodePools in the documents may make of the ``known`` types. Raises InputError."""
    manifests = _manifests(documents)
    offers: list[Offer] = []
    left = list(manifests.others)
    for pool in manifests.pools:
        notes: dict[str, None] = {}
        made = list(_of_pool(pool, manifests, known, notes))
        if not made:
            notes["none of the types meets its requirements"] = None
        offers += made
        left += [f"NodePool {_name(pool)}: {note}" for note in notes]
    return Offers(tuple(offers), tuple(left))


def _manifests(documents: Sequence[Document]) -> _Manifests:
    pools: dict[str, _Pool] = {}
    kubelets: dict[str, _Kubelet] = {}
    others: list[str] = []
    faults: list[Fault] = []
    for document in documents:
        for entry in entries(document):
            if not isinstance(entry, Entry):
                faults.append(entry[0].fault(entry[1]))
                continue
            try:
                if entry.kind == "NodePool":
                    pool = typed(plain(entry.value), _Pool)
                    pools[_name(pool)] = pool
                    faults += _faults(pool, entry.source)
                elif entry.kind.endswith("NodeClass"):
                    node_class = typed(plain(entry.value), _NodeClass)
                    if node_class.spec.kubelet is not None:
                        kubelets[_name(node_class)] = node_class.spec.kubelet
                else:
                    others.append(f"{entry.kind} at {entry.position}: not looked at")
            except ShapeError as error:
                subject = Subject(entry.kind, entry.position, entry.source)
                faults += [subject.fault(problem) for problem in error.problems]
    if not pools and not faults:
        missing = Problem("", "no NodePool", "NodePool manifests, as `kubectl get nodepools -o yaml` prints")
        faults = [
            Subject("document", document.source, document.source).fault(missing) for document in documents
        ]
    if faults:
        raise InputError(faults)
    return _Manifests(tuple(pools[name] for name in sorted(pools)), kubelets, tuple(others))


def _faults(pool: _Pool, source: str) -> Iterator[Fault]:
    subject = Subject("NodePool", _name(pool), source)
    for i, one in enumerate(pool.spec.template.spec.requirements or ()):
        path = f"spec.template.spec.requirements[{i}]"
        if not one.key or one.operator not in tuple(Operator):
            yield subject.fault(Problem(path, f"{one.key} {one.operator}", "a key, and In, NotIn, Exists, …"))
        elif one.operator in (Operator.GT, Operator.LT) and len(one.values or ()) != 1:
            yield subject.fault(Problem(f"{path}.values", str(one.values), "one number"))
    yield from (subject.fault(p) for p in quantity_problems(pool.spec.limits, "spec.limits"))


def _of_pool(
    pool: _Pool, manifests: _Manifests, known: Sequence[Offer], notes: dict[str, None]
) -> Iterator[Offer]:
    kubelet = _kubelet(pool, manifests, notes)
    labels = {**((pool.spec.template.metadata or raw.Metadata()).labels or {}), _POOL_LABEL: _name(pool)}
    if pool.spec.limits:
        notes["its limits are kept for each type and zone alone, not for all together"] = None
    for offer in known:
        fitting = _fitting(offer, labels, pool, notes)
        if fitting is None:
            continue
        with_kubelet = _with_kubelet(fitting, kubelet)
        name = offer.name if len(manifests.pools) == 1 else f"{_name(pool)}.{offer.name}"
        yield replace(
            with_kubelet,
            name=name,
            type_name=offer.machine,
            taints=tuple(
                Taint(key=t.key or "", value=t.value or "", effect=t.effect or "")
                for t in pool.spec.template.spec.taints or ()
            ),
            group=f"nodepool/{_name(pool)}",
            most=_most(pool, offer),
        )


def _name(stored: raw.Object) -> str:
    return (stored.metadata.name if stored.metadata else None) or ""


def _kubelet(pool: _Pool, manifests: _Manifests, notes: dict[str, None]) -> _Kubelet:
    spec = pool.spec.template.spec
    reference = spec.node_class_ref.name if spec.node_class_ref else None
    if reference and reference not in manifests.kubelets and spec.kubelet is None:
        notes[f"no kubelet settings of node class {reference} among the manifests"] = None
    found = spec.kubelet or manifests.kubelets.get(reference or "") or _Kubelet()
    if any("%" in value for value in (found.eviction_hard or {}).values()):
        notes["eviction thresholds in percent are not taken off"] = None
    return found


def _fitting(offer: Offer, own: Mapping[str, str], pool: _Pool, notes: dict[str, None]) -> Offer | None:
    """The type as the pool would make it; None when a requirement bars it."""
    labels = {_OS: "linux", ARCHITECTURE: "amd64", **offer.labels, **offer.traits, **own}
    labels[INSTANCE_TYPE] = offer.machine
    zones = offer.zones
    capacity_types = list(_CAPACITY_TYPES)
    for one in _requirements(pool):
        if one.key == ZONE:
            zones = _zones(one, zones, notes)
            if not zones:
                return None
        elif one.key == _CAPACITY_TYPE:
            capacity_types = [name for name in capacity_types if one.matches({_CAPACITY_TYPE: name})]
        elif one.key in labels:
            if not one.matches(labels):
                return None
        else:
            labels |= _made_up(one, notes)
    if not capacity_types:
        return None
    if capacity_types[0] != _ON_DEMAND:
        notes[f"nodes are {capacity_types[0]}: the price list has to be of such nodes"] = None
    labels[_CAPACITY_TYPE] = capacity_types[0]
    return replace(offer, zones=zones, labels=frozendict(sorted(labels.items())))


def _requirements(pool: _Pool) -> Iterator[Requirement]:
    for one in pool.spec.template.spec.requirements or ():
        yield Requirement(
            key=one.key or "", operator=Operator(one.operator or ""), values=tuple(one.values or ())
        )


def _zones(one: Requirement, zones: tuple[str, ...], notes: dict[str, None]) -> tuple[str, ...]:
    if zones:
        return tuple(zone for zone in zones if one.matches({ZONE: zone}))
    if one.operator is Operator.IN:
        return one.values
    notes[f"requirement {one.key} {one.operator}: the type list has no zones"] = None
    return zones


def _made_up(one: Requirement, notes: dict[str, None]) -> dict[str, str]:
    """A label that nodes have because the pool asks for it."""
    if one.key.startswith(_FOREIGN):
        notes[f"requirement {one.key} was not looked at: the list does not say it of its types"] = None
        return {}
    if one.operator is Operator.IN and len(one.values) == 1:
        return {one.key: one.values[0]}
    if one.operator not in (Operator.NOT_IN, Operator.DOES_NOT_EXIST):
        notes[f"label {one.key}: nodes get one of several values, so none is given here"] = None
    return {}


def _with_kubelet(offer: Offer, kubelet: _Kubelet) -> Offer:
    amounts = dict(offer.amounts)
    if kubelet.pods_per_core:
        amounts["pods"] = min(amounts.get("pods", 0), kubelet.pods_per_core * amounts["cpu"] // 1000)
    if kubelet.max_pods is not None:
        amounts["pods"] = kubelet.max_pods
    reserved = [in_units(millis(one)) for one in (kubelet.kube_reserved, kubelet.system_reserved)]
    evicted = (kubelet.eviction_hard or {}).get("memory.available", "")
    if evicted and "%" not in evicted:
        reserved.append(in_units(millis({"memory": evicted})))
    for one in reserved:
        for resource, amount in one.items():
            if resource in amounts:
                amounts[resource] = max(0, amounts[resource] - amount)
    stated = bool(kubelet.kube_reserved or kubelet.system_reserved)
    return replace(offer, amounts=frozendict(amounts), allocatable=offer.allocatable or stated)


def _most(pool: _Pool, offer: Offer) -> int | None:
    """Nodes of the type that the limits have room for, beside what the pool has made already."""
    limits = in_units({name: max(1, amount) for name, amount in millis(pool.spec.limits).items()})
    used = in_units(millis(pool.status.resources if pool.status else None))
    each = {**offer.amounts, "nodes": 1}
    room = [
        max(0, limit - used.get(name, 0)) // each[name] for name, limit in limits.items() if each.get(name)
    ]
    return min(room, default=None)
