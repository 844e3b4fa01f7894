"""One and the same question of an outage, asked of inputs as they are and of what-ifs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.carried_out import carried_out
from solver.planning.outage.answer import Assumptions, Outage
from solver.planning.outage.loss import Domain, Loss, each, lose
from solver.planning.outage.outage import outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """``together`` is one loss of all its domains, ``each`` one loss per domain of every key."""

    together: tuple[Domain, ...] = ()
    each: tuple[str, ...] = ()

    def of(self, snapshot: Snapshot) -> list[Loss]:
        """Raises InputError for domains and keys that no node has."""
        first = [lose(snapshot, self.together)] if self.together else []
        return [*first, *(loss for key in dict.fromkeys(self.each) for loss in each(snapshot, key))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    losses: Losses
    waiting: Callable[[Snapshot], Question]
    """Which pods are planned before anything is lost."""
    assumptions: Assumptions
    config: SolveConfig


@dataclass(frozen=True, kw_only=True)
class Answer:
    settled: Snapshot
    """With the plan for pods that waited carried out."""
    before: Outcome | None
    """That plan; None where no pod waited."""
    outage: Outage


def answer(asking: Asking, snapshot: Snapshot, budget: Budget) -> Answer:
    """Raises as ``place`` and ``outage`` do."""
    settled, before = settle(asking, snapshot, budget)
    found = outage(settled, asking.losses.of(settled), asking.assumptions, asking.config, budget)
    return Answer(settled=settled, before=before, outage=found)


def settle(asking: Asking, snapshot: Snapshot, budget: Budget) -> tuple[Snapshot, Outcome | None]:
    """The snapshot with every waiting pod where the joint plan has it."""
    question = asking.waiting(snapshot)
    if not question.pods:
        return snapshot, None
    limit = min(asking.config.time_limit_s, budget.left_s / 2)
    outcome = place(snapshot, question, _limited(asking.config, limit), budget.stop, watch=budget.watch)
    budget.note_reason(outcome.search.stopped_by)
    return carried_out(snapshot, outcome.placement), outcome


def _limited(config: SolveConfig, limit_s: float) -> SolveConfig:
    return replace(config, time_limit_s=max(0.1, limit_s))
