"""DynamicResources: pods with resource claims are refused unless every claim is allocated (D3).

Allocating devices is not modelled; an allocation that exists only restricts the nodes.
"""

from __future__ import annotations

from solver.model.pod import Pod
from solver.model.requirement import NodeSelector
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

NOT_SUPPORTED = "dynamic resource allocation not supported"
NOT_ON_NODE = "resourceclaim not available on the node"


class DynamicResources:
    name = "DynamicResources"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        if not pod.resource_claims:
            return SKIP
        allocations: list[NodeSelector] = []
        for name in pod.resource_claims:
            claim = state.snapshot.resource_claim_by_key.get(f"{pod.namespace}/{name}")
            if claim is None or claim.deleting or not claim.allocated:  # D2
                return PreFilterResult(status=self._rejection(NOT_SUPPORTED))
            if claim.node_selector is not None:
                allocations.append(claim.node_selector)
        rejected = self._rejection(NOT_ON_NODE)

        def is_allocated_here(node: NodeState) -> Status | None:
            labels, name = node.node.labels, node.node.name
            return None if all(selector.matches(labels, name) for selector in allocations) else rejected

        return PreFilterResult(filter=is_allocated_here)

    def _rejection(self, reason: str) -> Status:
        return Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(reason,))
