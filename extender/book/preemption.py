"""Which evictions are worth it (A6): those after which the pod *and* the rest of its workload find places,
and nobody loses a slot; of these, those that leave places for as many as can be of the others that wait and
are no less urgent.

kube-scheduler's dry run looks at the pod alone. A candidate for which this cannot be shown in time is not
kept: an eviction is never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from extender.book.cohort import coupled
from extender.book.plans import Plan
from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Question, Verdict
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.scheduler.framework import check, choose
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Status

Victims = Mapping[NodeName, Sequence[str]]
"""By candidate node: uids of the pods that would be evicted; there may be none."""


def worthwhile(plan: Plan, pod: Pod, victims: Victims, config: SolveConfig, budget: Budget) -> list[NodeName]:
    """The candidates to keep, in their order."""
    judge = _Judge(plan, pod, config, budget)
    kept: list[NodeName] = []
    for name, uids in victims.items():
        if budget.spent:
            break
        if judge.is_worthwhile(name, frozenset(uids)):
            kept.append(name)
    return judge.kindest(kept)


class _Judge:
    def __init__(self, plan: Plan, pod: Pod, config: SolveConfig, budget: Budget) -> None:
        self._plan = plan
        self._pod = pod
        self._config = config
        self._budget = budget
        self._state = plan.final_state()
        if self._state.node_of(pod.key) is not None:
            self._state.remove(pod.key)
        waiting = plan.slots.snapshot.pending
        slots = plan.slots.node_of
        self._siblings = [
            p
            for p in waiting
            if pod.workload is not None
            and p.workload == pod.workload
            and p.key != pod.key
            and p.key not in slots
            and not p.scheduling_gates
        ]
        left_out = (known for key in plan.unplaced if (known := self._planned(key)))
        apart = {pod.key, *(p.key for p in self._siblings)}
        self._mates = [p for p in left_out if p.key not in apart and p.priority >= pod.priority]
        """Others that wait for room, kept apart by no owner."""

    def is_worthwhile(self, name: NodeName, uids: frozenset[str]) -> bool:
        if not self._state.has_node(name):
            return False
        trial = self._state.fork()
        gone = [p for p in trial.node(name).pods.values() if p.uid in uids]
        for victim in gone:
            trial.remove(victim.key)
        if check(self._pod, name, trial) is not None:
            return False
        trial.add(self._pod, name)
        return self._keeps_slots(trial, gone) and self._leaves_room(trial, name)

    def kindest(self, names: list[NodeName]) -> list[NodeName]:
        """Those that leave most of the mates a place; all where that cannot be told in time."""
        if len(names) < 2 or not self._mates:
            return names
        counts = {name: self._mates_placed(name) for name in names}
        if self._budget.spent:
            return names
        return [name for name in names if counts[name] == max(counts.values())]

    def _mates_placed(self, name: NodeName) -> int:
        """With the pod here, and everybody gone who may be evicted."""
        state = self._without_lower.fork()
        state.add(self._pod, name)
        placed = 0
        for pod in (*self._siblings, *self._mates):
            found = None if self._budget.spent else choose(pod, state)
            if found is not None and not isinstance(found, Status):
                state.add(pod, found)
                placed += 1
        return placed

    def _keeps_slots(self, trial: ClusterState, gone: Sequence[Pod]) -> bool:
        """Does everybody with a slot who could notice still have it?"""
        node_of = self._plan.slots.node_of
        planned = [p for key in node_of if key != self._pod.key and (p := self._planned(key))]
        for key in coupled([self._pod, *gone], planned):
            trial.remove(key)
            keeps = check(self._plan.slots.snapshot.pod_by_key[key], node_of[key], trial) is None
            trial.add(self._plan.slots.snapshot.pod_by_key[key], node_of[key])
            if not keeps:
                return False
        return True

    def _planned(self, key: PodKey) -> Pod | None:
        return self._plan.slots.snapshot.pod_by_key.get(key)

    def _leaves_room(self, trial: ClusterState, name: NodeName) -> bool:
        """Is there room for the rest of the workload, if it may evict, too?"""
        if not self._siblings or _places_all(self._siblings, trial, self._budget):
            return True
        relaxed = self._without_lower.fork()
        if check(self._pod, name, relaxed) is None:
            relaxed.add(self._pod, name)
            if _places_all(self._siblings, relaxed, self._budget):
                return True
        return self._is_solvable(name)

    @cached_property
    def _without_lower(self) -> ClusterState:
        state = self._state.fork()
        for victim in self._lower:
            state.remove(victim.key)
        return state

    @cached_property
    def _lower(self) -> list[Pod]:
        """E3: running pods that may be evicted."""
        running = self._plan.slots.snapshot.running
        return [p for p in running if p.priority < self._pod.priority]

    def _is_solvable(self, name: NodeName) -> bool:
        """What asking in turn did not find, a search may."""
        if self._budget.spent:
            return False
        config = replace(self._config, time_limit_s=self._budget.left_s)
        question = Question(pods=tuple(p.key for p in self._siblings))
        return place(self._as_if(name), question, config).verdict is Verdict.FITS

    def _as_if(self, name: NodeName) -> Snapshot:
        """Everything planned is there, the pod is on this node, and all who may be evicted are gone."""
        lower = {p.key for p in self._lower}
        homes = {**self._plan.slots.node_of, self._pod.key: name}
        snapshot = self._plan.slots.snapshot
        others = [p for p in snapshot.pods if p.key not in lower and p.key != self._pod.key]
        there = [replace(p, node_name=homes[p.key]) if p.key in homes else p for p in others]
        return replace(snapshot, pods=(*there, replace(self._pod, node_name=name)))


def _places_all(pods: Sequence[Pod], state: ClusterState, budget: Budget) -> bool:
    trial = state.fork()
    for pod in pods:
        found = None if budget.spent else choose(pod, trial)
        if found is None or isinstance(found, Status):
            return False
        trial.add(pod, found)
    return True
