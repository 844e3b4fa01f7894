"""Catalogue files to ``Catalogue``: ``kind: NodeCatalogue``, this project's own format. Strict: a field
that is not known is refused, because a price or limit left out in silence would make a wrong shopping
list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from frozendict import frozendict

from solver.errors import Fault, InputError
from solver.kube import raw
from solver.kube.documents import Document, Entry, entries, plain
from solver.kube.faults import Problem, Subject, show
from solver.kube.quantities import in_units, millis, quantity_problems
from solver.kube.shape import ShapeError, typed, unknown_fields
from solver.model.catalogue import MICROS, MOST_MICROS, Catalogue, NodeType
from solver.model.node import NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE, Taint
from solver.model.quantity import whole

API_VERSION = "bulkhead.dev/v1alpha1"
KIND = "NodeCatalogue"
PODS = 110
"""A kubelet's own limit where the type states none."""
_EFFECTS = (NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE)
_PRICE = f"a price an hour, 0 to {MOST_MICROS // MICROS}, with at most 6 decimals"


class RawNodeType(raw.Raw):
    name: raw.Text = None
    price_per_hour: float | None = None
    price_by_zone: dict[str, float] | None = None
    zones: raw.Texts = None
    allocatable: raw.Quantities = None
    labels: raw.Labels = None
    taints: list[raw.Taint] | None = None
    attach_limits: dict[str, int] | None = None
    storage: raw.Quantities = None
    node_group: raw.Text = None
    at_most: raw.Int32 = None


class RawCatalogue(raw.Raw):
    api_version: raw.Text = None
    kind: raw.Text = None
    currency: raw.Text = None
    note: raw.Text = None
    node_types: list[RawNodeType] | None = None


def read_catalogue(documents: Sequence[Document]) -> Catalogue:
    """The node types of every document, in order. Raises InputError with all faults."""
    faults: list[Fault] = []
    types: list[NodeType] = []
    heads: list[RawCatalogue] = []
    for document in documents:
        for entry in entries(document):
            if not isinstance(entry, Entry):
                subject, problem = entry
                faults.append(subject.fault(problem))
                continue
            subject = Subject(KIND, entry.position, entry.source)
            stored, problems = _stored(entry)
            faults += [subject.fault(problem) for problem in problems]
            if stored is not None and not problems:
                heads.append(stored)
                types += [_node_type(one) for one in stored.node_types or ()]
    if not faults and not types:
        empty = Problem("nodeTypes", "none", "at least one node type")
        faults.append(Subject(KIND, "as a whole", documents[0].source if documents else "").fault(empty))
    if faults:
        raise InputError(faults)
    return Catalogue(
        types=tuple(types),
        currency=next((head.currency for head in heads if head.currency), ""),
        note="; ".join(dict.fromkeys(head.note for head in heads if head.note)),
    )


def _stored(entry: Entry) -> tuple[RawCatalogue | None, list[Problem]]:
    value = plain(entry.value)
    if (entry.api_version, entry.kind) != (API_VERSION, KIND):
        found = f"{entry.api_version or 'none'} {entry.kind or 'none'}"
        return None, [Problem("apiVersion, kind", found, f"{API_VERSION} {KIND}")]
    problems = list(unknown_fields(value, RawCatalogue))
    try:
        stored = typed(value, RawCatalogue)
    except ShapeError as error:
        return None, [*problems, *error.problems]
    seen: set[str | None] = set()
    for i, one in enumerate(stored.node_types or ()):
        where = f"nodeTypes[{i}]"
        problems += [problem.under(where) for problem in _problems(one)]
        if one.name in seen:
            problems.append(Problem(f"{where}.name", show(one.name), "a name of its own"))
        seen.add(one.name)
    return stored, problems


def _problems(one: RawNodeType) -> Iterator[Problem]:
    if not one.name:
        yield Problem("name", show(one.name), "the name of the node type")
    yield from _price_problems(one)
    for name in ("cpu", "memory"):
        if name not in (one.allocatable or {}):
            yield Problem(f"allocatable.{name}", "none", "what pods can use of a node of this type")
    yield from quantity_problems(one.allocatable, "allocatable")
    yield from quantity_problems(one.storage, "storage")
    for driver, limit in (one.attach_limits or {}).items():
        if limit < 0:
            yield Problem(f"attachLimits[{driver}]", show(limit), "0 or more volumes")
    for i, taint in enumerate(one.taints or ()):
        if not taint.key or taint.effect not in _EFFECTS:
            yield Problem(f"taints[{i}]", show(taint), f"a key, and an effect of {', '.join(_EFFECTS)}")
    if one.at_most is not None and one.at_most < 0:
        yield Problem("atMost", show(one.at_most), "0 or more nodes a zone")


def _price_problems(one: RawNodeType) -> Iterator[Problem]:
    if one.price_per_hour is None and not one.price_by_zone:
        yield Problem("pricePerHour", "none", _PRICE)
    for path, price in _prices(one):
        if not 0 <= price * MICROS <= MOST_MICROS or abs(price * MICROS - _micros(price)) > 0.001:
            yield Problem(path, show(price), _PRICE)


def _prices(one: RawNodeType) -> Iterator[tuple[str, float]]:
    if one.price_per_hour is not None:
        yield "pricePerHour", one.price_per_hour
    for zone, price in (one.price_by_zone or {}).items():
        yield f"priceByZone[{zone}]", price


def _node_type(one: RawNodeType) -> NodeType:
    by_zone = {zone: _micros(price) for zone, price in (one.price_by_zone or {}).items()}
    only_by_zone = one.price_per_hour is None
    amounts = {"pods": 1000 * PODS, **millis(one.allocatable)}
    return NodeType(
        name=one.name or "",
        allocatable=frozendict(in_units(amounts)),
        price_micros=max(by_zone.values()) if only_by_zone else _micros(one.price_per_hour or 0.0),
        zones=tuple(one.zones or (by_zone if only_by_zone else ())),
        price_in_zone=frozendict(by_zone),
        labels=frozendict(one.labels or {}),
        taints=tuple(
            Taint(key=t.key or "", value=t.value or "", effect=t.effect or "") for t in one.taints or ()
        ),
        attach_limits=frozendict(one.attach_limits or {}),
        storage_bytes=frozendict({name: whole(amount) for name, amount in millis(one.storage).items()}),
        group=one.node_group or "",
        most=one.at_most,
    )


def _micros(price: float) -> int:
    return round(price * MICROS)
