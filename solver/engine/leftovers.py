"""Pods the search left without a node: ask kube-scheduler's own filters once more, on the final state.

Whoever still passes somewhere is placed there, so that no answer leaves out a pod that kube-scheduler would
place; for the others the verdict says why not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Question
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.framework import PodVerdict, verdict
from solver.scheduler.in_turn import in_turn, is_to_come, queued
from solver.scheduler.state import ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """``order`` is the admissible order with the pods added at its end; ``refused`` in queue order (Q2).

    The verdict is None for a pod that does not exist yet (W14), and has feasible nodes for one that only a
    rule beyond kube-scheduler's keeps out (V44). It says nothing where time was up before anybody was asked.
    """

    order: tuple[Assignment, ...]
    refused: tuple[tuple[Pod, PodVerdict | None], ...]


def place_leftovers(
    snapshot: Snapshot,
    question: Question,
    order: Sequence[Assignment],
    class_of: Mapping[PodKey, int],
    config: SolveConfig,
    state: ClusterState | None = None,
    budget: Budget | None = None,
) -> Leftovers:
    """``class_of`` numbers pods alike: as long as nothing is placed, one verdict serves all of them.

    With an empty ``order`` this is kube-scheduler's own way, filters and scores, one pod at a time. A
    ``state`` of this snapshot spares making one; afterwards it holds the order that is returned. Once the
    ``budget`` is spent nobody is asked any more.
    """
    state = state or ClusterState.of(snapshot)
    state.become(order)
    shared = _shared_users(snapshot, question) if config.strict_rwo else frozenset()
    asking = _Asking(state, class_of, budget or Budget(math.inf))
    turns = in_turn(
        state,
        _queue(snapshot, question, {a.pod for a in order}),
        kind_of=lambda pod: class_of[pod.key],
        may_ask=lambda pod: pod.key not in shared and not asking.budget.spent,
    )
    return Leftovers(order=(*order, *turns.placed), refused=tuple(asking.verdicts(turns.left)))


@dataclass(frozen=True, slots=True)
class _Asking:
    state: ClusterState
    class_of: Mapping[PodKey, int]
    budget: Budget

    def verdicts(self, left: Sequence[Pod]) -> Iterator[tuple[Pod, PodVerdict | None]]:
        known: dict[int, PodVerdict] = {}
        for pod in left:
            if is_to_come(pod, self.state):
                yield pod, None
                continue
            found = known.get(self.class_of[pod.key])
            if found is None:
                unasked = PodVerdict(pod=pod.key, node_count=0)
                found = unasked if self.budget.spent else verdict(pod, self.state, scored=False)
            if found.prefilter is None:  # that one may name the pod's own claim
                known[self.class_of[pod.key]] = found
            yield pod, found


def _queue(snapshot: Snapshot, question: Question, placed: set[PodKey]) -> list[Pod]:
    """Q2: higher priority first, then input order."""
    return queued(snapshot.pod_by_key[key] for key in question.pods if key not in placed)


def _shared_users(snapshot: Snapshot, question: Question) -> frozenset[PodKey]:
    """Asked pods that share a claim with another pod (V44): left alone here."""
    asked = [snapshot.pod_by_key[key] for key in question.pods]
    users: dict[str, set[PodKey]] = {use.claim: set() for pod in asked for use in pod.claims}
    for pod in (*snapshot.running, *asked):
        for use in pod.claims:
            if use.claim in users:
                users[use.claim].add(pod.key)
    return frozenset(key for several in users.values() if len(several) > 1 for key in several)
