"""Who gets a node after a loss: kube-scheduler's own way first, a joint plan where that leaves pods out.

Where pods placed one by one all find a node, that is the answer: nothing better is possible and nothing has
to be searched. Only the others are solved, through the sweep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from solver.engine.budget import Budget
from solver.engine.leftovers import place_leftovers
from solver.errors import InternalError
from solver.executors import Stop
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Proof, SearchReport, StoppedBy, Verdict
from solver.model.placement import Placement
from solver.planning.outage.aftermath import Scene
from solver.planning.sweep import spread, sweep
from solver.verify import verify

_LEAST_S = 0.2
"""Of wall time for one joint plan, however many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    outcome: Outcome
    most: bool
    """Proved: no plan brings more of these pods back."""


_NOBODY = Recovered(
    outcome=Outcome(verdict=Verdict.FITS, proof=Proof.PROVED, placement=Placement()), most=True
)


def recover(scenes: Sequence[Scene | None], config: SolveConfig, budget: Budget) -> list[Recovered]:
    """In the order of the scenes; None asks nothing. Raises InternalError for a plan that breaks a rule."""
    asked = [scene for scene in scenes if scene is not None and scene.replaced]
    quick = dict(
        zip(map(id, asked), spread(partial(_one_by_one, config), asked, config, budget.stop), strict=True)
    )
    hard = [scene for scene in asked if quick[id(scene)] is None]
    share_s = max(_LEAST_S, budget.left_s / max(1, len(hard)))
    limited = replace(config, time_limit_s=min(config.time_limit_s, share_s))
    solved = sweep(((scene.snapshot, scene.question) for scene in hard), limited, budget.stop)
    for outcome in solved:
        budget.note_reason(outcome.search.stopped_by)
    jointly = dict(zip(map(id, hard), map(_judged, solved), strict=True))
    found = []
    for scene in scenes:
        if scene is None or not scene.replaced:
            found.append(_NOBODY)
        else:
            found.append(quick[id(scene)] or jointly[id(scene)])
    return found


def _one_by_one(config: SolveConfig, scene: Scene, _stop: Stop) -> Recovered | None:
    """Every pod placed by kube-scheduler's filters and scores, one after another; None if one is left."""
    class_of = {key: number for number, key in enumerate(scene.question.pods)}
    plan = place_leftovers(scene.snapshot, scene.question, (), class_of, config)
    if plan.refused:
        return None
    placement = Placement(assignments=plan.order)
    violations = verify(scene.snapshot, scene.question, placement, config)
    if violations:
        raise InternalError("pods that came back break rules: " + "; ".join(v.sentence for v in violations))
    search = SearchReport(stopped_by=StoppedBy.COMPLETE)
    outcome = Outcome(verdict=Verdict.FITS, proof=Proof.PROVED, placement=placement, search=search)
    return Recovered(outcome=outcome, most=True)


def _judged(outcome: Outcome) -> Recovered:
    """The search's own bound on pods placed says whether more could come back."""
    placed, search = len(outcome.placement.assignments), outcome.search
    bounded = bool(search.stages) and placed >= search.stages[0].bound and not search.approximations
    most = outcome.verdict is Verdict.FITS or (outcome.verdict is Verdict.DOES_NOT_FIT and bounded)
    return Recovered(outcome=outcome, most=most)
