"""How kube-scheduler v1.34.1 reads an extender's answers, as far as it matters here.

Source: ``pkg/scheduler/extender.go``. Keys are taken as written: that its decoder ignores their letter case
only makes more answers valid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class CycleFailedError(Exception):
    """ERR: the pod's cycle ends with SchedulerError."""


@dataclass(frozen=True)
class Filtered:
    feasible: list[str]
    unschedulable: dict[str, str]
    """U: preemption may be tried."""
    unresolvable: dict[str, str]
    """UU."""


def read_filter(body: bytes, asked: Sequence[str]) -> Filtered:
    """X3, X4, with ``nodeCacheCapable: true``. A node in neither list is unresolvable without a reason."""
    answer = json.loads(body)
    if not isinstance(answer, Mapping):
        raise CycleFailedError("not an object")
    if answer.get("Error"):
        raise CycleFailedError(answer["Error"])
    feasible = list(answer.get("NodeNames") or ())
    strangers = set(feasible) - set(asked)
    if strangers:
        raise CycleFailedError(f"not asked about: {strangers}")
    unresolvable = dict(answer.get("FailedAndUnresolvableNodes") or {})
    failed = dict(answer.get("FailedNodes") or {})
    unschedulable = {n: r for n, r in failed.items() if n not in unresolvable and n not in feasible}
    silent = set(asked) - set(feasible) - failed.keys() - unresolvable.keys()
    return Filtered(feasible, unschedulable, unresolvable | dict.fromkeys(silent, ""))


def read_priorities(body: bytes, weight: int) -> dict[str, int]:
    """X7, X8: what each host's total gains. One score that is no integer discards the whole list."""
    answer = json.loads(body)
    if any(not isinstance(entry["Score"], int) or isinstance(entry["Score"], bool) for entry in answer):
        return {}
    gained: dict[str, int] = {}
    for entry in answer:
        gained[entry["Host"]] = gained.get(entry["Host"], 0) + entry["Score"] * weight * 10
    return gained
