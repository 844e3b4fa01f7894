"""What every result document has in common: who made it of what, the question, the answer, how it was solved.

Each verb fills in its own sections; ``solver.report.schema`` describes all of them. Plain dictionaries of
JSON types. Times stand only in ``solver.*Seconds``; all else is the same for the same inputs and seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from solver.model.outcome import Proof, Reason, SearchReport, Unplaced, Verdict
from solver.model.snapshot import Skipped
from solver.planning.autoscaled import Autoscaled
from solver.planning.change import Cost
from solver.report import reasons
from solver.report.facts import Run

API_VERSION = "bulkhead.dev/v1alpha1"

Document = dict[str, Any]

_SECTIONS = (
    "placements",
    "unplaced",
    "conflicts",
    "fixes",
    "nodesToAdd",
    "outages",
    "moves",
    "constraints",
)
"""Always there, in this order; empty where a verb has nothing to say."""


def placement_envelope(
    run: Run,
    *,
    verb: str,
    verdict: Verdict,
    proof: Proof,
    question: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
    search: SearchReport | None = None,
    skipped: Iterable[Skipped] = (),
    warnings: Sequence[str] = (),
    sections: Mapping[str, Any] | None = None,
) -> Document:
    """A PlacementResult. ``question`` is what the verb was asked beyond its name, ``search`` how the main
    solve went where there is one, ``sections`` the verb's own parts by their key in the schema."""
    given = dict(sections or {})
    return {
        **head(run, "PlacementResult"),
        "question": {"verb": verb, **(question or {})},
        "answer": {"verdict": verdict.value, "proof": proof.value, "exitCode": run.exit_code},
        "summary": dict(summary or {}),
        **{section: given.pop(section, []) for section in _SECTIONS},
        **given,
        "autoscaled": [_autoscaled(one) for one in run.autoscaled],
        "skipped": skipped_section(skipped),
        "warnings": list(warnings),
        "solver": _solver(run, proof, search or SearchReport()),
    }


def head(run: Run, kind: str) -> Document:
    """How every document of a run begins."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {
            "generatedBy": f"solve {run.version}",
            "seed": run.config.seed,
            "inputs": {"snapshot": run.snapshot_digest, "manifests": list(run.manifest_digests)},
        },
    }


def cost_document(cost: Cost) -> Document:
    """Money is left out where it is not known."""
    document: Document = {"pods": cost.pods, "bytes": cost.bytes, "volumes": cost.volumes}
    if cost.money_per_hour is not None:
        document["moneyPerHour"] = float(cost.money_per_hour)
    return document


def unplaced_section(unplaced: Iterable[Unplaced]) -> list[Document]:
    return [{"pod": one.pod, "reasons": [_reason(reason) for reason in one.reasons]} for one in unplaced]


def _reason(reason: Reason) -> Document:
    owner, path = reasons.located(reason.object, reason.path)
    return {
        "code": reason.code.value,
        "message": reasons.sentence(reason),
        "object": owner,
        "path": path,
    }


def _autoscaled(one: Autoscaled) -> Document:
    return {
        "workload": str(one.workload),
        "autoscaler": str(one.autoscaler),
        "written": one.written,
        "replicas": one.replicas,
        "minReplicas": one.minimum,
        "maxReplicas": one.maximum,
    }


def skipped_section(skipped: Iterable[Skipped]) -> list[Document]:
    return [_skipped(skip) for skip in skipped]


def _skipped(skip: Skipped) -> Document:
    return {"code": skip.code, "feature": skip.feature, "count": skip.count, "example": skip.example}


def _solver(run: Run, proof: Proof, search: SearchReport) -> Document:
    last = search.stages[-1] if search.stages else None
    return {
        "status": "OPTIMAL" if proof is Proof.OPTIMAL else "FEASIBLE",
        "objective": last.value if last else None,
        "bestBound": last.bound if last else None,
        "stages": [{"name": s.name, "value": s.value, "bound": s.bound} for s in search.stages],
        "stoppedBy": search.stopped_by.value,
        "workers": search.workers,
        "variables": search.variables,
        "components": search.components,
        "podClasses": search.pod_classes,
        "nodeClasses": search.node_classes,
        "approximations": list(search.approximations),
        "readSeconds": round(run.read_seconds, 3),
        "wallSeconds": round(run.wall_seconds, 3),
        "verifySeconds": round(run.verify_seconds, 3),
    }
