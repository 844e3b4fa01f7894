"""kube-scheduler without kube-scheduler: its filters and scores as this project states them, pod by pod.

Every pod goes to the best node at its turn, in queue order; who finds none is asked again after the others,
for as long as anybody finds one. Nothing is sampled and nobody waits, so this is the quick end of what one
pod at a time can do.
"""

from __future__ import annotations

import time

from benchmarks.peers.answer import Answer, judged
from solver.model.outcome import Question
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState


def answer(snapshot: Snapshot, question: Question, limit_s: float) -> Answer:
    started = time.monotonic()
    placed, in_time = place(snapshot, question, started + limit_s)
    seconds = time.monotonic() - started
    note = judged(snapshot, question, placed) or ("" if in_time else f"stopped after {limit_s:g} s")
    return Answer(placed=len(placed), seconds=seconds, note=note)


def place(
    snapshot: Snapshot, question: Question, ends: float = float("inf")
) -> tuple[list[Assignment], bool]:
    """In placing order, and whether it came to an end before the monotonic clock said ``ends``."""
    state = ClusterState.of(snapshot)
    queue = (snapshot.pod_by_key[key] for key in question.pods)
    waiting = sorted(queue, key=lambda pod: -pod.priority)
    placed: list[Assignment] = []
    while True:
        refused: list[Pod] = []
        for pod in waiting:
            if time.monotonic() > ends:
                return placed, False
            assignment = _scheduled(pod, state)
            if assignment is None:
                refused.append(pod)
            else:
                placed.append(assignment)
        if len(refused) == len(waiting):
            return placed, True
        waiting = refused


def _scheduled(pod: Pod, state: ClusterState) -> Assignment | None:
    """The best node, the first by name among equals; kube-scheduler draws lots."""
    found = verdict(pod, state)
    if not found.feasible:
        return None
    node = min(found.feasible, key=lambda name: (-found.totals.get(name, 0), name))
    state.add(pod, node)
    return Assignment(pod=pod.key, node=node)
