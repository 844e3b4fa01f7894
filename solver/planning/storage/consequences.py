"""C24: what the loss of a node or of a zone means for a pod with one volume of this nature.

For the table only, in which a loss has no name yet. What a particular loss does to particular pods is in
``planning/outage``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from solver.planning.storage.nature import Kind, Nature, Recovery

READ_WRITE_MANY = "ReadWriteMany"


class Fate(StrEnum):
    """What becomes of the data."""

    KEPT = "kept"
    UNREACHABLE = "kept, unreachable until the domain returns"
    DISK = "kept if the disk survives, else lost"
    LEFT_BEHIND = "left behind on the node"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """``None`` for a recovery nobody can know."""

    deployment: Recovery | None
    stateful_set: Recovery | None
    data: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    node_loss: Consequence
    zone_loss: Consequence


_NOT_KNOWN = Consequence(deployment=None, stateful_set=None, data=Fate.UNKNOWN)


def consequences(nature: Nature, access_modes: Collection[str]) -> Consequences:
    """``access_modes`` are those of the volumes; without any, sharing is not assumed (C15)."""
    node, zone = _by_kind(nature, shared=READ_WRITE_MANY in access_modes)
    if nature.recovery is not None:
        said = nature.recovery
        node = Consequence(deployment=said, stateful_set=_set_of(said), data=node.data)
        zone = Consequence(deployment=said, stateful_set=_set_of(said), data=zone.data)
    return Consequences(node_loss=node, zone_loss=zone)


def _set_of(said: Recovery) -> Recovery:
    """C21: storage that comes back by itself does not make a StatefulSet do so."""
    return Recovery.FENCE if said is Recovery.AUTO else said


def _by_kind(nature: Nature, *, shared: bool) -> tuple[Consequence, Consequence]:
    fence = Consequence(deployment=Recovery.FENCE, stateful_set=Recovery.FENCE, data=Fate.KEPT)
    free = Consequence(deployment=Recovery.AUTO, stateful_set=Recovery.FENCE, data=Fate.KEPT)
    moved = free if shared or nature.attachable is False else fence
    match nature.kind:
        case Kind.LOCAL:
            gone = Consequence(deployment=Recovery.NO, stateful_set=Recovery.NO, data=Fate.DISK)
            return gone, gone
        case Kind.HOST_PATH:
            left = Consequence(deployment=Recovery.AUTO, stateful_set=Recovery.FENCE, data=Fate.LEFT_BEHIND)
            return left, left
        case Kind.ZONAL:
            no = Consequence(deployment=Recovery.NO, stateful_set=Recovery.NO, data=Fate.UNREACHABLE)
            return moved, no
        case Kind.REGIONAL:
            return moved, moved
        case Kind.SERVER:
            return moved, _NOT_KNOWN
        case Kind.DISTRIBUTED:
            spread = nature.zones is not None and len(nature.zones) > 2
            return moved, moved if spread else _NOT_KNOWN
        case Kind.UNKNOWN:
            return _NOT_KNOWN, _NOT_KNOWN
