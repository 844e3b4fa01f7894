"""kube-scheduler without kube-scheduler: its filters and scores as this project states them, pod by pod.

Every pod goes to the best node at its turn, in queue order; nothing is sampled and nobody waits, so this is
the quick end of what one pod at a time can do. The way itself is ``solver.scheduler.in_turn``.
"""

from __future__ import annotations

import time

from benchmarks.peers.answer import Answer, judged
from solver.model.outcome import Question
from solver.model.placement import Assignment
from solver.model.snapshot import Snapshot
from solver.scheduler.in_turn import in_turn, queued
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
    queue = queued(snapshot.pod_by_key[key] for key in question.pods)
    turns = in_turn(ClusterState.of(snapshot), queue, may_ask=lambda _: time.monotonic() <= ends)
    return list(turns.placed), time.monotonic() <= ends
