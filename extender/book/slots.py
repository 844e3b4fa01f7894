"""Which nodes each planned pod may take so that every other one keeps its slot, whatever anybody chooses.

Made in plan order and without any search. A pod may take

1. the planned nodes of its group (``groups``);
2. *shared* nodes: nodes other groups count on, added when all pods of the group that could go there fit on
   top of everybody who could be there already (``Ledger``), and no rule between pods can tell the
   difference. At most ``shared_nodes`` per group, one per round, so that early pods do not take all;
3. *open* nodes, on which nobody counts, as long as no rule between pods can tell the pod there from one on
   its planned node. Nothing is set aside there: a pod that finds it full still has its own.

What is refused may still be harmless: this errs to one side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice

import numpy as np
from frozendict import frozendict

from extender.book.groups import Group, Grouping
from extender.book.kinds import Kind, KindBook
from extender.book.ledger import Ledger
from extender.book.roster import Roster
from extender.book.rules import Conflict, Rules, Watch
from solver.model.names import ZONE, ClaimKey, NodeName, PodKey, TopologyKey, VolumeName
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.state import ClusterState
from solver.scheduler.sums import sums

_UNLIMITED = 2**62
EXAMINED = 32
"""Nodes looked at for each group, over all rounds; bounds the work on large clusters."""


class Slots:
    """The slots of one plan. Fixed once made, but for what newcomers enter in the ledger."""

    def __init__(
        self,
        snapshot: Snapshot,
        placement: Placement,
        shared_nodes: int,
        base: ClusterState | None = None,
        roster: Roster | None = None,
    ) -> None:
        """A ``base`` that is the state of this snapshot spares making one; it must not change any more. So
        does a ``roster`` of its nodes."""
        self.snapshot = snapshot
        self.node_of: Mapping[PodKey, NodeName] = placement.node_of
        self.base = base or ClusterState.of(snapshot)
        """What runs now."""
        self.final = self.base.fork()
        self.final.become(placement.assignments)
        """What runs, and every planned pod on its planned node."""
        self.kind_book = KindBook(snapshot, self.base.volumes)
        kinds = self.kind_book.kinds(snapshot.pod_by_key[a.pod] for a in placement.assignments)
        self.rules = Rules(kinds, self.node_of, self.base, self.final)
        self.ledger = Ledger(snapshot, self.base.fork())
        self.users: dict[ClaimKey, set[PodKey]] = defaultdict(set)
        """Planned pods by claim."""
        for pod in (pod for kind in kinds for pod in kind.pods):
            for use in pod.claims:
                self.users[use.claim].add(pod.key)
        self.planned_volumes = frozenset(_newly_taken(snapshot, self.final))
        """Free volumes that planned pods will have taken once all are there (V36)."""
        self.roster = roster or Roster(node.name for node in snapshot.nodes)
        self.claimed: dict[NodeName, list[Group]] = {}
        """Which groups count on a node."""
        self._domains: dict[tuple[Kind, TopologyKey], dict[str, set[Group]]] = {}
        self._room: dict[frozendict[str, int] | None, IntArray] = {}
        """By requests of the newcomer."""
        self._grouping = Grouping(kinds, self.node_of, self.rules, self.base)
        self.groups = tuple(self._grouping.groups())
        self.group_of = {pod.key: group for group in self.groups for pod in group.pods}
        for group in self.groups:
            for name in group.planned:
                self._claim(group, name)
        self._share(shared_nodes)

    def conflict(self, watch: Watch, name: NodeName, group: Group | None = None) -> Conflict | None:
        """A7, A8: a pod counts on the node's domain that may not share it with this one."""
        labels = self.base.node(name).node.labels
        for conflict in watch.conflicts:
            domain = labels.get(conflict.key)
            if domain is not None and self._standing(conflict).get(domain, set()) - {group}:
                return conflict
        return None

    def in_conflict(self, conflict: Conflict, group: Group) -> BoolArray:
        """[N], nodes in domains on which a pod counts that may not share them with the group's."""
        standing = self._standing(conflict).items()
        taken = [domain for domain, groups in standing if groups - {group}]
        return self.base.columns.carrying(conflict.key, taken)

    def harmless(self, group: Group) -> BoolArray:
        """[N], nodes where no rule between pods, and no volume, can tell a pod of the group from one on its
        planned node."""
        if group.kind.pinned:
            return self.base.columns.none()
        alike = ~self.base.columns.none()
        if not group.is_pool:
            alike = self._grouping.same_site(group.kind, group.watch, group.planned[0])
        for conflict in group.watch.conflicts:
            alike &= ~self.in_conflict(conflict, group)
        return alike

    def room(self, newcomer: Pod | None = None) -> IntArray:
        """[N], ``room_left`` on every node once everything planned has come."""
        key = newcomer.requests if newcomer is not None else None
        if key not in self._room:
            self._room[key] = self._room_after(newcomer)
        return self._room[key].copy()

    def _room_after(self, newcomer: Pod | None) -> IntArray:
        taken, columns = sums(self.final), self.final.columns
        wanted = newcomer.requests if newcomer is not None else {}
        least: IntArray = np.full(len(self.roster), _UNLIMITED, dtype=np.int64)
        for resource in ("cpu", "memory"):
            total = columns.allocatable(resource)
            left = total - taken.requested(resource) - wanted.get(resource, 0)
            share = 1000 * left // np.where(total > 0, total, 1)
            least = np.where(total > 0, np.minimum(least, share), least)
        return np.where(least == _UNLIMITED, 0, least).astype(np.int64)

    def is_shareable(self, group: Group, name: NodeName, copies: int) -> bool:
        """Is there room for so many pods of the group on a node others count on, and no rule against it?"""
        has_room = self.ledger.takes(group.kind.model, name, copies)
        return has_room and self._is_harmless(group, name) and group.fits(name)

    def _is_harmless(self, group: Group, name: NodeName) -> bool:
        """Can no rule between pods, and no volume, tell a pod of the group here from one on its planned
        node?"""
        return (
            not group.kind.pinned
            and (group.is_pool or self._grouping.site(group.kind, group.watch, name) == group.site)
            and self.conflict(group.watch, name, group) is None
        )

    def _share(self, rounds: int) -> None:
        emptiest = sorted(self.claimed, key=lambda name: (-room_left(self.final, name), name))
        in_zone: dict[str | None, list[NodeName]] = defaultdict(list)
        for name in emptiest:
            in_zone[self._zone(name)].append(name)
        offers = {
            group: self._offers(group, chain(in_zone[self._zone(group.planned[0])], emptiest))
            for group in self.groups
            if not group.kind.pinned
        }
        for _ in range(rounds):
            for group, offer in list(offers.items()):
                found = next(offer, None)
                if found is None:
                    del offers[group]
                else:
                    group.shared.append(found)
                    self._claim(group, found)

    def _zone(self, name: NodeName) -> str | None:
        """Most rules that tell nodes apart do it by zone, so the pod's own is looked through first."""
        return self.base.node(name).node.labels.get(ZONE)

    def _offers(self, group: Group, names: Iterable[NodeName]) -> Iterator[NodeName]:
        for name in islice(dict.fromkeys(names), EXAMINED):
            if name in group.nodes or not self.ledger.takes(group.kind.model, name):
                continue  # most nodes are full, which is soon told
            if self.is_shareable(group, name, self._most(group, name)):
                yield name

    def _claim(self, group: Group, name: NodeName) -> None:
        self.claimed.setdefault(name, []).append(group)
        self.ledger.enter(group.kind.model, name, self._most(group, name))
        labels = self.base.node(name).node.labels
        for (kind, key), domains in self._domains.items():
            if kind is group.kind and key in labels:
                domains[labels[key]].add(group)

    def _most(self, group: Group, name: NodeName) -> int:
        """How many pods of the group may come to the node."""
        return min(len(group.pods), max(1, self._grouping.most(group.kind, group.watch, name)))

    def _standing(self, conflict: Conflict) -> dict[str, set[Group]]:
        """Domains of the key in which groups of the other kind count on a node."""
        known = self._domains.get((conflict.other, conflict.key))
        if known is None:
            known = defaultdict(set)
            for group in (g for g in self.groups if g.kind is conflict.other):
                for name in group.nodes:
                    domain = self.base.node(name).node.labels.get(conflict.key)
                    if domain is not None:
                        known[domain].add(group)
            self._domains[conflict.other, conflict.key] = known
        return known


def _newly_taken(snapshot: Snapshot, final: ClusterState) -> Iterator[VolumeName]:
    for volume in snapshot.volumes:
        then = final.volumes.volume(volume.name)
        if volume.claim_ref is None and then is not None and then.claim_ref is not None:
            yield volume.name


def room_left(state: ClusterState, name: NodeName, newcomer: Pod | None = None) -> int:
    """The smaller of the shares of cpu and memory nobody has asked for, in thousandths; may be negative."""
    node = state.node(name)
    wanted = newcomer.requests if newcomer is not None else {}
    shares = [
        1000 * (total - node.requested.get(resource, 0) - wanted.get(resource, 0)) // total
        for resource in ("cpu", "memory")
        if (total := node.node.allocatable.get(resource, 0)) > 0
    ]
    return min(shares, default=0)
