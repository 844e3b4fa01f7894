"""A question about a cluster as a Problem: names become indices, objects become arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from solver.compile import admission
from solver.compile.attach_limits import AttachRules, attach_rules
from solver.compile.brought import Brought
from solver.compile.classes import pod_classes
from solver.compile.cluster import Cluster
from solver.compile.eligibility import Eligibility
from solver.compile.problem import (
    AttractionRule,
    BalanceGroup,
    IntArray,
    PodClass,
    Problem,
    SoftPairRule,
    SpreadRule,
)
from solver.compile.relations import Relations
from solver.compile.resources import Room, room
from solver.compile.volumes import VolumeRules, volume_rules
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.model.outcome import Question


def formulate(cluster: Cluster, question: Question, config: SolveConfig) -> Problem:
    """The integer form of ``question``. Its pods must be pending pods of the cluster."""
    running, access, eligibility = cluster.running, cluster.access, cluster.eligibility
    pods = tuple(cluster.pods[key] for key in question.pods)
    brought = Brought(cluster.identities, cluster.attached, pods)
    classes = pod_classes(
        pods, access, brought, running, by_workload=question.by_workload, variants=question.variants
    )
    homes = _homes(classes, cluster, question)
    relations = Relations(cluster.fixed, classes, cluster.domains, eligibility, running)
    space = _with_homes(room(classes, running), homes)
    volumes = volume_rules(classes, access, cluster.storage, running, strict_rwo=config.strict_rwo)
    attach = attach_rules(classes, brought, cluster.attached, cluster.storage)
    separations, pairs = relations.separations(), admission.conflicts(classes)

    allowed = admission.open_nodes(classes, access, eligibility, relations, running)
    taken = admission.occupied(classes, running)
    for index, closed in chain(relations.closed(), taken, volumes.closed, attach.closed):
        allowed[index] &= ~closed
    limit = admission.limits(classes, allowed, space, pairs, separations, attach.limits)

    hard, soft = relations.spreads(hard=True), relations.spreads(hard=False)
    attractions, balances, pulls = relations.attractions(), relations.balances(), relations.soft_pairs()
    cost, costs = _node_cost(classes, eligibility, limit.shape)
    topologies = [r.domain_of for r in (*hard, *soft)] + [r.domain_of for r in separations]
    topologies += [r.domain_of for r in balances] + [r.domain_of for r in pulls]
    topologies += [term.domain_of for rule in attractions for term in rule.terms]
    present = _present((*hard, *soft, *balances, *pulls), attractions)
    told_apart = chain(
        np.packbits(limit > 0, axis=0),  # how many it takes follows from the rest
        costs,
        space.free.T,
        _volume_columns(volumes, attach),
        (column for column in present if column.any()),
        () if homes is None else homes,
        _told_apart(cluster, question),
    )
    node_class = admission.node_classes(told_apart, topologies, running.size)
    counts = np.array([c.count for c in classes], dtype=np.int64)
    admission.close_surplus(limit, counts, node_class)
    if homes is not None:
        np.maximum(limit, homes, out=limit)  # a running pod may stay where no rule would let it in
    return Problem(
        nodes=cluster.node_names,
        zone_of=cluster.domains.of(ZONE),
        zones=cluster.domains.names(ZONE),
        classes=classes,
        limit=limit,
        resources=space.names,
        request=space.request,
        free=space.free,
        grain=space.grain,
        node_class=node_class,
        conflicts=pairs,
        volume_limits=attach.limits,
        shared_volumes=attach.shared,
        claim_kinds=volumes.kinds,
        volume_groups=volumes.groups,
        shared_claims=volumes.shared,
        spreads=hard,
        separations=separations,
        attractions=attractions,
        chains=_chains(classes),
        node_cost=cost,
        soft_spreads=soft,
        soft_pairs=pulls,
        balances=balances,
        approximations=_approximations(
            {*volumes.approximations, *attach.approximations, *relations.approximations},
            space,
            hard,
            attractions,
        ),
        optional=tuple(i for i, name in enumerate(cluster.node_names) if name in question.optional),
        variants=_variants(classes, question),
        homes=homes,
    )


def _told_apart(cluster: Cluster, question: Question) -> Sequence[IntArray]:
    """No column, or one with the numbers that the question gives nodes."""
    numbers = question.told_apart
    return [np.array([numbers.get(n, -1) for n in cluster.node_names], dtype=np.int64)] if numbers else []


def _with_homes(space: Room, homes: IntArray | None) -> Room:
    """Room for the pods lifted off a node to go back, also where they ask for more than it has."""
    if homes is None:
        return space
    return replace(space, free=np.maximum(space.free, homes.T.astype(np.int64) @ space.request))


def _variants(classes: Sequence[PodClass], question: Question) -> tuple[tuple[int, int], ...]:
    number = {pod.key: i for i, c in enumerate(classes) for pod in c.members}
    pairs = ((number[original], number[variant]) for variant, original in question.variants.items())
    return tuple(sorted(set(pairs)))


def _homes(classes: Sequence[PodClass], cluster: Cluster, question: Question) -> IntArray | None:
    """[C, N]"""
    if not question.homes:
        return None
    index = {name: i for i, name in enumerate(cluster.node_names)}
    homes = np.zeros((len(classes), len(index)), dtype=np.int32)
    for number, pod_class in enumerate(classes):
        for pod in pod_class.members:
            if pod.key in question.homes:
                homes[number, index[question.homes[pod.key]]] += 1
    return homes


def _node_cost(
    classes: Sequence[PodClass], eligibility: Eligibility, shape: tuple[int, ...]
) -> tuple[IntArray, list[IntArray]]:
    """[C, N], and its distinct rows."""
    rows = [eligibility.soft_cost(c.sample) for c in classes]
    distinct = list({id(row): row for row in rows}.values())
    if len(distinct) == 1:
        return np.broadcast_to(distinct[0], shape), distinct
    return np.array(rows, dtype=np.int32).reshape(shape), distinct


def _volume_columns(volumes: VolumeRules, attach: AttachRules) -> list[IntArray]:
    """What volumes say about each node, one array [N] each."""
    masks = [group.reach for group in volumes.groups] + [kind.needed for kind in volumes.kinds]
    places = [limit.free for limit in attach.limits] + [volume.added for volume in attach.shared]
    return places + (list(np.packbits(masks, axis=0)) if masks else [])


def _present(
    rules: Iterable[SpreadRule | BalanceGroup | SoftPairRule], attractions: Iterable[AttractionRule]
) -> Iterator[IntArray]:
    """What is already in each node's own domain, one array [N] per rule that asks."""
    for rule in rules:
        yield np.append(rule.present, 0)[rule.domain_of]
    for term in (term for attraction in attractions for term in attraction.terms):
        yield np.append(term.occupied, False)[term.domain_of].astype(np.int64)


def _chains(classes: tuple[PodClass, ...]) -> tuple[tuple[int, int], ...]:
    """W14: (class of the predecessor, class of the pods)."""
    last = {c.members[-1].key: i for i, c in enumerate(classes)}
    befores = ((c.sample.created_after, i) for i, c in enumerate(classes))
    return tuple((last[before], i) for before, i in befores if before in last)


def _approximations(
    found: set[str],
    space: Room,
    hard: tuple[SpreadRule, ...],
    attractions: tuple[AttractionRule, ...],
) -> tuple[str, ...]:
    if space.rounded:
        found.add("requests too large to add up exactly are rounded up (R5)")
    if any(not rule.exact for rule in hard):
        found.add("a spread constraint counts pods that do not carry it themselves (J4)")
    if any(rule.supporters for rule in attractions):
        found.add("affinity between workloads is planned in one order of the workloads (A9, A10)")
    return tuple(sorted(found))
