"""The plan in use as a list of workloads: which pods have slots, where, and for how long they are kept."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from extender.book.answers import Why
from extender.book.plans import Plan
from extender.book.shelf import PlanBook
from extender.endpoints.explain import API_VERSION, plan_facts, reasons
from solver.model.names import PodKey


def plan_list(book: PlanBook, clock: Callable[[], float] = time.monotonic) -> dict[str, object]:
    """Raises NotReadyError."""
    plan = book.plan
    return {
        "apiVersion": API_VERSION,
        "kind": "PlanList",
        "plan": plan_facts(book, plan),
        "workloads": list(_workloads(book, plan, clock())),
        "unplaced": [
            {
                "pod": key,
                "state": "Infeasible" if plan.why_not(key) is Why.INFEASIBLE else "Undecided",
                "reasons": reasons(unplaced),
            }
            for key, unplaced in sorted(plan.unplaced.items())
        ],
    }


def _workloads(book: PlanBook, plan: Plan, now: float) -> Iterator[dict[str, object]]:
    kept = {reservation.pod: reservation for reservation in book.reservations}
    by_workload: dict[str, list[PodKey]] = defaultdict(list)
    for key in plan.slots.node_of:
        pod = plan.slots.snapshot.pod_by_key[key]
        by_workload[str(pod.workload) if pod.workload else f"Pod/{key}"].append(key)
    for workload, keys in sorted(by_workload.items()):
        yield {
            "workload": workload,
            "pods": [
                {
                    "pod": key,
                    "node": kept[key].node if key in kept else plan.slots.node_of[key],
                    "reserved": key in kept,
                    "expiresInSeconds": round(kept[key].expires_at - now, 1) if key in kept else None,
                }
                for key in keys
            ],
        }
