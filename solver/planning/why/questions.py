"""Which pods to ask about, so that each conflict is about as few workloads as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from networkx.utils import UnionFind

from solver.engine.budget import Budget
from solver.engine.explain import shrink
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.pod import Pod, PodAffinityTerm, SpreadConstraint, WorkloadKey, owner_of
from solver.model.selector import selects
from solver.model.snapshot import Snapshot
from solver.planning.why.fitting import fails, formulated
from solver.planning.why.slim import slim

_MOST_ALONE = 40
"""Classes of pods of which one is asked about alone."""
_MOST_QUESTIONS = 4


class Questions:
    """Sets of pods that are proved not to fit together, until those left over are explained."""

    def __init__(self, snapshot: Snapshot, config: SolveConfig, budget: Budget) -> None:
        self._snapshot = snapshot
        self._config = config
        self._budget = budget

    def failing(self, asked: Sequence[PodKey], left_over: Sequence[PodKey]) -> Iterator[tuple[PodKey, ...]]:
        """Pods that fit nowhere even alone first, by workload; then what fails together."""
        self._snapshot = slim(self._snapshot, asked)
        lonely = self._fail_alone(left_over)
        yield from self._by_owner(lonely)
        gone = set(lonely) | behind(self._snapshot, lonely, left_over)
        number = 0
        while number < _MOST_QUESTIONS and not self._budget.spent:
            rest = [key for key in asked if key not in gone]
            still = [key for key in left_over if key not in gone]
            if not still or not self._fails(rest):
                return
            question = self._smallest(rest, still)
            yield question
            explained = set(question) & set(still) or set(still)
            gone |= explained | behind(self._snapshot, explained, left_over)
            number += 1

    def _fails(self, keys: Sequence[PodKey]) -> bool:
        return fails(self._snapshot, keys, self._config, self._budget)

    def _fail_alone(self, left_over: Sequence[PodKey]) -> list[PodKey]:
        """One of each class is asked about: the others are alike to every rule."""
        problem = formulated(self._snapshot, left_over, self._config)
        failing: set[PodKey] = set()
        for pod_class in problem.classes[:_MOST_ALONE]:
            if self._fails([pod_class.sample.key]):
                failing |= {pod.key for pod in pod_class.members}
        return [key for key in left_over if key in failing]

    def _by_owner(self, keys: Iterable[PodKey]) -> Iterator[tuple[PodKey, ...]]:
        groups: dict[WorkloadKey, list[PodKey]] = {}
        for key in keys:
            groups.setdefault(owner_of(self._snapshot.pod_by_key[key]), []).append(key)
        return (tuple(members) for members in groups.values())

    def _smallest(self, rest: Sequence[PodKey], still: Sequence[PodKey]) -> tuple[PodKey, ...]:
        """Leave out workloads; those that one's rules count or need stay with it. Of the workloads of pods
        left over each is tried alone first."""
        groups = self._linked(rest)
        wanted = [group for group in groups if set(group) & set(still)]
        for group in wanted:
            if self._fails(_in_order(rest, [group])):
                return _in_order(rest, [group])
        unwanted = [group for group in groups if group not in wanted]
        shrunk = shrink(
            [*unwanted, *wanted],
            lambda kept: self._fails(_in_order(rest, kept)),
            self._budget.within(self._budget.left_s / 3),
        )
        return _in_order(rest, shrunk) if shrunk else tuple(rest)

    def _linked(self, keys: Sequence[PodKey]) -> list[tuple[PodKey, ...]]:
        owners = {key: owner_of(self._snapshot.pod_by_key[key]) for key in keys}
        samples = {owner: self._snapshot.pod_by_key[key] for key, owner in owners.items()}
        linked = UnionFind(samples)
        for owner, pod in samples.items():
            for other, candidate in samples.items():
                if other != owner and self._looks_at(pod, candidate):
                    linked.union(owner, other)
        groups: dict[WorkloadKey, list[PodKey]] = {}
        for key in keys:
            groups.setdefault(linked[owners[key]], []).append(key)
        return [tuple(members) for members in groups.values()]

    def _looks_at(self, pod: Pod, other: Pod) -> bool:
        """Its spread rules count the other, or its affinity may need it."""
        counted = pod.namespace == other.namespace and any(_picks(rule, other) for rule in pod.hard_spread)
        return counted or any(_picks(term, other) for term in pod.affinity)


def behind(snapshot: Snapshot, explained: Iterable[PodKey], left_over: Sequence[PodKey]) -> set[PodKey]:
    """W14: the explained, and pods that are only created after one of them."""
    reached = set(explained)
    grown = True
    while grown:
        before = len(reached)
        reached |= {key for key in left_over if snapshot.pod_by_key[key].created_after in reached}
        grown = len(reached) > before
    return reached


def _picks(rule: SpreadConstraint | PodAffinityTerm, other: Pod) -> bool:
    return selects(rule.selector, other.labels)


def _in_order(keys: Sequence[PodKey], groups: Iterable[tuple[PodKey, ...]]) -> tuple[PodKey, ...]:
    wanted = {key for group in groups for key in group}
    return tuple(key for key in keys if key in wanted)
