"""Groups: planned pods that may take each other's planned nodes.

Pods of one kind form one group if the rules between pods cannot tell their nodes apart, and kube-scheduler's
own filters keep more of them off each node than there is room for: because only pods of that kind are planned
on it, or because no more than planned can get there whatever else is missing still. Then, whichever node one
of them takes, the others find room on the rest. Two rules may tell nodes apart and still leave one group
(``_is_pool``). On any other node where several kinds are planned, the pods of each kind are a group of their
own and stay there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from extender.book.kinds import Kind
from extender.book.ledger import Fits, capacity, fits_alone
from extender.book.rules import Rules, Site, SpreadRule, Watch
from solver.model.names import NodeName, PodKey, TopologyKey
from solver.model.pod import Pod
from solver.scheduler.columns import BoolArray
from solver.scheduler.state import ClusterState


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
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
    """Nodes of other groups that are offered to this one, too."""

    @property
    def nodes(self) -> tuple[NodeName, ...]:
        """Every node on which somebody may count on room for a pod of this group."""
        return (*self.planned, *self.shared)


class Grouping:
    """Takes the planned pods apart into groups."""

    def __init__(
        self, kinds: tuple[Kind, ...], node_of: Mapping[PodKey, NodeName], rules: Rules, base: ClusterState
    ) -> None:
        self._kinds = kinds
        self._node_of = node_of
        self._rules = rules
        self._base = base
        self._planned_on: dict[NodeName, Counter[Kind]] = defaultdict(Counter)
        for kind in kinds:
            for pod in kind.pods:
                self._planned_on[node_of[pod.key]][kind] += 1
        self._domains: dict[tuple[Kind, TopologyKey], frozenset[str | None]] = {}

    def groups(self) -> Iterator[Group]:
        for kind in self._kinds:
            watch = self._rules.watch(kind.model, kind)
            yield from self._split(kind, watch, self._is_pool(kind, watch))

    def site(self, kind: Kind, watch: Watch, name: NodeName) -> Site:
        """Where the node stands to every rule that looks at the kind, and to the kind's own."""
        node = self._base.node(name)
        rules, keys = self._tellers(kind, watch)
        domains: list[Hashable] = [rule.places[node.index] for rule in rules]
        return (*domains, *(node.node.labels.get(key) for key in keys))

    def same_site(self, kind: Kind, watch: Watch, name: NodeName) -> BoolArray:
        """[N], nodes whose ``site`` is that of this node."""
        node = self._base.node(name)
        rules, keys = self._tellers(kind, watch)
        same = ~self._base.columns.none()
        for rule in rules:
            same &= rule.places.are(rule.places[node.index])
        for key in keys:
            same &= self._base.values_of(key).are(node.node.labels.get(key))
        return same

    def _tellers(self, kind: Kind, watch: Watch) -> tuple[Iterable[SpreadRule], Iterable[TopologyKey]]:
        """What tells nodes apart for the kind."""
        rules = list(watch.spread)
        keys = [company.key for company in watch.company]
        if len(kind.pods) > 1:
            rules += self._rules.own_spread(kind)
            keys += [term.topology_key for term in kind.model.affinity]
            keys += self._keys_apart(kind, watch)
        return dict.fromkeys(rules), dict.fromkeys(keys)

    def _split(self, kind: Kind, watch: Watch, is_pool: bool) -> Iterator[Group]:
        fits = fits_alone(kind.model, self._base)
        parts: dict[Hashable, list[Pod]] = defaultdict(list)
        for pod in kind.pods:
            name = self._node_of[pod.key]
            site = None if is_pool else self.site(kind, watch, name)
            parts[site, name if self._must_stay(kind, watch, name) else None].append(pod)
        for pods in parts.values():
            planned = tuple(dict.fromkeys(self._node_of[pod.key] for pod in pods))
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
        if any(self._must_stay(kind, watch, self._node_of[pod.key]) for pod in kind.pods):
            return False
        own, keys = self._rules.own_spread(kind), set(self._keys_apart(kind, watch))
        if not watch.spread:
            return not own and len(keys) <= 1
        counts_only_these = len(own) == 1 and self._rules.covered_by(own[0]) == [kind]
        return not keys and list(watch.spread) == own and counts_only_these

    def most(self, kind: Kind, watch: Watch, name: NodeName) -> int:
        """How many pods of the kind the filters could let on the node if nobody else came."""
        labels = self._base.node(name).node.labels
        if any(conflict.other is kind and conflict.key in labels for conflict in watch.conflicts):
            return 1  # A7; a node without the key keeps nobody apart (A11)
        return min(len(kind.pods), capacity(kind.model, self._base, name))

    def _must_stay(self, kind: Kind, watch: Watch, name: NodeName) -> bool:
        """Must the kind's pods on this node keep it?

        So it is when more of the kind than planned could get there before others do, or when it matters who
        comes first.
        """
        planned = self._planned_on[name]
        if kind.pinned or self._holds_in_one_order(watch, kind, name):
            return True
        return len(planned) > 1 and self.most(kind, watch, name) > planned[kind]

    def _holds_in_one_order(self, watch: Watch, kind: Kind, name: NodeName) -> bool:
        """Does the plan put the kind here in spite of pods it may not meet? They have to come in order then.

        Only a rule that binds one side can be met like that (A18).
        """
        labels = self._base.node(name).node.labels
        return any(
            conflict.other is not kind
            and conflict.key in labels
            and labels[conflict.key] in self._planned_in(conflict.other, conflict.key)
            for conflict in watch.conflicts
        )

    def _planned_in(self, kind: Kind, key: TopologyKey) -> frozenset[str | None]:
        if (kind, key) not in self._domains:
            nodes = (self._base.node(self._node_of[pod.key]).node for pod in kind.pods)
            self._domains[kind, key] = frozenset(node.labels.get(key) for node in nodes)
        return self._domains[kind, key]

    def _keys_apart(self, kind: Kind, watch: Watch) -> list[TopologyKey]:
        """Keys by which the kind's pods avoid each other; node by node is a matter of room, not of sites."""
        return [
            conflict.key
            for conflict in watch.conflicts
            if conflict.other is kind and not self._rules.is_per_node(conflict.key)
        ]
