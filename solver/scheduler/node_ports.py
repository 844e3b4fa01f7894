"""NodePorts: host ports already in use on the node (P)."""

from __future__ import annotations

from solver.model.pod import Pod
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

PORT_IN_USE = "node(s) didn't have free ports for the requested pod ports"


class NodePorts:
    name = "NodePorts"

    def prefilter(self, pod: Pod, _state: ClusterState) -> PreFilterResult:
        if not pod.host_ports:
            return SKIP
        rejected = Status(plugin=self.name, code=Code.UNSCHEDULABLE, reasons=(PORT_IN_USE,))

        def has_free_ports(node: NodeState) -> Status | None:
            for used in node.host_ports:
                if any(wanted.conflicts(used) for wanted in pod.host_ports):  # P2
                    return rejected
            return None

        return PreFilterResult(filter=has_free_ports)
