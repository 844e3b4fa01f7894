"""The joint plan of a comparison, never worse than a run of the default scheduler it is shown with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from solver.engine.budget import Budget
from solver.engine.refusals import unplaced
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Proof, Question, Unplaced, Verdict
from solver.model.placement import Placement
from solver.model.progress import Watcher
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.compare.answer import Attempt
from solver.planning.profiled import JointView
from solver.scheduler.framework import verdict
from solver.scheduler.in_turn import is_to_come
from solver.scheduler.state import ClusterState
from solver.verify import verify

_SHARE = 0.5
"""Of the time limit, at most."""


def joint_plan(
    view: JointView, question: Question, config: SolveConfig, budget: Budget, watch: Watcher
) -> Outcome:
    limited = replace(config, time_limit_s=_SHARE * config.time_limit_s)
    return view.honest(place(view.snapshot, question, limited, budget.stop, watch=watch))


def no_worse(
    joint: Outcome, view: JointView, question: Question, config: SolveConfig, attempts: Iterable[Attempt]
) -> Outcome:
    """The joint plan, or the best run where the search found less: that run is an admissible order (J2), and
    a plan if it passes verification, too."""
    least = _worth(joint.placement, view.snapshot)
    for attempt in sorted(attempts, key=lambda one: -len(one.placed)):
        plan = Placement(assignments=attempt.placed)
        if _worth(plan, view.snapshot) > least and not verify(view.snapshot, question, plan, config):
            return _with(joint, plan, attempt, view.snapshot)
    return joint


def _worth(plan: Placement, snapshot: Snapshot) -> list[int]:
    """As ``fit`` compares plans: the most important pods first."""
    return sorted((snapshot.pod_by_key[a.pod].priority for a in plan.assignments), reverse=True)


def _with(joint: Outcome, plan: Placement, attempt: Attempt, snapshot: Snapshot) -> Outcome:
    state = ClusterState.of(snapshot)
    for step in plan.assignments:
        state.add(snapshot.pod_by_key[step.pod], step.node)
    left: list[Unplaced] = []
    for key in attempt.stranded:
        pod = snapshot.pod_by_key[key]
        found = None if is_to_come(pod, state) else verdict(pod, state, scored=False)
        left.append(unplaced(pod, found))
    if not left:
        return replace(joint, verdict=Verdict.FITS, proof=Proof.PROVED, placement=plan, unplaced=())
    proved = joint.verdict is not Verdict.UNKNOWN  # that not all fit: a longer plan takes nothing from it
    proof = Proof.PROVED if proved else Proof.NOT_PROVED
    return replace(joint, proof=proof, placement=plan, unplaced=tuple(left))
