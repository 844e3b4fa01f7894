"""Which nodes each planned pod may take so that every other planned pod keeps its slot, whatever anybody
chooses.

How it is made, in plan order and without any search:

1. A *group* is a set of interchangeable pods that may take each other's planned nodes. Pods of one kind form
one
   group if the rules between pods cannot tell their nodes apart, and only pods of that kind are planned on
   them: then kube-scheduler's own filters never let more of them on a node than there is room for, and
   whichever node one of them takes, the others find room on the rest. Two rules may tell nodes apart and
   still leave one group (`_is_pool`). On a node where several kinds are planned, the pods of each kind are a
   group of their own and stay there.
2. *Shared* nodes: a node that other groups count on is added to a group when all its pods that could go there
fit on
   top of everybody who could be there already (``Ledger``), and no rule between pods can tell the difference.
   At most ``shared_nodes`` per group, one per round, so that early pods do not take all.
3. *Open* nodes, on which nobody counts, may be used by any pod that the rules between pods cannot tell from
one on its
   planned node. Nothing is set aside there: a pod that finds it full still has its own.

Every pod's planned node stays among its nodes. What is refused here may still be harmless: this errs to one
side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from extender.kinds import Kind, KindBook
from extender.ledger import Fits, Ledger, capacity, fits_alone
from extender.rules import Conflict, Rules, Site, Watch
from solver.model.names import ZONE, NodeName, PodKey, TopologyKey
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.state import ClusterState

EXAMINED = 32
"""Nodes looked at for each group, over all rounds; bounds the work on large clusters."""


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
    """Planned pods that may take each other's nodes."""

    kind: Kind
    watch: Watch
    pods: tuple[Pod, ...]
    planned: tuple[NodeName, ...]
    """The nodes the plan gives them, each once, in plan order."""
    site: Site
    is_pool: bool
    """Sites do not matter: see ``_is_pool``."""
    fits: Fits
    """The filters that look at no other pending pod, against what runs."""
    shared: list[NodeName] = field(default_factory=list)

    @property
    def nodes(self) -> tuple[NodeName, ...]:
        """Every node somebody must leave room on for a pod of this group."""
        return (*self.planned, *self.shared)


class Slots:
    """The slots of one plan. Not changed once made."""

    def __init__(self, snapshot: Snapshot, placement: Placement, shared_nodes: int) -> None:
        self.snapshot = snapshot
        self.node_of: Mapping[PodKey, NodeName] = placement.node_of
        self.base = ClusterState.of(snapshot)
        """What runs now."""
        self.final = ClusterState.of(snapshot)
        """What runs, and every planned pod on its planned node."""
        planned = [snapshot.pod_by_key[a.pod] for a in placement.assignments]
        for pod in planned:
            self.final.add(pod, self.node_of[pod.key])
        self.kind_book = KindBook(snapshot)
        kinds = self.kind_book.kinds(planned)
        self.has_pinned = any(kind.pinned for kind in kinds)
        self.rules = Rules(kinds, self.node_of, self.base, self.final)
        self.ledger = Ledger(snapshot)
        self.claimed: dict[NodeName, list[Group]] = defaultdict(list)
        """Which groups count on a node."""
        self._kinds_on: dict[NodeName, set[Kind]] = defaultdict(set)
        for kind in kinds:
            for pod in kind.pods:
                self._kinds_on[self.node_of[pod.key]].add(kind)
        self._domains: dict[tuple[Kind, TopologyKey], dict[str, set[Group]]] = {}
        self._groups_of: dict[Kind, list[Group]] = defaultdict(list)
        self.groups = tuple(group for kind in kinds for group in self._groups(kind))
        self.group_of = {pod.key: group for group in self.groups for pod in group.pods}
        for group in self.groups:
            self._groups_of[group.kind].append(group)
            for name in group.planned:
                self._claim(group, name)
        self._share(shared_nodes)

    def site(self, kind: Kind, watch: Watch, name: NodeName) -> Site:
        """Where the node stands to every rule that looks at the kind, and to the kind's own."""
        node = self.base.node(name).node
        own = self.rules.own_spread(kind) if len(kind.pods) > 1 else ()
        parts: list[Hashable] = [rule.domain(node) for rule in dict.fromkeys((*watch.spread, *own))]
        keys = [company.key for company in watch.company]
        keys += self._own_keys(kind, watch)
        if len(kind.pods) > 1:
            keys += [term.topology_key for term in kind.model.affinity]
        parts += [node.labels.get(key) for key in dict.fromkeys(keys)]
        return tuple(parts)

    def may_share_site(self, group: Group, name: NodeName) -> bool:
        return group.is_pool or self.site(group.kind, group.watch, name) == group.site

    def conflict(self, watch: Watch, name: NodeName, group: Group | None = None) -> Conflict | None:
        """A7, A8: a pod counts on the node's domain that may not share it with this one."""
        labels = self.base.node(name).node.labels
        for conflict in watch.conflicts:
            domain = labels.get(conflict.key)
            if domain is not None and self._standing(conflict).get(domain, set()) - {group}:
                return conflict
        return None

    def is_open(self, group: Group, name: NodeName) -> bool:
        """May a pod of the group use this node, on which nobody counts?"""
        return (
            name not in self.claimed
            and not group.kind.pinned
            and self.may_share_site(group, name)
            and self.conflict(group.watch, name, group) is None
            and group.fits(name)
        )

    def is_shareable(self, group: Group, name: NodeName, copies: int) -> bool:
        """Is there room for so many pods of the group on a node others count on, and no rule against it?"""
        return (
            not group.kind.pinned
            and self.ledger.takes(group.kind.model, name, copies)
            and self.may_share_site(group, name)
            and self.conflict(group.watch, name, group) is None
            and group.fits(name)
        )

    def _groups(self, kind: Kind) -> Iterator[Group]:
        watch = self.rules.watch(kind.model, kind)
        fits = fits_alone(kind.model, self.base)
        is_pool = self._is_pool(kind, watch)
        parts: dict[Hashable, list[Pod]] = defaultdict(list)
        for pod in kind.pods:
            name = self.node_of[pod.key]
            stays = kind.pinned or len(self._kinds_on[name]) > 1
            site = None if is_pool else self.site(kind, watch, name)
            parts[site, name if stays else None].append(pod)
        for pods in parts.values():
            planned = tuple(dict.fromkeys(self.node_of[pod.key] for pod in pods))
            yield Group(
                kind=kind,
                watch=watch,
                pods=tuple(pods),
                planned=planned,
                site=self.site(kind, watch, planned[0]),
                is_pool=is_pool,
                fits=fits,
            )

    def _is_pool(self, kind: Kind, watch: Watch) -> bool:
        """May all pods of the kind take each other's nodes although one rule tells these apart?

        True for the two common cases, in which any order of choices that kube-scheduler's filters allow
        leaves every later pod a node among theirs:

        - one hard spread constraint, which counts these pods and nobody else: if none of them could move on,
        the
          emptiest domain would be full, so at least as full as planned, and the others no fuller than J4 lets
          them be;
        - no hard spread constraint, and anti-affinity to their own kind: each domain takes one pod, whichever
        it is.
        """
        if kind.pinned or len(kind.pods) == 1 or watch.company or kind.model.affinity:
            return False
        if any(len(self._kinds_on[self.node_of[pod.key]]) > 1 for pod in kind.pods):
            return False
        keys = set(self._own_keys(kind, watch))
        own = self.rules.own_spread(kind)
        if not watch.spread:
            return not own and len(keys) <= 1
        return (
            not keys
            and list(watch.spread) == own
            and len(own) == 1
            and self.rules.covered_by(own[0]) == [kind]
        )

    def _own_keys(self, kind: Kind, watch: Watch) -> list[TopologyKey]:
        """Keys by which the kind's pods avoid each other; node by node is a matter of room, not of sites."""
        return [
            conflict.key
            for conflict in watch.conflicts
            if conflict.other is kind and not self.rules.is_per_node(conflict.key)
        ]

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
            if name not in group.nodes and self.is_shareable(group, name, self._most(group, name)):
                yield name

    def _claim(self, group: Group, name: NodeName) -> None:
        self.claimed[name].append(group)
        self.ledger.enter(group.kind.model, name, self._most(group, name))
        labels = self.base.node(name).node.labels
        for (kind, key), domains in self._domains.items():
            if kind is group.kind and key in labels:
                domains[labels[key]].add(group)

    def _most(self, group: Group, name: NodeName) -> int:
        """How many pods of the group the filters could let on the node if nobody else came."""
        labels = self.base.node(name).node.labels
        if any(c.other is group.kind and c.key in labels for c in group.watch.conflicts):
            return 1  # A7; a node without the key keeps nobody apart (A11)
        return min(len(group.pods), max(1, capacity(group.kind.model, self.base, name)))

    def _standing(self, conflict: Conflict) -> dict[str, set[Group]]:
        """Domains of the key in which groups of the other kind count on a node."""
        known = self._domains.get((conflict.other, conflict.key))
        if known is None:
            known = defaultdict(set)
            for group in self._groups_of[conflict.other]:
                for name in group.nodes:
                    domain = self.base.node(name).node.labels.get(conflict.key)
                    if domain is not None:
                        known[domain].add(group)
            self._domains[conflict.other, conflict.key] = known
        return known


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
