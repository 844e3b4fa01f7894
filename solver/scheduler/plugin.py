"""What a plugin is: at most one question before any node is looked at, one per node, and a score.

Nothing here knows a rule; each plugin has a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from solver.model.names import NodeName
from solver.model.pod import Pod
from solver.scheduler.columns import BoolArray, IntArray, Looks
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Status

MAX_NODE_SCORE = 100

NodeFilter = Callable[[NodeState], Status | None]
"""The filter of one plugin for one pod: None when the pod may go on the node."""

Refusals = Callable[[], Iterable[tuple[Status, BoolArray]]]
"""The same filter put to all nodes at once: each answer with the nodes [N] that get it, unless they got an
earlier one."""

Scores = IntArray
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
    refusals: Refusals | None = None
    alike: Callable[[], Looks] | None = None
    """Looks of nodes that the filter tells the same. With neither, every node is asked by itself."""


SKIP = PreFilterResult()


class FilterPlugin(Protocol):
    name: str

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult: ...


class ScorePlugin(Protocol):
    name: str

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | Status | None:
        """Scores of the feasible nodes, which are given by index and at least one. None when the plugin is
        skipped, a Status when it fails (ERR)."""


def normalize(raw: IntArray, *, reverse: bool = False) -> Scores:
    """kube-scheduler's default: scale so that the largest is 100, then turn round if asked (K5, L9)."""
    largest = raw.max()
    scaled = MAX_NODE_SCORE * raw // largest if largest else np.zeros_like(raw)
    return MAX_NODE_SCORE - scaled if reverse else scaled
