"""Which pods are interchangeable: same needs, same rules, and seen alike by the rules of everybody else.

Where the pods may go is not looked at here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from frozendict import frozendict

from solver.model.names import ClaimKey, PodKey
from solver.model.pod import Pod, PodAffinityTerm, SpreadConstraint
from solver.model.selector import LabelSelector
from solver.model.snapshot import Snapshot
from solver.model.storage import READ_WRITE_ONCE, READ_WRITE_ONCE_POD, Claim
from solver.scheduler.volume_book import VolumeBook


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """Interchangeable pods, in the order they were given. Compared by identity."""

    pods: tuple[Pod, ...]
    pinned: bool
    """Its pods cannot trade places: which volume each takes or shares depends on who comes first."""

    @property
    def model(self) -> Pod:
        return self.pods[0]


class KindBook:
    """Sorts pods of one snapshot into kinds."""

    def __init__(self, snapshot: Snapshot, volumes: VolumeBook) -> None:
        """``volumes`` are those of the snapshot."""
        self._snapshot = snapshot
        self._volumes = volumes
        self._users: Counter[ClaimKey] = Counter(
            claim
            for pod in snapshot.pods
            if pod.claims and not pod.is_terminal
            for claim in {use.claim for use in pod.claims}
        )

    def kinds(self, pods: Iterable[Pod]) -> tuple[Kind, ...]:
        alike: dict[Hashable, list[Pod]] = defaultdict(list)
        for pod in pods:
            alike[self.needs(pod)].append(pod)
        return tuple(Kind(pods=tuple(same), pinned=self._is_pinned(same[0])) for same in alike.values())

    def needs(self, pod: Pod) -> Hashable:
        """Everything a rule may ask about the pod, apart from its name."""
        anonymous = replace(
            pod,
            key=PodKey(""),
            name="",
            uid="",
            labels=frozendict({k: v for k, v in pod.labels.items() if k in self._selected_keys}),
            owner=None,
            workload=None,
            ordinal=None,
            created_after=None,
            from_manifest=False,
            source="",
            nominated_node=None,
            claims=(),
            images=(),
        )
        return anonymous, tuple(self._claim_needs(use.claim) for use in pod.claims)

    def _claim_needs(self, key: ClaimKey) -> Hashable:
        claim = self._snapshot.claim_by_key.get(key)
        if claim is None:
            return key
        return replace(claim, key=ClaimKey(""), name="", uid="", owner=None, from_template=False)

    @cached_property
    def _selected_keys(self) -> frozenset[str]:
        """Label keys some rule of some pod asks about; other labels make no difference."""
        rules = {
            id(rules): rules
            for pod in self._snapshot.pods
            for rules in (pod.spread, pod.affinity, pod.anti_affinity)
            if rules
        }  # pods of one template share their lists
        return frozenset(
            requirement.key
            for selector in chain.from_iterable(map(_selectors, rules.values()))
            if selector is not None
            for requirement in selector.requirements
        )

    def depends_on_order(self, key: ClaimKey) -> bool:
        """V9, V36, V44: of several users of this claim, whoever comes first decides for the others.

        Not so for a volume that many nodes may use at once.
        """
        claim = self._snapshot.claim_by_key.get(key)
        single = {READ_WRITE_ONCE, READ_WRITE_ONCE_POD}
        return claim is None or not claim.is_bound or bool(single & set(claim.access_modes))

    def _is_pinned(self, pod: Pod) -> bool:
        for use in pod.claims:
            claim = self._snapshot.claim_by_key.get(use.claim)
            shared = self._users[use.claim] > 1 and self.depends_on_order(use.claim)
            if claim is None or shared or self._is_static(claim):
                return True
        return False

    def _is_static(self, claim: Claim) -> bool:
        """V28-V33: an unbound claim that may take an existing volume takes it from others."""
        if claim.is_bound:
            return False
        return claim.storage_class in self._classes_with_free_volumes or bool(
            self._volumes.reserved_for(claim)
        )

    @cached_property
    def _classes_with_free_volumes(self) -> frozenset[str]:
        return frozenset(v.storage_class for v in self._snapshot.volumes if v.claim_ref is None)


def _selectors(
    rules: tuple[SpreadConstraint, ...] | tuple[PodAffinityTerm, ...],
) -> Iterator[LabelSelector | None]:
    """Soft spread is no rule."""
    for rule in rules:
        if isinstance(rule, PodAffinityTerm) or rule.hard:
            yield rule.selector
