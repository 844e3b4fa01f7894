"""Does everything asked about fit a snapshot, with proof either way? One question, asked many times over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.compile import Cluster, Problem, formulate
from solver.engine.budget import Budget
from solver.engine.explain import decide
from solver.engine.extract import assignments
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Outcome, Proof, Question, Verdict
from solver.model.placement import Placement
from solver.model.snapshot import Snapshot
from solver.pipeline import insist
from solver.verify.replay import replay

NOTHING = Placement(assignments=())


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """``possible`` is None where it is not known within the limits."""

    possible: bool | None
    placement: Placement = NOTHING

    @property
    def outcome(self) -> Outcome:
        """Of a question that fits."""
        return Outcome(verdict=Verdict.FITS, proof=Proof.PROVED, placement=self.placement)


def fits(snapshot: Snapshot, keys: Sequence[PodKey], config: SolveConfig, budget: Budget) -> Fitting:
    """A yes holds a placement that passed verification and replay (J2).

    Raises InternalError when a placement found breaks a rule.
    """
    if budget.spent:
        return Fitting(possible=None)
    snapshot, question = _asked_alone(snapshot, keys), Question(pods=tuple(keys))
    problem = formulated(snapshot, keys, config)
    decision = decide(problem, budget, config.seed)
    if decision.counts is None:
        return Fitting(possible=decision.possible)
    planned = Placement(assignments=assignments(problem, decision.counts))
    insist(snapshot, question, planned, config)
    replayed = replay(snapshot, planned, config)
    if replayed.stuck:
        return Fitting(possible=None)
    return Fitting(possible=True, placement=Placement(assignments=replayed.order))


def fails(snapshot: Snapshot, keys: Sequence[PodKey], config: SolveConfig, budget: Budget) -> bool:
    """Proved not to fit. Quicker than ``fits``: a placement that may exist is not looked at."""
    if budget.spent:
        return False
    return decide(formulated(snapshot, keys, config), budget, config.seed).possible is False


def formulated(snapshot: Snapshot, keys: Sequence[PodKey], config: SolveConfig) -> Problem:
    return formulate(Cluster(_asked_alone(snapshot, keys)), Question(pods=tuple(keys)), config)


def _asked_alone(snapshot: Snapshot, keys: Sequence[PodKey]) -> Snapshot:
    """No pod waits for one that is not asked about (W14): that one has a reason of its own."""
    asked = set(keys)
    waiting = {
        key
        for key in keys
        if (before := snapshot.pod_by_key[key].created_after) is not None
        and before not in asked
        and not _runs(snapshot, before)
    }
    if not waiting:
        return snapshot
    pods = (replace(p, created_after=None) if p.key in waiting else p for p in snapshot.pods)
    return replace(snapshot, pods=tuple(pods))


def _runs(snapshot: Snapshot, key: PodKey) -> bool:
    pod = snapshot.pod_by_key.get(key)
    return pod is not None and pod.node_name is not None
