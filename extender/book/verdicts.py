"""Plan to a verdict per node: keep, or refuse with one of a few constant reasons.

kube-scheduler counts equal reasons in its events, so they carry no names and no numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extender.book.groups import Group
from extender.book.kinds import Kind
from extender.book.ledger import fit_alone, with_room
from extender.book.rules import Company, SpreadRule
from extender.book.slots import Slots
from solver.model.names import NodeName, TopologyKey
from solver.model.pod import Pod
from solver.scheduler.columns import IntArray

REMEMBERED_GROUPS = 2048
"""For how many groups the verdicts on all nodes are kept; each is five kilobytes on 5,000 nodes."""


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
    HELD = "bulkhead: held back, not all pods it belongs with can be placed"


Codes = NDArray[np.int8]
"""A verdict per node: 0 keeps it, other numbers stand for a reason."""
KEPT = 0
REASONS = tuple(Refusal)
CODE = {reason: number for number, reason in enumerate(REASONS, start=1)}


def broken_slot(*, is_sibling: bool, is_node: bool) -> Refusal:
    """Whose slot would be lost, and whether it is the node or a larger domain that is missing then."""
    if is_sibling:
        return Refusal.LATER_NODE if is_node else Refusal.LATER_ZONE
    return Refusal.NEEDED if is_node else Refusal.OTHERS_ZONE


class SlotJudge:
    """Verdicts on pods that have a slot. The same for the same plan, whoever asked before."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._codes = lru_cache(maxsize=REMEMBERED_GROUPS)(lambda group: _verdicts(group, slots))

    def codes(self, group: Group, located: IntArray) -> Codes:
        """The verdict on each of these nodes for pods of the group."""
        found = self._codes(group)[located]
        found[located < 0] = CODE[Refusal.NOT_KNOWN]
        return found

    def refusals(self, group: Group, nodes: Sequence[NodeName]) -> dict[NodeName, Refusal]:
        """Of these nodes, those the group's pods are refused, with the reason."""
        codes = self.codes(group, self._slots.roster.locate(nodes)).tolist()
        return {name: REASONS[code - 1] for name, code in zip(nodes, codes, strict=True) if code}


def _verdicts(group: Group, slots: Slots) -> Codes:
    """[N]. Later lines overrule earlier ones."""
    pod = group.kind.model
    codes = np.full(len(slots.roster), CODE[Refusal.UNPROVED], dtype=np.int8)
    _tell_room(codes, group, slots)
    if not group.is_pool:
        _tell_moves(codes, group, slots)
    for conflict in reversed(group.watch.conflicts):
        refusal = _broken(group, conflict.other, conflict.key, slots)
        codes[slots.in_conflict(conflict, group)] = CODE[refusal]
    fits = fit_alone(pod, slots.base)
    codes[~fits] = CODE[Refusal.UNFIT]
    is_open = fits & slots.harmless(group)
    is_open[slots.roster.locate(list(slots.claimed))] = False
    codes[is_open] = KEPT
    codes[slots.roster.locate(group.nodes)] = KEPT
    return codes


def _tell_room(codes: Codes, group: Group, slots: Slots) -> None:
    """Nodes on which the pod would take room that others count on."""
    full = ~with_room(group.kind.model, slots.final)
    codes[full] = CODE[room_refusal(group.kind.model, ())]
    for name, holders in slots.claimed.items():
        index = slots.roster.index_of[name]
        if full[index]:
            codes[index] = CODE[room_refusal(group.kind.model, holders, group.kind)]


def _tell_moves(codes: Codes, group: Group, slots: Slots) -> None:
    """Nodes where a rule between pods would lose somebody a slot if a pod of the group came there instead of
    to its planned node."""
    home = slots.base.node(group.planned[0])
    for company in reversed(group.watch.company):
        if company.starts_alone:
            moved = ~slots.base.values_of(company.key).are(home.node.labels.get(company.key))
            codes[moved] = CODE[_broken_rule(group, company, slots)]
    for rule in reversed(group.watch.spread):
        before = rule.places[home.index]
        moved = ~rule.places.are(before) & rule.broken_by_move(before)
        codes[moved] = CODE[_broken_rule(group, rule, slots)]


def _broken_rule(group: Group, rule: Company | SpreadRule, slots: Slots) -> Refusal:
    return _broken(group, rule.owner, rule.key, slots)


def _broken(group: Group, owner: Kind, key: TopologyKey, slots: Slots) -> Refusal:
    siblings = is_sibling(group.kind.model, owner, group.kind)
    return broken_slot(is_sibling=siblings, is_node=slots.rules.is_per_node(key))


def room_refusal(pod: Pod, holders: Iterable[Group], kind: Kind | None = None) -> Refusal:
    """The pod would take the room of these groups on a node."""
    siblings = any(is_sibling(pod, holder.kind, kind) for holder in holders)
    return broken_slot(is_sibling=siblings, is_node=True)


def is_sibling(pod: Pod, other: Kind, kind: Kind | None = None) -> bool:
    """Of the same workload; pods without one are siblings of the pods they are interchangeable with."""
    if other is kind:
        return True
    return pod.workload is not None and pod.workload == other.model.workload
