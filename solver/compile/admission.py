"""Nodes open to each class before pods of the question meet each other: [C, N] masks and upper limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from solver.compile.access import Access
from solver.compile.counts import RunningPods, readable
from solver.compile.domains import domain_count
from solver.compile.eligibility import Eligibility
from solver.compile.problem import BoolArray, IntArray, PodClass, SeparationRule, VolumeLimit
from solver.compile.relations import Relations
from solver.model.node import Node
from solver.model.pod import DiskKind, InlineDisk, Pod
from solver.model.snapshot import Snapshot


def open_nodes(
    snapshot: Snapshot,
    classes: Sequence[PodClass],
    access: Access,
    eligibility: Eligibility,
    relations: Relations,
) -> BoolArray:
    """[C, N], nodes that pass every rule which looks at the node, the claims or the pod alone."""
    known = {pod.key for c in classes for pod in c.members} | {pod.key for pod in snapshot.running}
    masks = []
    for c in classes:
        pod = c.sample
        mask = eligibility.node_rules(pod) & devices(snapshot, pod)
        exists = pod.created_after is None or pod.created_after in known  # W14
        mask &= exists and is_readable(pod)
        for use in pod.claims:
            mask &= access.of(pod, use).nodes
        keyed = relations.spread_nodes(pod)
        masks.append(mask if keyed is None else mask & keyed)
    return np.array(masks, dtype=np.bool_).reshape(len(classes), len(snapshot.nodes))


def is_readable(pod: Pod) -> bool:
    """False when kube-scheduler cannot read a selector it has to filter with (A14)."""
    terms = (*pod.affinity, *pod.anti_affinity)
    preferred = (w.term for w in (*pod.preferred_affinity, *pod.preferred_anti_affinity))
    return readable((*terms, *preferred)) and not any(
        c.selector and c.selector.error for c in pod.hard_spread
    )


def devices(snapshot: Snapshot, pod: Pod) -> BoolArray:
    """[N], D3: only claims that are allocated already can be judged; the others refuse the pod."""
    mask = np.ones(len(snapshot.nodes), dtype=np.bool_)
    for name in pod.resource_claims:
        claim = snapshot.resource_claim_by_key.get(f"{pod.namespace}/{name}")
        if claim is None or not claim.allocated or claim.deleting:
            return np.zeros_like(mask)
        selector = claim.node_selector
        if selector is not None:
            mask &= np.array([selector.matches(n.labels, n.name) for n in snapshot.nodes], dtype=np.bool_)
    return mask


def occupied(classes: Sequence[PodClass], running: RunningPods, nodes: Sequence[Node]) -> BoolArray:
    """[C, N], nodes where a pod's host ports (P3) or inline disks (V5) clash with pods already there."""
    blocked = np.zeros((len(classes), len(nodes)), dtype=np.bool_)
    picky = [i for i, c in enumerate(classes) if c.sample.host_ports or c.sample.disks]
    for node, pod in running.on_nodes():
        if pod.host_ports or pod.disks:
            for index in picky:
                blocked[index, node] |= clashes(classes[index].sample, pod)
    return blocked


def conflicts(classes: Sequence[PodClass]) -> tuple[tuple[int, int], ...]:
    """Class pairs, a class with itself included, that cannot share a node (P2, V5)."""
    picky = [i for i, c in enumerate(classes) if c.sample.host_ports or c.sample.disks]
    return tuple(
        (a, b) for a in picky for b in picky if a <= b and clashes(classes[a].sample, classes[b].sample)
    )


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


def most_per_node(
    classes: Sequence[PodClass],
    fits: IntArray,
    pairs: Iterable[tuple[int, int]],
    separations: Iterable[SeparationRule],
    volume_limits: Iterable[VolumeLimit],
) -> IntArray:
    """[C, N], most pods of one class that one node can take."""
    most = np.minimum(fits, np.array([c.count for c in classes], dtype=np.int64)[:, None])
    for one, other in pairs:
        if one == other:
            most[one] = np.minimum(most[one], 1)
    for rule in separations:
        if rule.itself:
            most[rule.owner, rule.domain_of >= 0] = np.minimum(most[rule.owner, rule.domain_of >= 0], 1)
    for limit in volume_limits:
        some = limit.added > 0
        most[some] = np.minimum(most[some], np.maximum(limit.free, 0)[None, :] // limit.added[some][:, None])
    return most


def node_classes(columns: Sequence[IntArray], domains: Sequence[IntArray]) -> IntArray:
    """[N], equal numbers for nodes alike in every column and, for each topology, in the same domain.

    A domain of one node (a host name, say) does not tell nodes apart: what pods it holds is in the columns.
    """
    size = len(columns[0])
    if not size:
        return np.zeros(0, dtype=np.int64)
    rows = [np.asarray(c).reshape(size, -1) for c in columns]
    for domain_of in {d.tobytes(): d for d in domains}.values():
        counts = np.bincount(domain_of[domain_of >= 0], minlength=domain_count(domain_of))
        alone = np.append(counts == 1, False)[domain_of]
        rows.append(np.where(alone, -2, domain_of).reshape(size, 1))
    numbers: dict[bytes, int] = {}
    seen = (row.tobytes() for row in np.ascontiguousarray(np.hstack(rows)))
    return np.array([numbers.setdefault(row, len(numbers)) for row in seen], dtype=np.int64)


def without_surplus(limit: IntArray, counts: IntArray, classes: IntArray) -> IntArray:
    """``limit`` with interchangeable nodes beyond what the pods could ever fill set to 0, by node order."""
    kept = limit.copy()
    for number in np.unique(classes):
        members = np.flatnonzero(classes == number)
        wanted = int(counts[limit[:, members[0]] > 0].sum())
        kept[:, members[wanted:]] = 0
    return kept
