"""R8-R13: requests of all pods on a node against its allocatable, once everything runs.

Requests only add up, so the final sums decide (J3): whichever planned pod comes last sees all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation


def check(state: FinalState) -> Iterator[Violation]:
    for residents in state.by_node.values():
        yield from _pod_count(residents)
        yield from _resources(residents)


def _pod_count(residents: Sequence[Resident]) -> Iterator[Violation]:
    """R8."""
    node = residents[0].node
    room = node.allocatable.get("pods", 0)
    if len(residents) > room:
        yield Violation(
            rule="R8",
            pods=tuple(r.pod.key for r in residents if r.planned),
            node=node.name,
            sentence=f"node {node.name} would run {len(residents)} pods and allows {room}",
        )


def _resources(residents: Sequence[Resident]) -> Iterator[Violation]:
    """R10; R12: a resource the node does not state counts as 0."""
    node = residents[0].node
    used: Counter[str] = Counter()
    asked_by_planned: set[str] = set()  # R13: an overcommitted resource hurts only those who ask for it
    for resident in residents:
        for resource, amount in resident.pod.requests.items():
            used[resource] += amount
            if resident.planned and amount > 0:
                asked_by_planned.add(resource)
    for resource in sorted(asked_by_planned):
        room = node.allocatable.get(resource, 0)
        if used[resource] > room:
            yield Violation(
                rule="R10",
                pods=tuple(r.pod.key for r in residents if r.planned and r.pod.requests.get(resource, 0) > 0),
                node=node.name,
                sentence=(
                    f"pods on node {node.name} would request {used[resource]} of {resource};"
                    f" {room} is allocatable"
                ),
            )
