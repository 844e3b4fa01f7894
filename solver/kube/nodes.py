"""Nodes: raw to model (W33), and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from frozendict import frozendict

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.parts import CACHE_SIZE
from solver.kube.quantities import counts_for_scheduling, in_units, millis, quantity_problems
from solver.kube.selectors import label_problems
from solver.model.names import NodeName
from solver.model.node import NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE, Image, Node, Taint

_EFFECTS = (NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE)


def node(name: str, stored: raw.Node) -> Node:
    meta = stored.metadata or raw.Metadata()
    spec = stored.spec or raw.NodeSpec()
    status = stored.status or raw.NodeStatus()
    return Node(
        name=NodeName(name),
        labels=frozendict(meta.labels or {}),
        annotations=frozendict(meta.annotations or {}),
        taints=tuple(
            Taint(key=t.key or "", value=t.value or "", effect=t.effect or "") for t in spec.taints or ()
        ),
        unschedulable=bool(spec.unschedulable),
        ready=not any(c.type == "Ready" and c.status != "True" for c in status.conditions or ()),
        allocatable=_allocatable(status),
        images=tuple(_image(tuple(i.names or ()), i.size_bytes or 0) for i in status.images or ()),
    )


@lru_cache(maxsize=CACHE_SIZE)
def _image(names: tuple[str, ...], size_bytes: int) -> Image:
    """Most nodes have the same ones; they make up most of what is known about a node."""
    return Image(names=names, size_bytes=size_bytes)


def _allocatable(status: raw.NodeStatus) -> frozendict[str, int]:
    """W33: capacity stands in when allocatable is absent altogether."""
    stated = status.capacity if status.allocatable is None else status.allocatable
    amounts = {name: amount for name, amount in millis(stated).items() if counts_for_scheduling(name)}
    return frozendict(in_units(amounts))


def node_problems(stored: raw.Node, manifest: bool) -> Iterator[Problem]:
    spec = stored.spec or raw.NodeSpec()
    status = stored.status or raw.NodeStatus()
    for i, taint in enumerate(spec.taints or ()):
        if not taint.key:
            yield Problem(f"spec.taints[{i}].key", show(taint.key), "a taint key")
        if taint.effect not in _EFFECTS:
            yield Problem(f"spec.taints[{i}].effect", show(taint.effect), f"one of {', '.join(_EFFECTS)}")
    yield from quantity_problems(status.allocatable, "status.allocatable")
    yield from quantity_problems(status.capacity, "status.capacity")
    if manifest and stored.metadata:
        for key, value in (stored.metadata.labels or {}).items():
            yield from label_problems(key, value, "metadata.labels")


def node_warnings(nodes: tuple[Node, ...]) -> Iterator[str]:
    """W33: labels are never invented. EX-G6: readiness does not filter (G4), which surprises people."""
    for label in ("kubernetes.io/hostname", "topology.kubernetes.io/zone"):
        lacking = [n.name for n in nodes if label not in n.labels]
        if lacking:
            yield f"{_some(lacking)} without label {label}: rules on that key do not see {_them(lacking)}"
    unready = [n.name for n in nodes if not n.ready and not any(t.repels for t in n.taints)]
    if unready:
        yield f"{_some(unready)} not ready, without a taint: kube-scheduler would use {_them(unready)}"


def _some(names: list[NodeName]) -> str:
    return f"node {names[0]} is" if len(names) == 1 else f"{len(names)} nodes ({names[0]} …) are"


def _them(names: list[NodeName]) -> str:
    return "it" if len(names) == 1 else "them"
