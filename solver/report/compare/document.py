"""``solve compare`` as a PlacementResult: placements are the joint plan's, ``comparison`` holds the rest."""

from __future__ import annotations

from collections.abc import Sequence

from solver.model.pod import WorkloadKey
from solver.planning.change import patches
from solver.planning.compare import Ask, NodeAnswer, Remedy, Row, Tally, WentWrong
from solver.report.compare.facts import CompareFacts
from solver.report.envelope import Document, placement_envelope, unplaced_section
from solver.report.json import placement
from solver.report.table import comma_separated

_HEAD = ("order", "led_by", "run", "placed", "requested", "stranded")


def document(facts: CompareFacts) -> Document:
    comparison, joint = facts.comparison, facts.joint
    outcome = comparison.joint
    return placement_envelope(
        facts.run,
        verb="compare",
        verdict=outcome.verdict,
        proof=outcome.proof,
        question={"orders": _orders(comparison.ask), "seeds": comparison.seeds},
        summary={
            "podsPlaced": comparison.target,
            "podsRequested": len(comparison.requested),
            "podsPlacedByDefaultScheduler": comparison.manifest.placed[0],
        },
        search=outcome.search,
        skipped=joint.skipped,
        warnings=joint.warnings,
        sections={
            "placements": [placement(placed) for placed in joint.placed],
            "unplaced": unplaced_section(outcome.unplaced),
            "fixes": [_fix(remedy) for remedy in comparison.remedies if remedy.by_priority is not None],
            "comparison": _comparison(facts),
        },
    )


def _orders(ask: Ask) -> int | str:
    """As it is given on the command line."""
    return "all" if ask.orders is None else ask.orders or "manifest"


def _comparison(facts: CompareFacts) -> Document:
    comparison = facts.comparison
    return {
        "emulated": True,
        "profiles": list(facts.profiles),
        "ties": "random" if comparison.seeds else "name",
        "joint": {"placed": comparison.target, "requested": len(comparison.requested)},
        "orders": [_order(row) for row in comparison.named],
        "sampled": _sampled(comparison.sampled) if comparison.sampled else None,
        "allOrders": comparison.all_orders,
        "cutShort": comparison.cut_short,
        "wrong": _wrong(comparison.wrong) if comparison.wrong else None,
        "remedies": [_remedy(remedy) for remedy in comparison.remedies],
    }


def _order(row: Row) -> Document:
    fewest, most = row.placed
    return {
        "name": row.name.value,
        "ledBy": _workloads(row.led_by),
        "arrival": [pod.key for pod in row.arrival],
        "runs": len(row.attempts),
        "complete": sum(not attempt.stranded for attempt in row.attempts),
        "placedFewest": fewest,
        "placedMost": most,
        "stranded": list(row.worst.stranded),
        "placements": [{"pod": a.pod, "node": a.node} for a in row.worst.placed],
    }


def _sampled(tally: Tally) -> Document:
    return {
        "orders": tally.orders,
        "distinct": tally.distinct,
        "runs": tally.runs,
        "complete": tally.complete,
        "placedFewest": tally.fewest,
        "placedMost": tally.most,
        "strands": [{"workload": str(workload), "runs": number} for workload, number in tally.strands],
    }


def _wrong(wrong: WentWrong) -> Document:
    return {
        "pod": wrong.pod.key,
        "openAtFirst": list(wrong.open_at_first),
        "steps": [
            {
                "step": closing.step,
                "pod": closing.pod,
                "node": closing.node,
                "closes": list(closing.closed),
                "left": closing.left,
            }
            for closing in wrong.closings
        ],
        "nodes": [_node(answer) for answer in wrong.answers],
        "message": wrong.refusal,
    }


def _node(answer: NodeAnswer) -> Document:
    return {
        "node": answer.node,
        "plugin": answer.plugin,
        "reasons": list(answer.reasons),
        "shortOf": [
            {"resource": short.resource, "free": short.free, "wanted": short.wanted}
            for short in answer.short_of
        ],
    }


def _remedy(remedy: Remedy) -> Document:
    return {
        "kind": "DeployFirst",
        "verified": True,
        "workloads": _workloads(remedy.workloads),
        "placedFewest": remedy.row.placed[0],
        "byPriorityClass": remedy.by_priority is not None,
        "restarts": remedy.restarts,
        "waiting": remedy.waiting,
    }


def _fix(remedy: Remedy) -> Document:
    assert remedy.by_priority is not None  # only such remedies are fixes
    names = ", then ".join(workload.name for workload in remedy.workloads)
    return {
        "verified": True,
        "sentence": f"a higher priority class for {names}",
        "patches": patches(remedy.by_priority),
        "cost": {"pods": remedy.restarts, "bytes": 0},
        "after": {"podsPlaced": remedy.row.placed[0]},
    }


def _workloads(workloads: Sequence[WorkloadKey]) -> list[str]:
    return [str(workload) for workload in workloads]


def rows(facts: CompareFacts) -> str:
    """Every run of the named orders and remedies, comma-separated."""
    comparison = facts.comparison
    named = [*comparison.named, *(remedy.row for remedy in comparison.remedies)]
    total = len(comparison.requested)
    return comma_separated(
        _HEAD,
        [
            [
                row.name.value,
                " ".join(_workloads(row.led_by)),
                number,
                len(attempt.placed),
                total,
                " ".join(attempt.stranded),
            ]
            for row in named
            for number, attempt in enumerate(row.attempts)
        ],
    )
