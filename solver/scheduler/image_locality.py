"""ImageLocality: prefer nodes that already hold the pod's images (I). Scores only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.model.pod import Pod
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
    nodes: dict[str, set[int]]
    """Indices of the nodes that have it."""


class ImageLocality:
    name = "ImageLocality"

    def scores(self, pod: Pod, state: ClusterState, nodes: Sequence[NodeState]) -> Scores:
        images = state.table("images", lambda: _survey(state.nodes))
        wanted = [(images.nodes[name], images.worth[name]) for name in pod.images if name in images.nodes]
        containers = max(1, len(pod.images))
        return [
            _score(sum(worth for holders, worth in wanted if node.index in holders), containers)
            for node in nodes
        ]


def _survey(nodes: Sequence[NodeState]) -> _Images:
    sizes: dict[str, int] = {}
    holders: dict[str, set[int]] = {}
    for node in nodes:
        for image in node.node.images:
            for name in image.names:
                sizes.setdefault(name, image.size_bytes)  # I3: the first node that reported it
                holders.setdefault(name, set()).add(node.index)
    worth = {name: int(size * (len(holders[name]) / len(nodes))) for name, size in sizes.items()}
    return _Images(worth=worth, nodes=holders)


def _score(total: int, containers: int) -> int:
    """I4."""
    ceiling = CEILING_PER_CONTAINER * containers
    return MAX_NODE_SCORE * (min(max(total, FLOOR), ceiling) - FLOOR) // (ceiling - FLOOR)
