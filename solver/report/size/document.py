"""``solve size`` as a PlacementResult: every purchase under ``options``, the recommended one also on its
own."""

from __future__ import annotations

from solver.model.catalogue import HOURS_A_MONTH, MICROS, Catalogue
from solver.model.outcome import Proof, Verdict
from solver.planning.size import Bought, Moved, Option, SizeAnswer
from solver.report.envelope import Document, placement_envelope, unplaced_section
from solver.report.size.facts import SizeFacts


def document(facts: SizeFacts) -> Document:
    answer = facts.answer
    verdict, proof = judged(answer)
    chosen = answer.options[answer.recommended] if answer.recommended is not None else None
    return placement_envelope(
        facts.run,
        verb="size",
        verdict=verdict,
        proof=proof,
        question={"for": list(facts.wish.asked), "maxMoves": facts.wish.most_moves},
        summary={
            "podsPlaced": len(answer.before.placement.assignments),
            "podsRequested": len(answer.before.placement.assignments) + len(answer.before.unplaced),
            "options": len(answer.options),
            "recommended": None if answer.recommended is None else facts.names[answer.recommended],
            "currency": facts.wish.catalogue.currency,
        },
        search=answer.before.search,
        skipped=facts.skipped,
        warnings=facts.warnings,
        sections={
            "unplaced": unplaced_section(answer.hopeless or answer.before.unplaced),
            "nodesToAdd": _nodes(chosen, facts.wish.catalogue) if chosen else [],
            "moves": _moves(chosen) if chosen else [],
            "options": [
                _option(name, option, facts.wish.catalogue)
                for name, option in zip(facts.names, answer.options, strict=True)
            ],
        },
    )


def judged(answer: SizeAnswer) -> tuple[Verdict, Proof]:
    """Fits: as it is, or with the nodes of any option. Optimal: every price is proved to be the least."""
    if answer.fits_already and not answer.options:
        return Verdict.FITS, answer.before.proof
    if answer.impossible:
        return Verdict.DOES_NOT_FIT, Proof.PROVED
    if answer.options:
        return Verdict.FITS, Proof.OPTIMAL if all(o.proved for o in answer.options) else Proof.PROVED
    return Verdict.UNKNOWN, Proof.NOT_PROVED


def _option(name: str, option: Option, catalogue: Catalogue) -> Document:
    return {
        "name": name,
        "verified": True,
        "proved": option.proved,
        "moneyPerHour": money(option.price_micros) if catalogue.priced else None,
        "moneyPerMonth": money(HOURS_A_MONTH * option.price_micros) if catalogue.priced else None,
        "moneyPerHourAtLeast": money(option.bound_micros) if catalogue.priced else None,
        "nodesToAdd": _nodes(option, catalogue),
        "moves": _moves(option),
        "leftAfterWorstZoneLoss": [
            {"workload": str(left.workload), "left": left.left, "pods": left.pods} for left in option.left
        ],
        "placements": [{"pod": a.pod, "node": a.node} for a in option.placement.assignments],
    }


def _nodes(option: Option, catalogue: Catalogue) -> list[Document]:
    return [_node(bought, catalogue) for bought in option.bought]


def _node(bought: Bought, catalogue: Catalogue) -> Document:
    node: Document = {"type": bought.lot.node_type.name, "zone": bought.lot.zone, "count": bought.count}
    if catalogue.priced:
        node["moneyPerHour"] = money(bought.count * bought.lot.price_micros)
    return {**node, "nodeGroup": bought.lot.group} if bought.lot.group else node


def _moves(option: Option) -> list[Document]:
    return [_move(moved) for moved in option.moves]


def _move(moved: Moved) -> Document:
    return {"kind": "Move", "pod": moved.pod, "from": moved.source, "to": moved.target}


def money(micros: int) -> float:
    """In the catalogue's currency."""
    return round(micros / MICROS, 6)
