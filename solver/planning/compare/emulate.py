"""The default scheduler run on an arrival order: kube-scheduler's queue, filters and scores, ties by name or
by lot. What it leaves out is said in ``solver.scheduler.in_turn``."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cached_property

from solver.model.names import PodKey
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.planning.compare.answer import Attempt
from solver.planning.compare.orders import Arrival
from solver.scheduler.in_turn import in_turn, queued
from solver.scheduler.state import ClusterState

_RUNS_OF_A_STATE = 20
"""A state keeps a journal of all that ever happened in it; after so many runs a new one is quicker."""


def _never() -> bool:
    return False


class Emulator:
    """Runs on one snapshot. Orders that lead to the same queues (Q2) are run once.

    Once ``spent`` says so, nobody is asked any more.
    """

    def __init__(
        self, snapshot: Snapshot, seeds: Sequence[int] = (), spent: Callable[[], bool] = _never
    ) -> None:
        self.snapshot = snapshot
        self._draws: tuple[int | None, ...] = tuple(seeds) or (None,)
        self._spent = spent
        self._known: dict[tuple[tuple[PodKey, ...], ...], tuple[Attempt, ...]] = {}
        self._runs = 0

    def attempts(self, *stages: Arrival) -> tuple[Attempt, ...]:
        """One for each seed. Pods of a later stage arrive when earlier ones have had all their turns."""
        queues = tuple(tuple(pod.key for pod in queued(stage)) for stage in stages if stage)
        if queues not in self._known:
            self._known[queues] = tuple(self._run(stages, seed) for seed in self._draws)
        return self._known[queues]

    def _run(self, stages: Sequence[Arrival], seed: int | None) -> Attempt:
        draw = None if seed is None else random.Random(seed).randrange
        state = self._empty_state()
        placed: list[Assignment] = []
        left: tuple[Pod, ...] = ()
        for stage in stages:
            turns = in_turn(state, queued((*left, *stage)), draw=draw, may_ask=lambda _pod: not self._spent())
            placed += turns.placed
            left = turns.left
        return Attempt(
            placed=tuple(placed),
            stranded=tuple(pod.key for pod in left),
            cut_short=bool(left) and self._spent(),
        )

    def _empty_state(self) -> ClusterState:
        if self._runs % _RUNS_OF_A_STATE == 0:
            self.__dict__.pop("_state", None)
        self._runs += 1
        self._state.become(())
        return self._state

    @cached_property
    def _state(self) -> ClusterState:
        return ClusterState.of(self.snapshot)
