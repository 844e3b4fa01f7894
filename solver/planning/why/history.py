"""How a conflict came about, as far as the snapshot shows it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from solver.model.names import HOSTNAME, ZONE, ClaimKey, claim_key
from solver.model.node import Node
from solver.model.pod import Pod, WorkloadKey
from solver.model.requirement import NodeSelector, Operator, Requirement
from solver.model.snapshot import Snapshot
from solver.model.storage import Volume
from solver.planning.why.answer import (
    EmptyPlace,
    History,
    Holder,
    KeptVolumes,
    LeftOverClaims,
    NodeState,
    RememberedNode,
)
from solver.planning.why.facts import Fact, FactKind


def history(snapshot: Snapshot, facts: Iterable[Fact]) -> tuple[History, ...]:
    """In the order of the facts; each finding once."""
    found = chain.from_iterable(_of_fact(snapshot, fact) for fact in facts)
    return tuple(dict.fromkeys(found))


def _of_fact(snapshot: Snapshot, fact: Fact) -> Iterator[History]:
    match fact.kind:
        case FactKind.VOLUME_PLACE:
            volumes = [snapshot.volume_by_name[name] for name in sorted(fact.volumes)]
            yield from _remembered(snapshot, volumes)
            if fact.owner is not None and fact.owner.kind == "StatefulSet":
                yield from _left_over(snapshot, fact.owner)
        case FactKind.SELECTED_NODE:
            yield from _out_of_order(snapshot, fact.objects[0], fact.name)
        case FactKind.NODE_SELECTOR | FactKind.NODE_AFFINITY:
            pod = snapshot.pod_by_key[min(fact.pods)]
            yield from _selected(snapshot, fact, pod)
        case FactKind.CLAIM:
            yield from _kept(snapshot, fact)
        case FactKind.ACCESS_MODE:
            yield from _holders(snapshot, fact)


def _remembered(snapshot: Snapshot, volumes: Iterable[Volume]) -> Iterator[History]:
    for volume in volumes:
        for requirement in _only_way(volume.node_affinity):
            about = f"PersistentVolume/{volume.name}"
            if requirement.key == HOSTNAME:
                for name in requirement.values:
                    yield from _out_of_order(snapshot, about, name)
            else:
                yield from _empty_place(snapshot, about, requirement)


def _only_way(selector: NodeSelector | None) -> tuple[Requirement, ...]:
    """What every node has to meet: there is one term only."""
    if selector is None or len(selector.terms) != 1:
        return ()
    return tuple(e for e in selector.terms[0].expressions if e.operator is Operator.IN)


def _out_of_order(snapshot: Snapshot, about: str, name: str) -> Iterator[History]:
    hosts = [n for n in snapshot.nodes if name in (n.name, n.labels.get(HOSTNAME))]
    state = _state(hosts[0]) if hosts else NodeState.GONE
    if state is not None:
        yield RememberedNode(object=about, node=name, state=state)


def _state(node: Node) -> NodeState | None:
    if node.unschedulable:
        return NodeState.CORDONED
    return None if node.ready else NodeState.NOT_READY


def _empty_place(snapshot: Snapshot, about: str, requirement: Requirement) -> Iterator[History]:
    known = {node.labels[requirement.key] for node in snapshot.nodes if requirement.key in node.labels}
    if known.isdisjoint(requirement.values):
        yield EmptyPlace(
            object=about, label=requirement.key, values=requirement.values, known=tuple(sorted(known))
        )


def _selected(snapshot: Snapshot, fact: Fact, pod: Pod) -> Iterator[History]:
    wanted = _only_way(pod.required_nodes)
    if fact.kind is FactKind.NODE_SELECTOR:
        values = (pod.node_selector[fact.name],)
        wanted = (Requirement(key=fact.name, operator=Operator.IN, values=values),)
    for requirement in wanted:
        if requirement.key == HOSTNAME:
            for name in requirement.values:
                yield from _out_of_order(snapshot, fact.objects[0], name)
        else:
            yield from _empty_place(snapshot, fact.objects[0], requirement)


def _left_over(snapshot: Snapshot, owner: WorkloadKey) -> Iterator[History]:
    """Claims are ``<template>-<set>-<ordinal>`` and stay when a set is scaled down."""
    form = re.compile(rf"(.+)-{re.escape(owner.name)}-(0|[1-9][0-9]*)")
    ordinals = {p.ordinal for p in snapshot.pods if p.workload == owner and p.ordinal is not None}
    claims: dict[ClaimKey, int] = {}
    for claim in snapshot.claims:
        found = form.fullmatch(claim.name) if claim.namespace == owner.namespace else None
        if found is not None and not claim.from_template:
            claims[claim.key] = int(found.group(2))
    left = [key for key, ordinal in claims.items() if ordinals and ordinal > max(ordinals)]
    if not left:
        return
    all_zones = {key: zone for key in claims if (zone := _zone_of(snapshot, key)) is not None}
    zones = tuple(sorted(set(all_zones.values())))
    before = Counter(all_zones.values())
    after = Counter(zone for key, zone in all_zones.items() if key not in left)
    yield LeftOverClaims(
        workload=owner,
        claims=tuple(sorted(left, key=lambda key: claims[key])),
        was=max(claims.values()) + 1,
        now=len(ordinals),
        zones=zones,
        before=tuple(before[zone] for zone in zones),
        after=tuple(after[zone] for zone in zones),
    )


def _zone_of(snapshot: Snapshot, key: ClaimKey) -> str | None:
    claim = snapshot.claim_by_key[key]
    volume = snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name else None
    if volume is None:
        return None
    zones = [r.values[0] for r in _only_way(volume.node_affinity) if r.key == ZONE and len(r.values) == 1]
    return zones[0] if zones else volume.labels.get(ZONE)


def _kept(snapshot: Snapshot, fact: Fact) -> Iterator[History]:
    wanted = {
        claim.storage_class for key in fact.claims if (claim := snapshot.claim_by_key.get(key)) is not None
    }
    for storage_class in sorted(wanted):
        kept = [
            (volume.name, claim_key(ref.namespace, ref.name))
            for volume in snapshot.volumes
            if volume.storage_class == storage_class
            and (ref := volume.claim_ref) is not None
            and not _is_there(snapshot, volume)
        ]
        if kept:
            yield KeptVolumes(
                storage_class=storage_class,
                volumes=tuple(name for name, _ in kept),
                claims=tuple(claim for _, claim in kept),
            )


def _is_there(snapshot: Snapshot, volume: Volume) -> bool:
    """The claim that the volume names exists, and is the same one."""
    assert volume.claim_ref is not None
    claim = snapshot.claim_by_key.get(claim_key(volume.claim_ref.namespace, volume.claim_ref.name))
    return claim is not None and volume.claim_ref.names(claim)


def _holders(snapshot: Snapshot, fact: Fact) -> Iterator[History]:
    for pod in snapshot.running:
        for use in pod.claims:
            if use.claim in fact.claims and pod.node_name is not None:
                yield Holder(claim=use.claim, pod=pod.key, node=pod.node_name, terminating=pod.terminating)
