"""A policy's questions, asked of the planner, of outages and of lint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.snapshot import Snapshot
from solver.planning.change import Inputs
from solver.planning.check.answer import (
    Check,
    CheckAnswer,
    FitCheck,
    HeadroomCheck,
    LintCheck,
    SurviveCheck,
)
from solver.planning.check.policy import Policy
from solver.planning.lint import lint
from solver.planning.outage.answer import Assumptions, LossFate
from solver.planning.outage.asking import Asking, Losses, settle
from solver.planning.outage.loss import each
from solver.planning.outage.outage import outage
from solver.planning.quota import over_quota


def check(
    policy: Policy,
    inputs: Inputs,
    snapshot: Snapshot,
    waiting: Callable[[Snapshot], Question],
    assumptions: Assumptions,
    config: SolveConfig,
    budget: Budget,
) -> CheckAnswer:
    """``waiting`` says which pods are to fit; they are planned before anything is lost.

    Raises InputError for keys that no node has and for quorums of workloads that do not run, and as ``place``
    does.
    """
    asking = Asking(losses=Losses(), waiting=waiting, assumptions=assumptions, config=config)
    settled, outcome = settle(asking, snapshot, budget)
    asked = (snapshot.pod_by_key[key] for key in waiting(snapshot).pods)
    fit = FitCheck(outcome=outcome, over_quota=over_quota(snapshot, asked))
    checks: list[Check] = [fit] if policy.fit else []
    left = len(policy.survive) + len(policy.headroom)
    for rule in policy.survive:
        wanted = replace(assumptions, quorums=(*rule.quorums, *assumptions.quorums))
        fates = _lose(settled, rule.key, wanted, config, budget.within(budget.left_s / left))
        checks += [SurviveCheck(rule=rule, fate=fate) for fate in fates]
        left -= 1
    for key in policy.headroom:
        fates = _lose(settled, key, assumptions, config, budget.within(budget.left_s / left))
        checks += [HeadroomCheck(fate=fate) for fate in fates]
        left -= 1
    if policy.lint is not None:
        checks.append(LintCheck(rule=policy.lint, answer=lint(inputs, policy.lint.ignore)))
    return CheckAnswer(checks=tuple(checks), settled=settled, stopped_by=budget.stopped_by)


def _lose(
    settled: Snapshot, key: str, assumptions: Assumptions, config: SolveConfig, budget: Budget
) -> Iterator[LossFate]:
    yield from outage(settled, each(settled, key), assumptions, config, budget).fates
