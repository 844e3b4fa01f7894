"""PodDisruptionBudgets: how many pods may be evicted at once (policy/v1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.model.pod import Pod
from solver.model.selector import LabelSelector


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A number of pods, or a percentage of those expected, rounded up."""

    amount: int
    percent: bool = False

    def of(self, expected: int) -> int:
        return -(-self.amount * expected // 100) if self.percent else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptionBudget:
    namespace: str
    name: str
    selector: LabelSelector | None
    """None covers nothing, the empty one every pod of the namespace."""
    min_available: Share | None = None
    max_unavailable: Share | None = None

    def __str__(self) -> str:
        return f"PodDisruptionBudget/{self.namespace}/{self.name}"

    def covers(self, pod: Pod) -> bool:
        return (
            self.selector is not None
            and pod.namespace == self.namespace
            and self.selector.matches(pod.labels)
        )

    def allows(self, pods: Sequence[Pod]) -> int:
        """Evictions at once, of ``pods``, all that it covers; those that are Ready on a node are healthy."""
        return max(0, self._spare(pods))

    def lets_go(self, pod: Pod, pods: Sequence[Pod]) -> bool:
        """May the pod be evicted? One that is not Ready, as soon as enough others are
        (``unhealthyPodEvictionPolicy: IfHealthyBudget``, the default)."""
        return self._spare(pods) >= (1 if pod.ready else 0)

    def _spare(self, pods: Sequence[Pod]) -> int:
        healthy = sum(pod.node_name is not None and pod.ready and not pod.terminating for pod in pods)
        if self.max_unavailable is not None:
            wanted = len(pods) - self.max_unavailable.of(len(pods))
        elif self.min_available is not None:
            wanted = self.min_available.of(len(pods))
        else:
            wanted = len(pods)
        return healthy - max(0, wanted)
