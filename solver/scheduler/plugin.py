"""What a plugin is: at most one question before any node is looked at, one per node, and a score.

Nothing here knows a rule; each plugin has a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from solver.model.names import NodeName
from solver.model.pod import Pod
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Status

MAX_NODE_SCORE = 100

NodeFilter = Callable[[NodeState], Status | None]
"""The filter of one plugin for one pod: None when the pod may go on the node."""

Scores = list[int]
"""Normalised 0..100, parallel to the nodes asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreFilterResult:
    """What a plugin found out about the pod alone.

    The filter holds whatever was computed for the pod, and is good until the state changes.
    """

    status: Status | None = None
    """The pod is rejected before any node is looked at (G2)."""
    nodes: frozenset[NodeName] | None = None
    """Only these nodes are looked at (L8); None means all."""
    filter: NodeFilter | None = None
    """None: nothing to do, the plugin is skipped for this pod (G3)."""


SKIP = PreFilterResult()


class FilterPlugin(Protocol):
    name: str

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult: ...


class ScorePlugin(Protocol):
    name: str

    def scores(self, pod: Pod, state: ClusterState, nodes: Sequence[NodeState]) -> Scores | Status | None:
        """Scores of the feasible nodes, None when the plugin is skipped, a Status when it fails (ERR)."""


def normalize(raw: Sequence[int], *, reverse: bool = False) -> Scores:
    """kube-scheduler's default: scale so that the largest is 100, then turn round if asked (K5, L9)."""
    largest = max(raw)
    if largest == 0:
        return [MAX_NODE_SCORE if reverse else 0] * len(raw)
    scaled = [MAX_NODE_SCORE * value // largest for value in raw]
    return [MAX_NODE_SCORE - value for value in scaled] if reverse else scaled
