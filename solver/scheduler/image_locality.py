"""ImageLocality: prefer nodes that already hold the pod's images (I). Scores only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from solver.model.pod import Pod
from solver.scheduler.columns import IntArray
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.state import ClusterState, NodeState

MEBIBYTE = 2**20
FLOOR = 23 * MEBIBYTE
CEILING_PER_CONTAINER = 1000 * MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Images:
    """What nodes report, by image name."""

    worth: dict[str, int]
    """Size scaled by the share of nodes that have it (I3)."""
    nodes: dict[str, IntArray]
    """Indices of the nodes that have it."""


class ImageLocality:
    name = "ImageLocality"

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores:
        images = state.table("images", lambda: _survey(state.nodes))
        worth = np.zeros(len(state.nodes), dtype=np.int64)
        for name in pod.images:
            if name in images.nodes:
                worth[images.nodes[name]] += images.worth[name]
        return _score(worth[nodes], max(1, len(pod.images)))


def _survey(nodes: Sequence[NodeState]) -> _Images:
    sizes: dict[str, int] = {}
    holders: dict[str, dict[int, None]] = {}
    for node in nodes:
        for image in node.node.images:
            for name in image.names:
                sizes.setdefault(name, image.size_bytes)  # I3: the first node that reported it
                holders.setdefault(name, {})[node.index] = None
    worth = {name: int(size * (len(holders[name]) / len(nodes))) for name, size in sizes.items()}
    return _Images(worth=worth, nodes={name: np.array(list(having)) for name, having in holders.items()})


def _score(total: IntArray, containers: int) -> IntArray:
    """I4."""
    ceiling = CEILING_PER_CONTAINER * containers
    return MAX_NODE_SCORE * (np.clip(total, FLOOR, ceiling) - FLOOR) // (ceiling - FLOOR)
