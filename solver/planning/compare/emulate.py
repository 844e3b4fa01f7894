"""The default scheduler run on an arrival order: kube-scheduler's queue, filters and scores, ties by name or
by lot. What it leaves out is said in ``solver.scheduler.in_turn``."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property

from solver.model.names import PodKey
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.compare.answer import Attempt, OrderName, Row
from solver.planning.compare.orders import Arrival
from solver.scheduler.in_turn import in_turn, queued
from solver.scheduler.state import ClusterState

_RUNS_OF_A_STATE = 20
"""A state keeps a journal of all that ever happened in it; after so many runs a new one is quicker."""


class Emulator:
    """Runs on one snapshot. Orders that lead to the same queue (Q2) are run once."""

    def __init__(self, snapshot: Snapshot, seeds: Sequence[int] = ()) -> None:
        self.snapshot = snapshot
        self._draws: tuple[int | None, ...] = tuple(seeds) or (None,)
        self._known: dict[tuple[PodKey, ...], tuple[Attempt, ...]] = {}
        self._runs = 0

    def row(self, arrival: Arrival, name: OrderName, led_by: tuple[WorkloadKey, ...] = ()) -> Row:
        return Row(name=name, arrival=arrival, attempts=self.attempts(arrival), led_by=led_by)

    def attempts(self, arrival: Arrival) -> tuple[Attempt, ...]:
        queue = tuple(pod.key for pod in queued(arrival))
        if queue not in self._known:
            self._known[queue] = tuple(self._run(arrival, seed) for seed in self._draws)
        return self._known[queue]

    def _run(self, arrival: Arrival, seed: int | None) -> Attempt:
        draw = None if seed is None else random.Random(seed).randrange
        turns = in_turn(self._empty_state(), queued(arrival), draw=draw)
        return Attempt(placed=turns.placed, stranded=tuple(pod.key for pod in turns.left))

    def _empty_state(self) -> ClusterState:
        if self._runs % _RUNS_OF_A_STATE == 0:
            self.__dict__.pop("_state", None)
        self._runs += 1
        self._state.become(())
        return self._state

    @cached_property
    def _state(self) -> ClusterState:
        return ClusterState.of(self.snapshot)
