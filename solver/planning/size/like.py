"""Node types like the nodes there are, for a cluster without a catalogue."""

from __future__ import annotations

from solver.model.catalogue import MICROS, Catalogue, NodeType
from solver.model.snapshot import Snapshot


def shapes(snapshot: Snapshot) -> tuple[NodeType, ...]:
    """Of nodes that anybody may use, one type for each shape; what they cost is not known."""
    found: dict[object, NodeType] = {}
    for node in sorted(snapshot.nodes, key=lambda node: (node.allocatable.get("cpu", 0), node.name)):
        if not node.taints and not node.unschedulable:
            like = NodeType(name=f"like-{node.name}", allocatable=node.allocatable, price_micros=MICROS)
            found.setdefault(node.allocatable, like)
    return tuple(found.values())


def like_existing(snapshot: Snapshot) -> Catalogue:
    """Nodes are counted instead of priced."""
    return Catalogue(
        types=shapes(snapshot),
        note="no --catalog: nodes like those there are, counted instead of priced",
        priced=False,
    )
