"""C24: what a particular loss does to the data of one volume."""

from __future__ import annotations

from solver.planning.outage.loss import Loss
from solver.planning.storage.consequences import Fate
from solver.planning.storage.nature import Kind, Nature


def fate_of(nature: Nature, loss: Loss, *, on_lost_node: bool) -> Fate:
    """``on_lost_node``: a pod that uses the volume was on one of the nodes. Where nobody knows: UNKNOWN."""
    if nature.kind is Kind.HOST_PATH:
        return Fate.LEFT_BEHIND if on_lost_node else Fate.KEPT
    if nature.kind is Kind.LOCAL:
        gone = on_lost_node if nature.nodes is None else nature.nodes <= loss.nodes
        return Fate.DISK if gone else Fate.KEPT
    if nature.nodes is not None:  # C2.3: replicas on the nodes it names
        return Fate.DISK if nature.nodes <= loss.nodes else Fate.KEPT
    if nature.zones is not None and nature.kind is not Kind.UNKNOWN:
        return _of_zones(nature, loss)
    return _of_unknown_place(nature, loss, on_lost_node=on_lost_node)


def _of_zones(nature: Nature, loss: Loss) -> Fate:
    assert nature.zones is not None
    left = nature.zones - loss.zones
    if left == nature.zones:
        return Fate.KEPT
    if not left:
        return Fate.UNREACHABLE
    if nature.kind is Kind.DISTRIBUTED and 2 * len(left) <= len(nature.zones):
        return Fate.UNKNOWN  # a replica is left, but whether the rest still serves it depends on the software
    return Fate.KEPT


def _of_unknown_place(nature: Nature, loss: Loss, *, on_lost_node: bool) -> Fate:
    """A zone that goes may hold it (C1). Nodes that go may hold what is spread over nodes: one replica of it
    if it is one node, all of them if there are more."""
    if loss.zones:
        elsewhere = nature.zones is not None and not nature.zones & loss.zones
        return Fate.KEPT if elsewhere else Fate.UNKNOWN
    if nature.kind is Kind.DISTRIBUTED:
        return Fate.KEPT if len(loss.nodes) == 1 else Fate.UNKNOWN
    if nature.kind is Kind.UNKNOWN:
        return Fate.UNKNOWN if on_lost_node else Fate.KEPT
    return Fate.KEPT
