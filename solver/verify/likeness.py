"""Which planned pods are alike: to the rules that depend on the order, or to every rule.

Names and uids never matter to a filter, and labels only if some selector reads them. Nothing here
knows where pods stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter

from frozendict import frozendict

from solver.model.names import PodKey, TopologyKey
from solver.model.pod import ClaimUse, Pod, PodAffinityTerm, SpreadConstraint, WeightedPodAffinityTerm
from solver.model.selector import LabelSelector, selects
from solver.model.snapshot import Snapshot
from solver.verify.claims import Binding, binding, owns


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Pods that hard spread and required affinity (T, A) treat alike wherever the domains are alike.

    Compared by identity; ``Likeness`` makes one for each.
    """

    namespace: str
    labels: frozendict[str, str]
    """Only those that some selector reads."""
    spread: tuple[SpreadConstraint, ...]
    affinity: tuple[PodAffinityTerm, ...]
    keys: tuple[TopologyKey, ...]
    """Topology keys these rules name."""

    def heeds(self, other: Group) -> bool:
        """Can a pod of ``other`` change what these rules say about a pod of this group?"""
        if self.namespace == other.namespace and any(selects(c.selector, other.labels) for c in self.spread):
            return True
        return any(selects(t.selector, other.labels) for t in self.affinity)


_OF_ONE_POD = {"key", "name", "uid", "labels", "ordinal", "created_after", "source", "claims"}
_NAMELESS = attrgetter(*(field.name for field in fields(Pod) if field.name not in _OF_ONE_POD))
"""All that is left of a pod without what only names it, its labels and its claims."""


class Likeness:
    """Groups, and the finer kinds: pods of one kind may trade places without any rule or score noticing."""

    def __init__(self, snapshot: Snapshot, pods: Iterable[Pod]) -> None:
        self._snapshot = snapshot
        self._read_labels = frozenset(_label_keys(snapshot.pods))
        self._claimants = Counter(use.claim for pod in snapshot.pods for use in pod.claims)
        self._set_aside = {(v.claim_ref.namespace, v.claim_ref.name) for v in snapshot.volumes if v.claim_ref}
        self._groups: dict[Hashable, Group] = {}
        self._kinds: dict[Hashable, int] = {}
        self.group_of: dict[PodKey, Group] = {}
        self.kind_of: dict[PodKey, int] = {}
        for pod in pods:
            self._file(pod)

    def _file(self, pod: Pod) -> None:
        labels = frozendict({k: v for k, v in pod.labels.items() if k in self._read_labels})
        keys = [c.topology_key for c in pod.hard_spread] + [t.topology_key for t in pod.affinity]
        group = Group(pod.namespace, labels, pod.hard_spread, pod.affinity, tuple(dict.fromkeys(keys)))
        rules = (pod.namespace, labels, pod.hard_spread, pod.affinity)
        inclusion = (pod.node_selector, pod.required_nodes, pod.tolerations)  # T4
        claims = tuple(self._claim_likeness(pod, use) for use in pod.claims)
        self.group_of[pod.key] = self._groups.setdefault((*rules, *inclusion), group)
        self.kind_of[pod.key] = self._kinds.setdefault((_NAMELESS(pod), labels, claims), len(self._kinds))

    def _claim_likeness(self, pod: Pod, use: ClaimUse) -> Hashable:
        """A claim that is one pod's own and open to any volume is as good as another of the same wording."""
        claim = self._snapshot.claim_by_key.get(use.claim)
        open_to_any = (
            claim is not None
            and claim.selected_node is None
            and not claim.deleting
            and binding(self._snapshot, claim) is Binding.DELAYED
            and self._claimants[use.claim] == 1
            and (claim.namespace, claim.name) not in self._set_aside
            and owns(pod, use, claim)
        )
        if claim is None or not open_to_any:
            return use
        wording = (claim.storage_class, claim.access_modes, claim.request_milli, claim.volume_mode)
        return (*wording, claim.selector, claim.attributes_class, claim.phase)


def _label_keys(pods: Sequence[Pod]) -> Iterator[str]:
    for selector in _selectors(pods):
        if selector is not None:
            yield from (requirement.key for requirement in selector.requirements)


def _selectors(pods: Sequence[Pod]) -> Iterator[LabelSelector | None]:
    """Each list of rules once where pods of one template share it."""
    lists: dict[int, Sequence[SpreadConstraint | PodAffinityTerm | WeightedPodAffinityTerm]] = {
        id(rules): rules
        for pod in pods
        for rules in (
            pod.spread,
            pod.affinity,
            pod.anti_affinity,
            pod.preferred_affinity,
            pod.preferred_anti_affinity,
        )
        if rules
    }
    for rule in chain.from_iterable(lists.values()):
        yield rule.term.selector if isinstance(rule, WeightedPodAffinityTerm) else rule.selector
