"""Nodes for clusters too large for one model: as many as the requests come to in sum, then more until every
pod has a place, then fewer while that holds. Each try is a plan of the whole, verified and replayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from solver.model.catalogue import NodeType
from solver.model.outcome import Outcome
from solver.planning.size.stock import Lot

Counts = tuple[int, ...]
"""Nodes of each lot."""

_STEPS = (1.0, 1.15, 1.35, 1.6, 2.0, 2.7, 4.0)
"""Times what the requests come to in sum."""


@dataclass(frozen=True, kw_only=True)
class Grown:
    """``outcome`` of the cluster with just these nodes: nothing is left without a place."""

    counts: Counts
    outcome: Outcome


def grow(
    lots: Sequence[Lot],
    least: Counts,
    ask: Callable[[Counts], Outcome | None],
) -> Grown | None:
    """``least`` is the sum of requests in nodes of each lot; ``ask`` plans a purchase, or gives None when
    time is up.

    None when no purchase that was tried gives every pod a place.
    """
    found: Grown | None = None
    for factor in _STEPS:
        counts = _evenly(lots, least, factor)
        outcome = ask(counts)
        if outcome is None:
            return None
        if not outcome.unplaced:
            found = Grown(counts=counts, outcome=outcome)
            break
    return None if found is None else _trimmed(lots, found, ask)


def _evenly(lots: Sequence[Lot], least: Counts, factor: float) -> Counts:
    """So many of each type, shared out over the zones it is sold in; the first zones get what is over."""
    wanted: dict[NodeType, int] = defaultdict(int)
    zones: dict[NodeType, list[int]] = defaultdict(list)
    for position, (lot, count) in enumerate(zip(lots, least, strict=True)):
        wanted[lot.node_type] += count
        zones[lot.node_type].append(position)
    counts = [0] * len(lots)
    for node_type, positions in zones.items():
        total = -(-int(1000 * factor) * wanted[node_type] // 1000)
        each, over = divmod(total, len(positions))
        for rank, position in enumerate(positions):
            most = total if node_type.most is None else node_type.most
            counts[position] = min(each + (rank < over), most)
    return tuple(counts)


def _trimmed(lots: Sequence[Lot], found: Grown, ask: Callable[[Counts], Outcome | None]) -> Grown:
    """Nodes that nothing was put on go at once; then, the dearest lots first, half of what is left, a
    quarter …"""
    found = _used(lots, found)
    for position in sorted(range(len(lots)), key=lambda i: (-lots[i].price_micros, i)):
        step = found.counts[position] // 2 or found.counts[position]
        while step:
            fewer = list(found.counts)
            fewer[position] = max(0, fewer[position] - step)
            outcome = ask(tuple(fewer)) if tuple(fewer) != found.counts else None
            if outcome is not None and not outcome.unplaced:
                found = _used(lots, Grown(counts=tuple(fewer), outcome=outcome))
            else:
                step //= 2
            step = min(step, found.counts[position])
    return found


def _used(lots: Sequence[Lot], found: Grown) -> Grown:
    """Without nodes that stay empty, from the highest numbers down; the plan is the same."""
    taken = set(found.outcome.placement.node_of.values())
    counts = []
    for lot, count in zip(lots, found.counts, strict=True):
        while count and lot.node_name(count) not in taken:
            count -= 1
        counts.append(count)
    return Grown(counts=tuple(counts), outcome=found.outcome)
