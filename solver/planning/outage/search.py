"""Asking everything again with a change made to the input."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from solver.engine.budget import Budget
from solver.errors import InputError
from solver.planning.change import Change, Inputs, apply
from solver.planning.outage.answer import LossVerdict, WorkloadFate, WorkloadVerdict
from solver.planning.outage.asking import Answer, Asking, answer
from solver.planning.outage.loss import Loss

_MOST_TRIES = 60
BAD = frozenset({WorkloadVerdict.DEGRADED, WorkloadVerdict.DOWN, WorkloadVerdict.QUORUM_LOST})
MOST_WORKLOADS = 4
"""Of one kind of remedy."""


@dataclass(slots=True)
class Search:
    asking: Asking
    inputs: Inputs
    found: Answer
    budget: Budget
    cut_short: bool = False
    _tries: int = 0
    _longest_s: float = field(default=0.0)

    def ask(self, change: Change) -> Answer | None:
        """The whole question of the changed input. None where that cannot be made, or no time is left."""
        short = self.budget.left_s < 1.5 * self._longest_s
        if short:
            self.budget.note(hit_wall=True)
        if short or self.budget.spent or self._tries >= _MOST_TRIES:
            self.cut_short = True
            return None
        self._tries += 1
        began = time.monotonic()
        try:
            after = answer(self.asking, apply(self.inputs, change).snapshot(), self.budget)
        except InputError:
            return None
        self._longest_s = max(self._longest_s, time.monotonic() - began)
        return after

    def is_harmless(self, after: Answer) -> bool:
        """No loss is worse than it was, and no pod that had a node has none."""
        before = dict(verdicts(self.found))
        known = ((label, now) for label, now in verdicts(after) if label in before)
        waits = len(after.settled.pending) > len(self.found.settled.pending)
        return not waits and all(now.badness <= before[label].badness for label, now in known)


def verdicts(found: Answer) -> tuple[tuple[str, LossVerdict], ...]:
    return tuple((fate.loss.label, fate.verdict) for fate in found.outage.fates)


def fates(found: Answer, verdicts: Iterable[WorkloadVerdict]) -> Iterator[tuple[Loss, WorkloadFate]]:
    wanted = frozenset(verdicts)
    for fate in found.outage.fates:
        for one in fate.workloads:
            if one.verdict in wanted:
                yield fate.loss, one
