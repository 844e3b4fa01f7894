"""J2 before any rule: is this a placement of the pods asked about, on nodes that exist?"""

from __future__ import annotations

from collections.abc import Iterator

from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.verify.violation import Violation


def malformed(snapshot: Snapshot, question: Question, placement: Placement) -> Iterator[Violation]:
    asked, seen = set(question.pods), set()
    for assignment in placement.assignments:
        wrong = _fault(snapshot, assignment)
        if assignment.pod not in asked:
            wrong = "was not asked about"
        elif assignment.pod in seen:
            wrong = "is placed more than once"
        seen.add(assignment.pod)
        if wrong:
            yield Violation(
                rule="J2",
                pods=(assignment.pod,),
                node=assignment.node,
                sentence=f"pod {assignment.pod} on node {assignment.node} {wrong}",
            )


def _fault(snapshot: Snapshot, assignment: Assignment) -> str:
    pod = snapshot.pod_by_key.get(assignment.pod)
    if pod is None:
        return "is not in the snapshot"
    if not pod.is_pending:
        return "is not pending"  # G7, G8
    if assignment.node not in snapshot.node_by_name:
        return "has no such node"
    return ""
