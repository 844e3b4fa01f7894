"""NodeResourcesFit: does the pod's request fit (R8-R14), and how empty would the node stay (R15, R16).

Effective requests (R2-R7) are computed where pods are read; here they are integers.
"""

from __future__ import annotations

from collections.abc import Sequence

from solver.model.pod import Pod
from solver.scheduler.config import SchedulerConfig
from solver.scheduler.plugin import MAX_NODE_SCORE, PreFilterResult, Scores
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

CPU = "cpu"
MEMORY = "memory"
TOO_MANY_PODS = "Too many pods"

_REPORTED_FIRST = {CPU: 0, MEMORY: 1, "ephemeral-storage": 2}


def insufficient_reason(resource: str) -> str:
    return f"Insufficient {resource}"


class NodeResourcesFit:
    name = "NodeResourcesFit"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        requests = _filtered_requests(pod, state.config)

        def fits(node: NodeState) -> Status | None:
            allocatable = node.node.allocatable
            reasons: list[str] = []
            code = Code.UNSCHEDULABLE
            if len(node.pods) + 1 > allocatable.get("pods", 0):  # R8
                reasons.append(TOO_MANY_PODS)
            for resource, amount in requests:
                capacity = allocatable.get(resource, 0)  # R12
                if amount > capacity - node.requested.get(resource, 0):  # R10
                    reasons.append(insufficient_reason(resource))
                    if amount > capacity:  # R11
                        code = Code.UNRESOLVABLE
            return Status(plugin=self.name, code=code, reasons=tuple(reasons)) if reasons else None

        return PreFilterResult(filter=fits)

    def scores(self, pod: Pod, _state: ClusterState, nodes: Sequence[NodeState]) -> Scores:
        return [_least_allocated(pod, node) for node in nodes]


def _filtered_requests(pod: Pod, config: SchedulerConfig) -> list[tuple[str, int]]:
    """Non-zero requests (R13) in the order they are reported, without those R14 ignores."""
    requests = [
        (resource, amount)
        for resource, amount in pod.requests.items()
        if amount > 0
        and resource not in config.ignored_resources
        and resource.partition("/")[0] not in config.ignored_resource_groups
    ]
    return sorted(requests, key=lambda item: (_REPORTED_FIRST.get(item[0], 3), item[0]))


def _least_allocated(pod: Pod, node: NodeState) -> int:
    """R15, R16: integer mean over cpu and memory of the share left free."""
    allocatable = node.node.allocatable
    used = (
        (CPU, node.score_cpu_millis + pod.incoming_score_cpu_millis),
        (MEMORY, node.score_memory_bytes + pod.incoming_score_memory_bytes),
    )
    shares = [
        _free_share(allocatable[resource], amount) for resource, amount in used if allocatable.get(resource)
    ]
    return sum(shares) // len(shares) if shares else 0


def _free_share(capacity: int, used: int) -> int:
    return 0 if used > capacity else (capacity - used) * MAX_NODE_SCORE // capacity
