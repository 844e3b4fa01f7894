"""What every answer of ``why`` has to bear out, checked with the planner, the verifier and brute force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Question, Verdict
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.change import Fix, Inputs, apply, from_patches, patches
from solver.planning.why import Conflict, Fact, Why
from solver.planning.why.gather import facts_of
from solver.planning.why.relax import without
from solver.verify import verify
from tests.oracle import can_place_all

CONFIG = SolveConfig(workers=1, time_limit_s=20)


def verdict(snapshot: Snapshot, keys: Iterable[PodKey]) -> Verdict:
    """Of the planner; what it places is verified once more here."""
    question = Question(pods=tuple(keys))
    outcome = place(snapshot, question, CONFIG)
    assert not verify(snapshot, question, outcome.placement, CONFIG)
    return outcome.verdict


def core_holds(answer: Why, conflict: Conflict, *, brute_force: bool = False) -> None:
    """All else left out the core fails, and any one fact less fits."""
    core = conflict.core
    facts = facts_of(answer.snapshot, core.pods)
    kept = [fact for fact in facts if fact not in core.parts]
    assert _fails(without(answer.snapshot, kept), core.pods, brute_force)
    if core.minimal:
        for part in core.parts:
            assert verdict(without(answer.snapshot, [*kept, part]), core.pods) is Verdict.FITS, part.id
    if core.decisive:
        gone = [part for other in before(answer, conflict) for part in other.core.parts]
        for fact in core.facts:
            mine = [part for part in core.parts if is_part(part, fact)]
            assert mine
            assert verdict(without(answer.snapshot, [*gone, *mine]), core.pods) is Verdict.FITS, fact.id


def _fails(snapshot: Snapshot, keys: tuple[PodKey, ...], brute_force: bool) -> bool:
    if brute_force:
        return not can_place_all(snapshot, Question(pods=keys), CONFIG)
    return verdict(snapshot, keys) is not Verdict.FITS


def is_part(part: Fact, fact: Fact) -> bool:
    """``fact`` as told stands for ``part``: the same, or all zones of it together."""
    return part == fact or (
        (part.kind, part.name) == (fact.kind, fact.name) and part.nodes <= fact.nodes != set()
    )


def before(answer: Why, conflict: Conflict) -> list[Conflict]:
    """Conflicts of the same pods that were found earlier: they are out of the way already."""
    mine = [other for other in answer.conflicts if other.core.pods == conflict.core.pods]
    return mine[: mine.index(conflict)]


def cleared_hold(answer: Why, conflict: Conflict) -> None:
    for suspect in conflict.cleared:
        assert verdict(without(answer.snapshot, suspect.facts), conflict.core.pods) is not Verdict.FITS


def fix_holds(given: Inputs, answer: Why, fix: Fix) -> None:
    """Applied as printed, everything asked about fits; or all of the conflicts that it says it mends."""
    changed = apply(given, from_patches(patches(fix.change))).snapshot()
    known = {pod.key for pod in answer.snapshot.pending}
    mended = {key for number in fix.mends for key in answer.conflicts[number - 1].core.pods}
    about = mended or set(answer.asked)
    keys = [p.key for p in changed.pending if p.key in about or p.key not in known]
    if fix.mends:  # the others have reasons of their own, also those that these would wait for (W14)
        changed = replace(changed, pods=tuple(replace(p, created_after=None) for p in changed.pods))
    assert verdict(changed, keys) is Verdict.FITS, fix.sentence
