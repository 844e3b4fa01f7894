"""NodeUnschedulable: cordoned nodes (N2, N3)."""

from __future__ import annotations

import numpy as np

from solver.model.node import NO_SCHEDULE, UNSCHEDULABLE_TAINT, Taint
from solver.model.pod import Pod, tolerated
from solver.scheduler.columns import BoolArray
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

UNSCHEDULABLE = "node(s) were unschedulable"

_REJECTED = Status(plugin="NodeUnschedulable", code=Code.UNRESOLVABLE, reasons=(UNSCHEDULABLE,))
_CORDON = Taint(key=UNSCHEDULABLE_TAINT, effect=NO_SCHEDULE)


class NodeUnschedulable:
    name = "NodeUnschedulable"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        if tolerated(_CORDON, pod.tolerations):
            return SKIP
        return PreFilterResult(filter=_may_use, refusals=lambda: [(_REJECTED, _cordoned(state))])


def _may_use(node: NodeState) -> Status | None:
    return _REJECTED if node.node.unschedulable else None


def _cordoned(state: ClusterState) -> BoolArray:
    return state.table("cordoned", lambda: np.array([n.node.unschedulable for n in state.nodes], np.bool_))
