"""NodeUnschedulable: cordoned nodes (N2, N3)."""

from __future__ import annotations

from solver.model.node import NO_SCHEDULE, UNSCHEDULABLE_TAINT, Taint
from solver.model.pod import Pod, tolerated
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

UNSCHEDULABLE = "node(s) were unschedulable"

_CORDON = Taint(key=UNSCHEDULABLE_TAINT, effect=NO_SCHEDULE)


class NodeUnschedulable:
    name = "NodeUnschedulable"

    def prefilter(self, pod: Pod, _state: ClusterState) -> PreFilterResult:
        if tolerated(_CORDON, pod.tolerations):
            return SKIP
        rejected = Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(UNSCHEDULABLE,))

        def may_use(node: NodeState) -> Status | None:
            return rejected if node.node.unschedulable else None

        return PreFilterResult(filter=may_use)
