"""``solve size --how-many``: how many replicas fit, as a line and as a document."""

from __future__ import annotations

from solver.model.outcome import Proof, Verdict
from solver.planning.size.how_many import HowMany
from solver.report import reasons
from solver.report.envelope import Document, placement_envelope, unplaced_section
from solver.report.size.facts import HowManyFacts
from solver.report.skipped import skipped_block
from solver.report.units import count


def how_many_text(facts: HowManyFacts) -> str:
    answer, name = facts.answer, str(facts.workload)
    known = how_many_verdict(answer) is Verdict.FITS
    more = f"{answer.fits - answer.now:+d}"
    lines = [f"{'FITS    ' if known else 'UNKNOWN '} {answer.fits} of {name} (now {answer.now}, so {more})"]
    refused = answer.refused
    if refused is None:
        lines.append("         as many as the nodes hold pods")
    elif answer.proved:
        lines.append(f"         {answer.fits + 1} do not fit: proved")
    else:
        lines.append(f"         {answer.fits + 1} were not placed in time: not proved impossible")
    first = next((reason for one in refused.unplaced for reason in one.reasons), None) if refused else None
    if first is not None:
        lines.append(f"         {reasons.sentence(first)}")
    if answer.left_out:
        few = ", ".join(answer.left_out[:5]) + (", …" if len(answer.left_out) > 5 else "")
        others = count(len(answer.left_out), "other pod")
        lines.append(f"         {others} got no place even without it, and left out here: {few}")
    lines += skipped_block(facts.skipped)
    lines.append("")
    lines.append(f"next: solve size --for {name}={answer.fits + 1} {facts.run.arguments}".rstrip())
    return "\n".join(lines) + "\n"


def how_many_verdict(answer: HowMany) -> Verdict:
    """Unknown where not even one replica was placed, nor proved to have no place."""
    return Verdict.FITS if answer.fits or answer.proved else Verdict.UNKNOWN


def how_many_document(facts: HowManyFacts) -> Document:
    answer = facts.answer
    left_out = {"podsLeftOut": len(answer.left_out)} if answer.left_out else {}
    return placement_envelope(
        facts.run,
        verb="size",
        verdict=how_many_verdict(answer),
        proof=Proof.PROVED if answer.proved else Proof.NOT_PROVED,
        question={"howMany": str(facts.workload)},
        summary={"replicasNow": answer.now, "replicasFit": answer.fits, **left_out},
        search=answer.refused.search if answer.refused else None,
        skipped=facts.skipped,
        warnings=facts.warnings,
        sections={"unplaced": unplaced_section(answer.refused.unplaced) if answer.refused else []},
    )
