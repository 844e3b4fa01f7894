"""TaintToleration: taints that filter (K1-K3) and taints that only repel (K5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from solver.model.node import PREFER_NO_SCHEDULE, Node, Taint
from solver.model.pod import Pod, Toleration, tolerated
from solver.scheduler.columns import BoolArray, IntArray, Looks
from solver.scheduler.plugin import PreFilterResult, Scores, normalize
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status


def untolerated_reason(taint: Taint) -> str:
    return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"


def first_untolerated(node: Node, tolerations: Sequence[Toleration]) -> Taint | None:
    """K2: in the node's order, only effects that filter."""
    for taint in node.taints:
        if taint.repels and not tolerated(taint, tolerations):
            return taint
    return None


class TaintToleration:
    name = "TaintToleration"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        def tolerates(node: NodeState) -> Status | None:
            taint = first_untolerated(node.node, pod.tolerations)
            if taint is None:
                return None
            return Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(untolerated_reason(taint),))

        def refusals() -> Iterator[tuple[Status, BoolArray]]:
            looks = _tainted_alike(state)
            for look, index in enumerate(looks.first):
                status = tolerates(state.nodes[index])
                if status is not None:
                    yield status, looks.of == look

        return PreFilterResult(filter=tolerates, refusals=refusals)

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores:
        """K5."""
        tolerations = [t for t in pod.tolerations if t.effect in ("", PREFER_NO_SCHEDULE)]
        looks = _tainted_alike(state)
        taints = [state.nodes[index].node.taints for index in looks.first]
        repelled = [
            sum(t.effect == PREFER_NO_SCHEDULE and not tolerated(t, tolerations) for t in alike)
            for alike in taints
        ]
        return normalize(np.array(repelled, dtype=np.int64)[looks.of[nodes]], reverse=True)


def _tainted_alike(state: ClusterState) -> Looks:
    return state.table("taints", lambda: state.columns.alike(lambda node: node.taints))
