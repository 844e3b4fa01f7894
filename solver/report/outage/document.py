"""``solve outage`` as a PlacementResult: one entry of ``outages`` per loss."""

from __future__ import annotations

from solver.model.outcome import Proof, Verdict
from solver.planning.outage.answer import (
    DataFate,
    LossFate,
    LossVerdict,
    Returned,
    StaysDown,
    WorkloadFate,
)
from solver.planning.outage.timing import Span
from solver.report.envelope import Document, placement_envelope, unplaced_section
from solver.report.outage.facts import OutageFacts
from solver.report.outage.fixes import fix_documents, together_document
from solver.report.outage.words import LOSS

_VERDICT = {
    LossVerdict.OK: Verdict.FITS,
    LossVerdict.DEGRADED: Verdict.FITS,
    LossVerdict.UNKNOWN: Verdict.UNKNOWN,
    LossVerdict.FAILS: Verdict.DOES_NOT_FIT,
}
"""What the envelope's closed list has for them; ``summary.verdict`` tells the four apart."""


def document(facts: OutageFacts) -> Document:
    found = facts.outage
    made = facts.assumptions
    return placement_envelope(
        facts.run,
        verb="outage",
        verdict=_VERDICT[found.verdict],
        proof=Proof.PROVED if facts.is_proved else Proof.NOT_PROVED,
        question={
            "losses": [_lost(fate) for fate in found.fates],
            "quorum": {wanted.name: wanted.needs or "majority" for wanted in made.quorums},
            "timing": list(made.timing.overridden),
            "nodesDeleted": made.nodes_deleted,
        },
        summary={
            "verdict": LOSS[found.verdict],
            **{LOSS[verdict].lower(): len(facts.with_verdict(verdict)) for verdict in LossVerdict},
            "together": together_document(facts.remedies),
        },
        search=facts.search,
        skipped=facts.skipped,
        warnings=facts.warnings,
        sections={
            "unplaced": unplaced_section(facts.before.unplaced) if facts.before is not None else [],
            "outages": [_outage(fate) for fate in found.fates],
            "fixes": fix_documents(facts.remedies),
        },
    )


def _outage(fate: LossFate) -> Document:
    return {
        "lost": _lost(fate),
        "nodes": sorted(fate.loss.nodes),
        "storageZones": sorted(fate.loss.zones),
        "verdict": LOSS[fate.verdict],
        "workloads": [_workload(one) for one in fate.workloads],
        "data": [_data(one) for one in fate.data],
        "podsBoundToNodes": fate.bound_to_nodes,
    }


def _lost(fate: LossFate) -> Document:
    """Topology key to values; ``node`` for nodes by name."""
    lost: Document = {}
    for domain in fate.loss.domains:
        lost.setdefault(domain.key, []).append(domain.value)
    return lost


def _workload(one: WorkloadFate) -> Document:
    return {
        "workload": str(one.workload),
        "model": one.model.value,
        "replicas": one.wanted,
        "now": one.now,
        "left": one.left,
        "uncertain": one.uncertain,
        "quorum": {"needs": one.quorum.needs, "source": one.quorum.source.value},
        "comesBack": [_returned(returned) for returned in one.returned],
        "staysDown": [_down(down) for down in one.down],
        "verdict": one.verdict.value,
    }


def _returned(one: Returned) -> Document:
    return {
        "pod": one.pod,
        "node": one.node,
        "recovery": one.recovery.value,
        "waitsFor": [reason.value for reason in one.fencing],
        "afterSeconds": _span(one.after),
    }


def _span(span: Span | None) -> list[int] | None:
    return None if span is None else [span.low_s, span.high_s]


def _down(one: StaysDown) -> Document:
    return {
        "pod": one.pod,
        "why": one.obstacle.value,
        "claims": list(one.claims),
        "lacking": list(one.lacking),
        "lostDomainCounts": one.lost_domain,
        "withNewClaims": one.anew,
        "reasons": [{"code": reason.code.value, "message": reason.message} for reason in one.reasons],
    }


def _data(one: DataFate) -> Document:
    return {
        "class": one.storage_class,
        "kind": one.kind.value if one.kind is not None else None,
        "fate": one.fate.name.title().replace("_", ""),
        "volumes": one.volumes,
        "bytes": one.size_bytes,
        "example": one.example,
    }
