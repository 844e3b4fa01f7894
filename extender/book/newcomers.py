"""Pods that cannot use a slot: not in the snapshot, not placed, or cut off from their nodes by the request.

Such a pod is planned as new, on top of everything planned. On nodes nobody counts on there is
nothing to keep book of. Otherwise it is given *one* node, and room there is set aside for it, so that pods
that come one after the other cannot add up to more than the node holds. That is the only memory between
requests; it never changes the answer for a pod with a slot it can use, and a pod that asks again gets the
same node.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from extender.book.groups import Group
from extender.book.ledger import Fits, fits_alone
from extender.book.rules import SpreadRule, Watch
from extender.book.slots import Slots, room_left
from extender.book.verdicts import Refusal, broken_slot, is_sibling, room_refusal
from solver.model.names import NodeName, PodKey
from solver.model.node import Node
from solver.model.pod import Pod
from solver.scheduler.volume_binder import delayed_claims, reaches

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
        """The pod as a new one; of these nodes, those it is refused. Sets room aside where that is needed.

        Nodes that do not suit the pod as far as the snapshot knows come into play when there is no other:
        kube-scheduler has just let them pass, so the snapshot is out of date there, and without us the pod
        would go there.
        """
        newcomer = _Newcomer(pod, self._slots)
        refused = {name: refusal for name in nodes if (refusal := newcomer.obstacle(name)) is not None}
        allowed = {name: newcomer.fits(name) for name in nodes if name not in refused}
        suiting = [name for name, suits in allowed.items() if suits]
        others = [name for name, suits in allowed.items() if not suits]
        kept = self._keep(newcomer, suiting, refused)
        if not kept:
            kept = self._keep(newcomer, [n for n in others if not newcomer.holders(n)], refused)
        for name in others:
            if name not in kept:
                holders = newcomer.holders(name)
                refused.setdefault(name, room_refusal(pod, holders) if holders else Refusal.UNFIT)
        return refused

    def _keep(
        self, newcomer: _Newcomer, nodes: Sequence[NodeName], refused: dict[NodeName, Refusal]
    ) -> Sequence[NodeName]:
        """The nodes the pod may have; the rest of them join ``refused``."""
        places: dict[Domains, list[NodeName]] = defaultdict(list)
        for name in nodes:
            places[newcomer.domains(name)].append(name)
        kept: Sequence[NodeName] = ()
        for domains in self._in_order(newcomer, places):
            blocked = self._full_rule(newcomer, domains)
            if blocked is not None:
                refused |= dict.fromkeys(places[domains], self._domain_refusal(newcomer.pod, blocked))
            elif not kept:
                kept = self._take(newcomer, domains, places[domains])
        unused = (name for name in nodes if name not in kept and name not in refused)
        refused |= {name: self._unused(newcomer, name) for name in unused}
        return kept

    def reseat(self, pod: Pod, group: Group, nodes: Sequence[NodeName]) -> NodeName | None:
        """Another node for a pod whose own are not in the request; one no rule can tell from them."""
        seat = self._seats.get(pod.key)
        if seat is not None and seat.node in nodes:
            return seat.node
        known = [n for n in nodes if n in self._slots.snapshot.node_by_name]
        for name in self._emptiest(known):
            if self._slots.is_shareable(group, name, 1):
                return name if self._promise(pod, _Seat(node=name)) else None
        return None

    def disturb(self, pod: Pod, name: NodeName) -> bool:
        """A pod came to a node without having been let in: could a slot be lost by that?"""
        if name not in self._slots.snapshot.node_by_name or pod.key in self._seats:
            return False
        newcomer = _Newcomer(pod, self._slots)
        domains = newcomer.domains(name)
        if newcomer.obstacle(name) is not None or self._full_rule(newcomer, domains) is not None:
            return True
        if newcomer.holders(name) and not self._slots.ledger.takes(pod, name):
            return True
        return not self._promise(pod, _Seat(rules=newcomer.watch.spread, domains=domains, node=name))

    def _in_order(self, newcomer: _Newcomer, places: Mapping[Domains, Sequence[NodeName]]) -> list[Domains]:
        """The domains promised before come first, then those with the fewest pods."""
        seat = self._seats.get(newcomer.pod.key, _Seat())

        def order(domains: Domains) -> tuple[bool, int, str]:
            counts = [
                rule.counts.get(d, 0) + self._counted[rule][d]
                for rule, d in zip(newcomer.watch.spread, domains, strict=True)
                if d is not None
            ]
            is_new = domains != seat.domains or newcomer.watch.spread != seat.rules
            return is_new, sum(counts), str(domains)

        return sorted(places, key=order)

    def _full_rule(self, newcomer: _Newcomer, domains: Domains) -> SpreadRule | None:
        """The rule that would lose a planned pod its domain if one more pod came there (J4)."""
        seat = self._seats.get(newcomer.pod.key, _Seat())
        for rule, domain in zip(newcomer.watch.spread, domains, strict=True):
            if domain is None:
                continue
            itself = (rule, domain) in zip(seat.rules, seat.domains, strict=True)
            if not rule.takes_one_more(domain, self._counted[rule][domain] - itself):
                return rule
        return None

    def _take(self, newcomer: _Newcomer, domains: Domains, names: Sequence[NodeName]) -> Sequence[NodeName]:
        """Nodes of one place the pod may have: all that nobody counts on, or one with room to spare."""
        pod = newcomer.pod
        seat = _Seat(rules=newcomer.watch.spread, domains=domains)
        free = [name for name in names if not newcomer.holders(name)]
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
        holders = newcomer.holders(name)
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
        self.fits: Fits = fits_alone(replace(pod, claims=known), slots.base)
        self._shares_claims = any(
            slots.users.get(use.claim, set()) - {pod.key} and slots.kind_book.depends_on_order(use.claim)
            for use in pod.claims
        )
        self._knows_claims = len(known) == len(pod.claims)
        self._open_claims = delayed_claims(replace(pod, claims=known), slots.base.volumes)

    def holders(self, name: NodeName) -> list[Group]:
        """Who counts on the node, apart from a slot the pod has itself but cannot use as it is now."""
        claims = self._slots.claimed.get(name, ())
        return [group for group in claims if any(pod.key != self.pod.key for pod in group.pods)]

    def obstacle(self, name: NodeName) -> Refusal | None:
        """What keeps the pod off the node, whatever room there is."""
        if name not in self._slots.snapshot.node_by_name:
            return Refusal.NOT_KNOWN
        conflict = self._slots.conflict(self.watch, name)
        if conflict is not None:
            return broken_slot(
                is_sibling=is_sibling(self.pod, conflict.other),
                is_node=self._slots.rules.is_per_node(conflict.key),
            )
        node = self._slots.base.node(name).node
        for company in self.watch.company:
            if company.starts_alone and company.domains != {node.labels.get(company.key)}:  # A10
                return broken_slot(
                    is_sibling=is_sibling(self.pod, company.owner),
                    is_node=self._slots.rules.is_per_node(company.key),
                )
        return Refusal.UNPROVED if self._shares_claims or self._may_rob(node) else None

    def _may_rob(self, node: Node) -> bool:
        """Could the pod be given a volume here that a planned pod counts on (V29)? A claim we do not know
        could."""
        if not self._knows_claims and self._slots.planned_volumes:
            return True
        volumes = (
            v for claim in self._open_claims for v in self._slots.base.volumes.unclaimed(claim, node.labels)
        )
        return any(v.name in self._slots.planned_volumes and reaches(v, node) for v in volumes)

    def domains(self, name: NodeName) -> Domains:
        node = self._slots.base.node(name).node
        return tuple(rule.domain(node) for rule in self.watch.spread)
