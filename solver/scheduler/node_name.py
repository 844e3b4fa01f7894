"""NodeName: a pod that names its node (N1)."""

from __future__ import annotations

from solver.model.pod import Pod
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

OTHER_NODE = "node(s) didn't match the requested node name"


class NodeName:
    name = "NodeName"

    def prefilter(self, pod: Pod, _state: ClusterState) -> PreFilterResult:
        wanted = pod.node_name
        if wanted is None:
            return SKIP
        rejected = Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(OTHER_NODE,))

        def is_wanted(node: NodeState) -> Status | None:
            return None if node.node.name == wanted else rejected

        return PreFilterResult(filter=is_wanted)
