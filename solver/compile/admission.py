"""Nodes open to each class before pods of the question meet each other: [C, N] masks and upper limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np

from solver.compile.access import Access
from solver.compile.domains import domain_count
from solver.compile.eligibility import Eligibility
from solver.compile.problem import MANY, BoolArray, IntArray, PodClass, SeparationRule, VolumeLimit
from solver.compile.relations import Relations
from solver.compile.resources import Room
from solver.compile.running import RunningPods, readable
from solver.model.pod import DiskKind, InlineDisk, Pod

_BLOCK = 256
"""Columns that ``node_classes`` compares at once."""


def open_nodes(
    classes: Sequence[PodClass],
    access: Access,
    eligibility: Eligibility,
    relations: Relations,
    running: RunningPods,
) -> BoolArray:
    """[C, N], nodes that pass every rule which looks at the node, the claims or the pod alone."""
    asked = {pod.key for c in classes for pod in c.members}
    mask = np.zeros((len(classes), running.size), dtype=np.bool_)
    for row, c in zip(mask, classes, strict=True):
        pod = c.sample
        before = pod.created_after
        if not (before is None or before in asked or before in running) or not is_readable(pod):  # W14
            continue
        row[:] = eligibility.node_rules(pod)
        for use in pod.claims:
            row &= access.of(pod, use).nodes
        if pod.hard_spread:
            row &= relations.keyed(pod.hard_spread)  # T8
    return mask


def is_readable(pod: Pod) -> bool:
    """False when kube-scheduler cannot read a selector it has to filter with (A14)."""
    terms = (*pod.affinity, *pod.anti_affinity)
    preferred = (w.term for w in (*pod.preferred_affinity, *pod.preferred_anti_affinity))
    return readable((*terms, *preferred)) and not any(
        c.selector and c.selector.error for c in pod.hard_spread
    )


def occupied(classes: Sequence[PodClass], running: RunningPods) -> Iterator[tuple[int, BoolArray]]:
    """Class and [N], nodes where its host ports (P3) or inline disks (V5) clash with pods already there."""
    for index in _picky(classes):
        mask = np.zeros(running.size, dtype=np.bool_)
        for home in running.picky.values():
            mask[home.node] |= clashes(classes[index].sample, home.pod)
        yield index, mask


def conflicts(classes: Sequence[PodClass]) -> tuple[tuple[int, int], ...]:
    """Class pairs, a class with itself included, that cannot share a node (P2, V5)."""
    picky = _picky(classes)
    return tuple(
        (a, b) for a in picky for b in picky if a <= b and clashes(classes[a].sample, classes[b].sample)
    )


def _picky(classes: Sequence[PodClass]) -> list[int]:
    return [i for i, c in enumerate(classes) if c.sample.host_ports or c.sample.disks]


def clashes(one: Pod, other: Pod) -> bool:
    return any(a.conflicts(b) for a in one.host_ports for b in other.host_ports) or any(
        _excludes(a, b) for a in one.disks for b in other.disks
    )


def _excludes(one: InlineDisk, other: InlineDisk) -> bool:
    """V5."""
    if (one.kind, one.identity) != (other.kind, other.identity):
        return False
    if one.kind is DiskKind.RBD and not (one.monitors & other.monitors):
        return False
    return one.kind is DiskKind.EBS or not (one.read_only and other.read_only)


def limits(
    classes: Sequence[PodClass],
    open_nodes: BoolArray,
    space: Room,
    pairs: Iterable[tuple[int, int]],
    separations: Iterable[SeparationRule],
    volume_limits: Iterable[VolumeLimit],
) -> IntArray:
    """[C, N], most pods of one class that one node can take; none where the node is not open."""
    limit = _fitting(classes, open_nodes, space)
    for one, other in pairs:
        if one == other:
            np.minimum(limit[one], 1, out=limit[one])
    for rule in separations:
        if rule.itself:
            np.minimum(limit[rule.owner], 1, out=limit[rule.owner], where=rule.domain_of >= 0)
    for volumes in volume_limits:
        for added in np.unique(volumes.added[volumes.added > 0]):
            room = np.clip(volumes.free // added, 0, MANY).astype(np.int32)
            for index in np.flatnonzero(volumes.added == added):
                np.minimum(limit[index], room, out=limit[index])
    return limit


def _fitting(classes: Sequence[PodClass], open_nodes: BoolArray, space: Room) -> IntArray:
    """[C, N], pods that the free room of an open node takes, worked out once for equal requests."""
    limit = np.zeros(open_nodes.shape, dtype=np.int32)
    alike: dict[bytes, list[int]] = defaultdict(list)
    for index, request in enumerate(space.request):
        alike[request.tobytes()].append(index)
    for members in alike.values():
        fits = np.minimum(space.fits(members[0]), MANY).astype(np.int32)
        for index in members:
            np.minimum(fits, classes[index].count, out=limit[index], where=open_nodes[index])
    return limit


def node_classes(columns: Iterable[IntArray], domains: Iterable[IntArray], size: int) -> IntArray:
    """[N], equal numbers for nodes alike in every column and, for each topology, in the same domain.

    A domain of one node (a host name, say) does not tell nodes apart: what pods it holds is in the columns.
    """
    numbers: IntArray = np.zeros(size, dtype=np.int64)
    once = {id(d): d for d in domains}  # rules share them; comparing contents is for those that do not
    everything = chain(columns, map(_without_lone, {d.tobytes(): d for d in once.values()}.values()))
    while block := list(islice(everything, _BLOCK)):
        numbers = _row_numbers(np.column_stack([numbers, *block]))
    return numbers


def _without_lone(domain_of: IntArray) -> IntArray:
    """``domain_of`` with -2 for every domain of a single node."""
    counts = np.bincount(domain_of[domain_of >= 0], minlength=domain_count(domain_of))
    alone = np.append(counts == 1, False)[domain_of]
    return np.where(alone, -2, domain_of)


def _row_numbers(rows: IntArray) -> IntArray:
    """Equal numbers for equal rows, in the order of their first."""
    numbers: dict[bytes, int] = {}
    seen = (row.tobytes() for row in np.ascontiguousarray(rows))
    return np.array([numbers.setdefault(row, len(numbers)) for row in seen], dtype=np.int64)


def close_surplus(limit: IntArray, counts: IntArray, classes: IntArray) -> None:
    """Set ``limit`` to 0 on interchangeable nodes beyond what the pods could ever fill, by node order."""
    _, first, size = np.unique(classes, return_index=True, return_counts=True)
    wanted = np.zeros(len(first), dtype=np.int64)
    for count, row in zip(counts, limit, strict=True):
        wanted += count * (row[first] > 0)
    for number in np.flatnonzero((wanted > 0) & (wanted < size)):
        limit[:, np.flatnonzero(classes == number)[wanted[number] :]] = 0
