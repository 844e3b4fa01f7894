"""Pods the search left without a node: ask kube-scheduler's own filters once more, on the final state.

Whoever still passes somewhere is placed there, so that no answer leaves out a pod that kube-scheduler would
place; for the others the verdict says why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Question
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.framework import PodVerdict, verdict
from solver.scheduler.state import ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """``order`` is the admissible order with the pods added at its end; ``refused`` in queue order (Q2).

    The verdict is None for a pod that does not exist yet (W14), and has feasible nodes for one that only a
    rule beyond kube-scheduler's keeps out (V44).
    """

    order: tuple[Assignment, ...]
    refused: tuple[tuple[Pod, PodVerdict | None], ...]


def place_leftovers(
    snapshot: Snapshot,
    question: Question,
    order: tuple[Assignment, ...],
    class_of: Mapping[PodKey, int],
    config: SolveConfig,
) -> Leftovers:
    """``class_of`` numbers pods alike: as long as nothing is placed, one verdict serves all of them."""
    state = ClusterState.of(snapshot)
    for assignment in order:
        state.add(snapshot.pod_by_key[assignment.pod], assignment.node)
    placed = [*order]
    waiting = _queue(snapshot, question, {a.pod for a in order})
    shared = _shared_users(snapshot, question) if config.strict_rwo else frozenset()
    known: dict[int, PodVerdict] = {}
    while True:
        refused: list[tuple[Pod, PodVerdict | None]] = []
        for pod in waiting:
            if pod.created_after is not None and state.node_of(pod.created_after) is None:  # W14
                refused.append((pod, None))
                continue
            found = known.get(class_of[pod.key]) or verdict(pod, state)
            if found.prefilter is None:  # that one may name the pod's own claim
                known[class_of[pod.key]] = found
            if not found.feasible or pod.key in shared:
                refused.append((pod, found))
                continue
            node = min(found.feasible, key=lambda name: (-found.totals.get(name, 0), name))
            state.add(pod, node)
            placed.append(Assignment(pod=pod.key, node=node))
            known.clear()
        if len(refused) == len(waiting):
            return Leftovers(order=tuple(placed), refused=tuple(refused))
        waiting = [pod for pod, _ in refused]


def _queue(snapshot: Snapshot, question: Question, placed: set[PodKey]) -> list[Pod]:
    """Q2: higher priority first, then input order."""
    left = (snapshot.pod_by_key[key] for key in question.pods if key not in placed)
    return sorted(left, key=lambda pod: -pod.priority)


def _shared_users(snapshot: Snapshot, question: Question) -> frozenset[PodKey]:
    """Asked pods that share a claim with another pod (V44): left alone here."""
    users: dict[str, set[PodKey]] = {}
    asked = (snapshot.pod_by_key[key] for key in question.pods)
    for pod in (*snapshot.running, *asked):
        for use in pod.claims:
            users.setdefault(use.claim, set()).add(pod.key)
    return frozenset(key for several in users.values() if len(several) > 1 for key in several)
