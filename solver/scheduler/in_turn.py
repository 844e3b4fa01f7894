"""kube-scheduler's way: pods one at a time in queue order, each to the best node at its turn (J1, Q2).

Who is refused is asked again once the others had their turn, for as long as anybody is placed: a placing is
what wakes refused pods up. Nothing is sampled (G9), nobody is preempted (E9), binding never fails.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.scheduler.framework import Draw, choose
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    placed: tuple[Assignment, ...]
    """In placing order."""
    left: tuple[Pod, ...]
    """Refused, not created yet (W14), or not asked; in queue order."""


def queued(pods: Iterable[Pod]) -> list[Pod]:
    """Q2: higher priority first, then as they arrived."""
    return sorted(pods, key=lambda pod: -pod.priority)


def in_turn(
    state: ClusterState,
    queue: Sequence[Pod],
    *,
    draw: Draw | None = None,
    kind_of: Callable[[Pod], Hashable] | None = None,
    may_ask: Callable[[Pod], bool] | None = None,
) -> Turns:
    """Places pods in the state, in the order of the queue.

    ``kind_of`` numbers pods that are told the same while nothing is placed; ``may_ask`` leaves pods out.
    """
    placed: list[Assignment] = []
    waiting: list[Pod] = []
    left = list(queue)
    while len(left) != len(waiting):
        waiting = left
        left = _round(state, waiting, placed, draw, kind_of or (lambda pod: pod.key), may_ask)
    return Turns(placed=tuple(placed), left=tuple(left))


def is_to_come(pod: Pod, state: ClusterState) -> bool:
    """W14: not created before its predecessor runs."""
    return pod.created_after is not None and state.node_of(pod.created_after) is None


def _round(
    state: ClusterState,
    waiting: Sequence[Pod],
    placed: list[Assignment],
    draw: Draw | None,
    kind_of: Callable[[Pod], Hashable],
    may_ask: Callable[[Pod], bool] | None,
) -> list[Pod]:
    """Ask once for each pod that waits, and place it where it may go; those still left."""
    left: list[Pod] = []
    refused: set[Hashable] = set()
    """Kinds told no since the last placing."""
    for pod in waiting:
        unasked = is_to_come(pod, state) or kind_of(pod) in refused or (may_ask and not may_ask(pod))
        found = None if unasked else choose(pod, state, draw)
        if found is None and not unasked:
            refused.add(kind_of(pod))
        if found is None or isinstance(found, Status):  # a Status may be about the pod's own claim
            left.append(pod)
            continue
        state.add(pod, found)
        placed.append(Assignment(pod=pod.key, node=found))
        refused.clear()
    return left
