"""The plan for one pod, in words: where it goes, which nodes it may take, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping

from extender.book.plans import Plan
from extender.book.shelf import PlanBook
from solver.model.names import PodKey
from solver.model.outcome import Unplaced
from solver.model.pod import Pod

API_VERSION = "bulkhead.dev/v1alpha1"


def explanation(book: PlanBook, key: PodKey) -> dict[str, object] | None:
    """None for a pod the snapshot does not know. Raises NotReadyError."""
    plan = book.plan
    pod = plan.slots.snapshot.pod_by_key.get(key)
    if pod is None:
        return None
    return {
        "apiVersion": API_VERSION,
        "kind": "PodExplanation",
        "pod": key,
        "state": _state(plan, pod),
        **_slot(book, pod),
        "reasons": reasons(plan.unplaced.get(key)),
        "lastAnswer": _noted(book, key),
        "plan": plan_facts(book, plan),
    }


def _state(plan: Plan, pod: Pod) -> str:
    if pod.key in plan.slots.node_of:
        return "Planned"
    if pod.key in plan.unplaced:
        return "Infeasible" if plan.is_proved else "Undecided"
    if pod.is_pending:
        return "Gated"
    return "Assigned" if pod.node_name else "Ended"


def _slot(book: PlanBook, pod: Pod) -> dict[str, object]:
    """What was planned for the pod. One without a slot is judged when it is asked about, not here."""
    plan = book.plan
    group = plan.group(pod)
    if group is None:
        return {"planned": None, "kept": [], "refused": [], "sharesSlotsWith": []}
    answer = plan.slot_answer(pod, group)
    order = [a.pod for a in plan.outcome.placement.assignments]
    return {
        "planned": {"node": answer.planned, "position": order.index(pod.key) + 1, "of": len(order)},
        "kept": sorted(answer.kept),
        "refused": [{"node": n, "reason": str(reason)} for n, reason in sorted(answer.refused.items())],
        "sharesSlotsWith": sorted(p.key for p in group.pods if p.key != pod.key),
    }


def _noted(book: PlanBook, key: PodKey) -> dict[str, object] | None:
    """What kube-scheduler was told last, and how far down the ladder that was found."""
    noted = book.noted(key)
    if noted is None:
        return None
    return {"rung": noted.rung, "fallback": noted.why, "nodes": noted.nodes, "kept": noted.kept}


def reasons(unplaced: Unplaced | None) -> list[Mapping[str, str]]:
    """Why the solver found no node for the pod."""
    return [
        {"code": r.code.value, "message": r.message, "object": r.object, "path": r.path}
        for r in (unplaced.reasons if unplaced else ())
    ]


def plan_facts(book: PlanBook, plan: Plan) -> dict[str, object]:
    outcome = plan.outcome
    return {
        "generation": plan.sighting.generation,
        "ageSeconds": round(book.age_s(), 1),
        "verdict": outcome.verdict.value,
        "proof": outcome.proof.value,
        "stoppedBy": outcome.search.stopped_by.value,
        "placed": len(outcome.placement.assignments),
        "unplaced": len(outcome.unplaced),
    }
