"""Pods that cannot use a slot: not in the snapshot, not placed, or cut off from their nodes by the request.

Such a pod is planned as new, on top of everything planned (A3, A15). On nodes nobody counts on there is
nothing to keep book of. Otherwise it is given *one* node, and room there is set aside for it, so that pods
that come one after the other cannot add up to more than the node holds. That is the only memory between
requests; it never changes the answer for a pod with a slot it can use, and a pod that asks again gets the
same node.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from extender.ledger import Fits, fits_alone
from extender.rules import SpreadRule, Watch
from extender.slots import Group, Slots, room_left
from extender.verdicts import Refusal, broken_slot, is_sibling, room_refusal
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod

Domains = tuple[str | None, ...]
"""Under each spread rule that counts the pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seat:
    """What was promised to one newcomer."""

    rules: tuple[SpreadRule, ...] = ()
    domains: Domains = ()
    node: NodeName | None = None
    """The node on which room is set aside, if any."""


class Newcomers:
    """Every method is for one caller at a time; the plan book sees to that."""

    def __init__(self, slots: Slots, limit: int) -> None:
        self._slots = slots
        self._limit = limit
        self._seats: dict[PodKey, _Seat] = {}
        self._counted: dict[SpreadRule, Counter[str]] = defaultdict(Counter)

    def judge(self, pod: Pod, nodes: Sequence[NodeName]) -> dict[NodeName, Refusal]:
        """The pod as a new one; of these nodes, those it is refused. Sets room aside where that is needed."""
        newcomer = _Newcomer(pod, self._slots)
        refused = {name: refusal for name in nodes if (refusal := newcomer.obstacle(name)) is not None}
        places: dict[Domains, list[NodeName]] = defaultdict(list)
        for name in nodes:
            if name not in refused:
                places[newcomer.domains(name)].append(name)
        kept: Sequence[NodeName] = ()
        for domains in self._in_order(pod.key, newcomer, places):
            blocked = self._full_rule(newcomer, domains, pod.key)
            if blocked is not None:
                refused |= dict.fromkeys(places[domains], self._domain_refusal(pod, blocked))
            elif not kept:
                kept = self._take(newcomer, domains, places[domains])
        for names in places.values():
            refused |= {n: self._unused(newcomer, n) for n in names if n not in kept and n not in refused}
        return refused

    def reseat(self, pod: Pod, group: Group, nodes: Sequence[NodeName]) -> NodeName | None:
        """A3: another node for a pod whose own are not in the request; one no rule can tell from them."""
        seat = self._seats.get(pod.key)
        if seat is not None and seat.node in nodes:
            return seat.node
        known = [n for n in nodes if n in self._slots.snapshot.node_by_name]
        for name in self._emptiest(known):
            if self._slots.is_shareable(group, name, 1):
                return name if self._promise(pod, _Seat(node=name)) else None
        return None

    def _in_order(
        self, key: PodKey, newcomer: _Newcomer, places: Mapping[Domains, Sequence[NodeName]]
    ) -> list[Domains]:
        """The domains promised before come first, then those with the fewest pods."""
        seat = self._seats.get(key, _Seat())

        def order(domains: Domains) -> tuple[bool, int, str]:
            counts = [
                rule.counts.get(d, 0) + self._counted[rule][d]
                for rule, d in zip(newcomer.watch.spread, domains, strict=True)
                if d is not None
            ]
            is_new = domains != seat.domains or newcomer.watch.spread != seat.rules
            return is_new, sum(counts), str(domains)

        return sorted(places, key=order)

    def _full_rule(self, newcomer: _Newcomer, domains: Domains, key: PodKey) -> SpreadRule | None:
        """The rule that would lose a planned pod its domain if one more pod came there (J4)."""
        seat = self._seats.get(key, _Seat())
        for rule, domain in zip(newcomer.watch.spread, domains, strict=True):
            counted = self._counted[rule].copy()
            counted.subtract(d for r, d in zip(seat.rules, seat.domains, strict=True) if r is rule and d)
            if domain is not None and not rule.takes_one_more(domain, counted):
                return rule
        return None

    def _take(self, newcomer: _Newcomer, domains: Domains, names: Sequence[NodeName]) -> Sequence[NodeName]:
        """Nodes of one place the pod may have: all that nobody counts on, or one with room to spare."""
        pod = newcomer.pod
        seat = _Seat(rules=newcomer.watch.spread, domains=domains)
        free = [name for name in names if name not in self._slots.claimed]
        if free:
            is_counted = any(d is not None for d in domains)
            return free if not is_counted or self._promise(pod, seat) else ()
        before = self._seats.get(pod.key)
        if before is not None and before.node is not None and before.node in names:
            return (before.node,)
        for name in self._emptiest(names):
            if self._slots.ledger.takes(pod, name):
                return (name,) if self._promise(pod, replace(seat, node=name)) else ()
        return ()

    def _promise(self, pod: Pod, seat: _Seat) -> bool:
        """Keep a seat. False when no more can be kept: then nothing may be promised."""
        before = self._seats.get(pod.key)
        if before is None and len(self._seats) >= self._limit:
            return False
        for known, step in ((before, -1), (seat, 1)):
            for rule, domain in zip(known.rules, known.domains, strict=True) if known else ():
                if domain is not None:
                    self._counted[rule][domain] += step
        self._seats[pod.key] = seat
        if seat.node is not None:
            self._slots.ledger.enter(pod, seat.node)
        return True

    def _emptiest(self, names: Sequence[NodeName]) -> list[NodeName]:
        return sorted(names, key=lambda name: (-room_left(self._slots.final, name), name))

    def _domain_refusal(self, pod: Pod, rule: SpreadRule) -> Refusal:
        return broken_slot(
            is_sibling=is_sibling(pod, rule.owner), is_node=self._slots.rules.is_per_node(rule.key)
        )

    def _unused(self, newcomer: _Newcomer, name: NodeName) -> Refusal:
        """Why a node without an obstacle was not kept."""
        holders = self._slots.claimed.get(name, ())
        if holders and not self._slots.ledger.takes(newcomer.pod, name):
            return room_refusal(newcomer.pod, holders)
        return Refusal.ELSEWHERE


class _Newcomer:
    """One pod without a slot, seen against the plan."""

    def __init__(self, pod: Pod, slots: Slots) -> None:
        self.pod = pod
        self.watch: Watch = slots.rules.watch(pod)
        self._slots = slots
        known = tuple(use for use in pod.claims if use.claim in slots.snapshot.claim_by_key)
        self._fits: Fits = fits_alone(replace(pod, claims=known), slots.base)
        self._may_rob = slots.kind_book.may_take_volumes(pod) and slots.has_pinned

    def obstacle(self, name: NodeName) -> Refusal | None:
        """What keeps the pod off the node, whatever else it might get."""
        if name not in self._slots.snapshot.node_by_name:
            return Refusal.NOT_KNOWN
        if not self._fits(name):
            return Refusal.UNFIT
        conflict = self._slots.conflict(self.watch, name)
        if conflict is not None:
            return broken_slot(
                is_sibling=is_sibling(self.pod, conflict.other),
                is_node=self._slots.rules.is_per_node(conflict.key),
            )
        labels = self._slots.base.node(name).node.labels
        for company in self.watch.company:
            if company.starts_alone and company.domains != {labels.get(company.key)}:  # A10
                return broken_slot(
                    is_sibling=is_sibling(self.pod, company.owner),
                    is_node=self._slots.rules.is_per_node(company.key),
                )
        return Refusal.UNPROVED if self._may_rob else None

    def domains(self, name: NodeName) -> Domains:
        node = self._slots.base.node(name).node
        return tuple(rule.domain(node) for rule in self.watch.spread)
