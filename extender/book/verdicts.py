"""Plan to a verdict per node: keep, or refuse with one of a few constant reasons.

kube-scheduler counts equal reasons in its events, so they carry no names and no numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from frozendict import frozendict

from extender.book.groups import Group
from extender.book.kinds import Kind
from extender.book.ledger import Fits, has_room
from extender.book.slots import Slots
from extender.metrics import Fallback
from solver.model.names import NodeName
from solver.model.pod import Pod

REMEMBERED_GROUPS = 64
"""For how many groups the verdicts on all nodes are kept; each is a few hundred kilobytes on 5,000 nodes."""


class Refusal(StrEnum):
    """Every reason the extender gives. None is about this pod alone except ``UNFIT``."""

    LATER_ZONE = "bulkhead: would leave later replicas without a zone"
    LATER_NODE = "bulkhead: would leave later replicas without a node"
    OTHERS_ZONE = "bulkhead: would leave other pending pods without a zone"
    NEEDED = "bulkhead: node is needed by other pending pods"
    ELSEWHERE = "bulkhead: room for this pod is set aside elsewhere"
    UNPROVED = "bulkhead: not shown to leave other pending pods their nodes"
    UNFIT = "bulkhead: node does not suit this pod"
    NOT_KNOWN = "bulkhead: node is not known"


def broken_slot(*, is_sibling: bool, is_node: bool) -> Refusal:
    """Whose slot would be lost, and whether it is the node or a larger domain that is missing then."""
    if is_sibling:
        return Refusal.LATER_NODE if is_node else Refusal.LATER_ZONE
    return Refusal.NEEDED if is_node else Refusal.OTHERS_ZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Every node asked about, once: kept, or refused with a reason."""

    pod: Pod
    kept: tuple[NodeName, ...]
    """In the order of the request."""
    refused: Mapping[NodeName, Refusal] = frozendict()
    planned: NodeName | None = None
    """The pod's node in the plan, whether asked about or not."""
    fallback: Fallback | None = None


class SlotJudge:
    """Verdicts on pods that have a slot. The same for the same plan, whoever asked before."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._on_group = lru_cache(maxsize=REMEMBERED_GROUPS)(_GroupVerdicts)

    def refusals(self, group: Group, nodes: Sequence[NodeName]) -> dict[NodeName, Refusal]:
        """Of these nodes, those the group's pods are refused, with the reason."""
        verdicts = self._on_group(group, self._slots)
        found = ((name, verdicts.on(name)) for name in nodes)
        return {name: refusal for name, refusal in found if refusal is not None}


class _GroupVerdicts:
    """The verdicts for one group, found out node by node as they are asked for."""

    def __init__(self, group: Group, slots: Slots) -> None:
        self._group = group
        self._slots = slots
        self._room: Fits = has_room(group.kind.model, slots.final)
        self._known: dict[NodeName, Refusal | None] = dict.fromkeys(group.nodes)

    def on(self, name: NodeName) -> Refusal | None:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: NodeName) -> Refusal | None:
        group, slots = self._group, self._slots
        if name not in slots.snapshot.node_by_name:
            return Refusal.NOT_KNOWN
        if slots.is_open(group, name):
            return None
        if not group.fits(name):
            return Refusal.UNFIT
        return self._broken_rule(name) or self._lost_room(name) or Refusal.UNPROVED

    def _broken_rule(self, name: NodeName) -> Refusal | None:
        """The rule between pods that would lose somebody a slot if a pod of the group came here instead."""
        group, slots = self._group, self._slots
        conflict = slots.conflict(group.watch, name, group)
        if conflict is not None:
            return broken_slot(
                is_sibling=is_sibling(group.kind.model, conflict.other, group.kind),
                is_node=slots.rules.is_per_node(conflict.key),
            )
        if group.is_pool:
            return None
        old, new = (slots.base.node(n).node for n in (group.planned[0], name))
        for rule in group.watch.spread:
            before, after = rule.domain(old), rule.domain(new)
            changes = {d: step for d, step in ((before, -1), (after, 1)) if d is not None}
            if before != after and rule.broken_by(changes):
                return broken_slot(
                    is_sibling=is_sibling(group.kind.model, rule.owner, group.kind),
                    is_node=slots.rules.is_per_node(rule.key),
                )
        for company in group.watch.company:
            moves = old.labels.get(company.key) != new.labels.get(company.key)
            if moves and company.starts_alone:
                return broken_slot(
                    is_sibling=is_sibling(group.kind.model, company.owner, group.kind),
                    is_node=slots.rules.is_per_node(company.key),
                )
        return None

    def _lost_room(self, name: NodeName) -> Refusal | None:
        if self._room(name):
            return None
        return room_refusal(self._group.kind.model, self._slots.claimed.get(name, ()), self._group.kind)


def room_refusal(pod: Pod, holders: Sequence[Group], kind: Kind | None = None) -> Refusal:
    """The pod would take the room of these groups on a node."""
    siblings = any(is_sibling(pod, holder.kind, kind) for holder in holders)
    return broken_slot(is_sibling=siblings, is_node=True)


def is_sibling(pod: Pod, other: Kind, kind: Kind | None = None) -> bool:
    """Of the same workload; pods without one are siblings of the pods they are interchangeable with."""
    if other is kind:
        return True
    return pod.workload is not None and pod.workload == other.model.workload
