"""TaintToleration: taints that filter (K1-K3) and taints that only repel (K5)."""

from __future__ import annotations

from collections.abc import Sequence

from solver.model.node import PREFER_NO_SCHEDULE, Node, Taint
from solver.model.pod import Pod, Toleration, tolerated
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

    def prefilter(self, pod: Pod, _state: ClusterState) -> PreFilterResult:
        def tolerates(node: NodeState) -> Status | None:
            taint = first_untolerated(node.node, pod.tolerations)
            if taint is None:
                return None
            return Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(untolerated_reason(taint),))

        return PreFilterResult(filter=tolerates)

    def scores(self, pod: Pod, _state: ClusterState, nodes: Sequence[NodeState]) -> Scores:
        """K5."""
        tolerations = [t for t in pod.tolerations if t.effect in ("", PREFER_NO_SCHEDULE)]
        raw = [
            sum(t.effect == PREFER_NO_SCHEDULE and not tolerated(t, tolerations) for t in node.node.taints)
            for node in nodes
        ]
        return normalize(raw, reverse=True)
