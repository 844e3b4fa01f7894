"""``solve why`` as a PlacementResult: the reasons under ``conflicts``, what would help under ``fixes``."""

from __future__ import annotations

from collections.abc import Sequence

from solver.model.snapshot import Skipped
from solver.planning.change import Fix, patches
from solver.planning.why.answer import Conflict, Why
from solver.planning.why.facts import Fact, FactKind
from solver.report.envelope import Document, cost_document, placement_envelope, unplaced_section
from solver.report.facts import Run
from solver.report.why.words import Words, history_words


def document(
    answer: Why,
    run: Run,
    *,
    about: Sequence[str] = (),
    skipped: Sequence[Skipped] = (),
    warnings: Sequence[str] = (),
) -> Document:
    """``about`` is what was named on the command line."""
    return placement_envelope(
        run,
        verb="why",
        verdict=answer.verdict,
        proof=answer.proof,
        question={"about": list(about)},
        summary={
            "podsPlaced": len(answer.outcome.placement.assignments),
            "podsRequested": len(answer.asked),
            "podsWaiting": len(answer.waiting),
            "podsUnexplained": len(answer.unexplained),
            "fixesNotTried": answer.not_tried,
        },
        search=answer.outcome.search,
        skipped=skipped,
        warnings=warnings,
        sections={
            "unplaced": unplaced_section(answer.outcome.unplaced),
            "conflicts": [_conflict(answer, conflict) for conflict in answer.conflicts],
            "fixes": [_fix(fix) for fix in answer.fixes],
        },
    )


def _conflict(answer: Why, conflict: Conflict) -> Document:
    words = Words(answer.snapshot, conflict.core)
    return {
        "kind": conflict.kind.value,
        "minimal": conflict.core.minimal,
        "decisive": conflict.core.decisive,
        "pods": list(conflict.core.pods),
        "facts": [_fact(fact, words) for fact in conflict.core.facts],
        "newNodesHelp": conflict.help.helps,
        "newNodesHelpIn": list(conflict.help.places),
        "notToBlame": [words.suspect(one) for one in conflict.cleared],
        "history": [history_words(found) for found in conflict.history],
    }


def _fact(fact: Fact, words: Words) -> Document:
    return {
        "id": fact.id,
        "kind": fact.kind.value,
        "sentence": words.fact(fact),
        "source": {"object": fact.objects[0], "path": fact.path},
        "objects": list(fact.objects),
        "removable": fact.kind is not FactKind.DEVICES,
    }


def _fix(fix: Fix) -> Document:
    return {
        "verified": True,
        "sentence": fix.sentence,
        "patches": patches(fix.change),
        "cost": cost_document(fix.cost),
        "after": {
            "verdict": fix.outcome.verdict.value,
            "podsPlaced": len(fix.outcome.placement.assignments),
            "where": fix.afterwards,
            "lasts": fix.lasts,
        },
        "cautions": list(fix.cautions),
        "mends": list(fix.mends),
        "recommended": fix.recommended,
    }
