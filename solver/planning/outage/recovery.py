"""Who gets a node after a loss: kube-scheduler's own way first, a joint plan where that leaves pods out.

Where pods placed one by one all find a node, that is the answer: nothing better is possible and nothing has
to be searched. Only the others are solved, through the sweep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from solver.engine.budget import Budget
from solver.engine.leftovers import place_leftovers
from solver.errors import InternalError
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Proof, SearchReport, StoppedBy, Unplaced, Verdict
from solver.model.placement import Placement
from solver.planning.outage.aftermath import Scene
from solver.planning.sweep import Item, sweep
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


def recover(
    scenes: Sequence[Scene | None],
    config: SolveConfig,
    budget: Budget,
    tried: Sequence[Placement | None] = (),
) -> list[Recovered]:
    """In the order of the scenes; None asks nothing. ``tried`` has placements of everybody, where known; they
    are verified here. What there is no time for stays undecided.

    Raises InternalError for a plan that breaks a rule.
    """
    known = dict(zip(range(len(scenes)), tried, strict=False))
    asked = {number: scene for number, scene in enumerate(scenes) if scene is not None and scene.replaced}
    quick = [
        _one_by_one(config, scene, known.get(number)) for number, scene in _while_time(asked.items(), budget)
    ]  # here: it takes less time than sending snapshots to others
    answers: dict[int, Recovered | None] = dict(zip(asked, quick, strict=False))
    hard = [number for number in answers if answers[number] is None]
    share_s = max(_LEAST_S, budget.left_s / max(1, len(hard)))
    limited = replace(config, time_limit_s=min(config.time_limit_s, share_s))
    questions = ((asked[number].snapshot, asked[number].question) for number in hard)
    solved = sweep(_while_time(questions, budget), limited, budget.stop, budget.watch, len(hard))
    for outcome in solved:
        budget.note_reason(outcome.search.stopped_by)
    answers |= dict(zip(hard, map(_judged, solved), strict=False))
    return [
        (answers.get(number) or _undecided(scene)) if scene is not None and scene.replaced else _NOBODY
        for number, scene in enumerate(scenes)
    ]


def _while_time(items: Iterable[Item], budget: Budget) -> Iterator[Item]:
    """Executors draw an item when its turn comes."""
    for item in items:
        if budget.spent:
            return
        yield item


def _undecided(scene: Scene) -> Recovered:
    search = SearchReport(stopped_by=StoppedBy.WALL)
    outcome = Outcome(
        verdict=Verdict.UNKNOWN,
        proof=Proof.NOT_PROVED,
        placement=Placement(),
        unplaced=tuple(Unplaced(pod=key) for key in scene.replaced),
        search=search,
    )
    return Recovered(outcome=outcome, most=False)


def _one_by_one(config: SolveConfig, scene: Scene, placement: Placement | None) -> Recovered | None:
    """Every pod placed by kube-scheduler's filters and scores, one after another; None if one is left."""
    if placement is None:
        class_of = {key: number for number, key in enumerate(scene.question.pods)}
        plan = place_leftovers(scene.snapshot, scene.question, (), class_of, config)
        if plan.refused:
            return None
        placement = Placement(assignments=plan.order)
    violations = verify(scene.snapshot, scene.question, placement, config)
    if violations:
        raise InternalError("pods that came back break rules: " + "; ".join(v.sentence for v in violations))
    outcome = Outcome(verdict=Verdict.FITS, proof=Proof.PROVED, placement=placement)
    return Recovered(outcome=outcome, most=True)


def _judged(outcome: Outcome) -> Recovered:
    """The search's own bound on pods placed says whether more could come back."""
    placed, search = len(outcome.placement.assignments), outcome.search
    bounded = bool(search.stages) and placed >= search.stages[0].bound and not search.approximations
    most = outcome.verdict is Verdict.FITS or (outcome.verdict is Verdict.DOES_NOT_FIT and bounded)
    return Recovered(outcome=outcome, most=most)
