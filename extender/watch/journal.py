"""What happened lately, for those who follow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from extender.snapshots import Changes
from solver.kube.mirror import Change, Shift
from solver.model.event import Event

REMEMBERED = 20_000
"""Steps; at 200 events a second, a minute and a half."""


@dataclass(frozen=True, slots=True)
class _Step:
    generation: int
    events: tuple[Event, ...]
    restart: bool


class Journal:
    def __init__(self, remembered: int = REMEMBERED) -> None:
        self.generation = 0
        self._steps: deque[_Step] = deque(maxlen=remembered)

    def write(self, changes: Iterable[Change]) -> None:
        """What one thing that happened changed, which may be nothing."""
        changes = tuple(changes)
        if not changes:
            return
        self.generation += 1
        events = tuple(change for change in changes if not isinstance(change, Shift))
        self._steps.append(_Step(self.generation, events, Shift.RULES in changes))

    def since(self, generation: int) -> Changes:
        steps: list[_Step] = []
        for step in reversed(self._steps):
            if step.generation <= generation:
                break
            steps.append(step)
        forgotten = generation + len(steps) != self.generation
        if forgotten or any(step.restart for step in steps):
            return Changes(generation=self.generation, restart=True)
        events = (event for step in reversed(steps) for event in step.events)
        return Changes(generation=self.generation, events=tuple(events))
