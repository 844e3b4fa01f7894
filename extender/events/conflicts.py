"""What is said of a pod that was proved to have no place: the conflict in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from extender.book.answers import Why
from extender.book.plans import Plan
from extender.config import OnInfeasible, Policies
from solver.model.names import PodKey
from solver.model.outcome import Unplaced
from solver.model.pod import Pod
from solver.report.reasons import sentence

MAX_CHARS = 1024
"""The API server refuses longer notes."""
_GOES_ON = "kube-scheduler goes on without a plan for it"
_HELD = "it is held back until that changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to say about a pod."""

    namespace: str
    name: str
    uid: str
    note: str


def remarks(plan: Plan, policies: Policies) -> Iterator[Remark]:
    """One for every pod that exists and that the plan proved to have no place."""
    for key, unplaced in plan.unplaced.items():
        pod = plan.slots.snapshot.pod_by_key.get(key)
        if pod is not None and not pod.from_manifest and plan.why_not(key) is Why.INFEASIBLE:
            labels = plan.slots.snapshot.namespace_labels(pod.namespace)
            held = policies.of(labels, pod.labels).on_infeasible is OnInfeasible.HOLD
            note = f"{_conflict(plan, pod, unplaced)}; {_HELD if held else _GOES_ON}"
            yield Remark(namespace=pod.namespace, name=pod.name, uid=pod.uid, note=note[:MAX_CHARS])


def _conflict(plan: Plan, pod: Pod, unplaced: Unplaced) -> str:
    others = [other for other in _cohort(plan, pod) if other != pod.key]
    head = "this pod cannot be placed"
    if others:
        head = f"this pod and {len(others)} more of {pod.workload} cannot all be placed"
    told = "; ".join(dict.fromkeys(sentence(reason) for reason in unplaced.reasons))
    return f"{head}: {told}" if told else head


def _cohort(plan: Plan, pod: Pod) -> list[PodKey]:
    """Pods of its workload that wait, too."""
    if pod.workload is None:
        return []
    return [p.key for p in plan.slots.snapshot.pending if p.workload == pod.workload]
