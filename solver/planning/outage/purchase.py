"""Remedies for workloads without room: more nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from solver.model.catalogue import MICROS, NodeType
from solver.model.pod import Pod
from solver.planning.change import Change, Cost, adding_all
from solver.planning.outage.answer import Obstacle, WorkloadVerdict
from solver.planning.outage.remedy import Remedy, RemedyKind
from solver.planning.outage.search import BAD, Search, fates, verdicts
from solver.planning.size.stock import Lot, Stock

_ROOM = frozenset({Obstacle.RESOURCES, Obstacle.SEPARATION, Obstacle.SPREAD})
_MOST_ZONES = 3


def more_nodes(search: Search, types: Sequence[NodeType], *, priced: bool) -> Iterator[Remedy]:
    """The cheapest of: one node in one zone, in two, in three, that gives every workload without room all of
    its pods back."""
    short = [
        (loss, one)
        for loss, one in fates(search.found, [WorkloadVerdict.DEGRADED, WorkloadVerdict.DOWN])
        if any(down.obstacle in _ROOM for down in one.down)
    ]
    if not short or not types:
        return
    pods = search.found.settled.pod_by_key
    waiting = [pods[down.pod] for _, one in short for down in one.down if down.obstacle in _ROOM]
    stock = Stock(search.found.settled, types)
    wanted = frozenset((loss.label, one.workload) for loss, one in short)
    for lots in _purchases([lot for lot in stock.lots if any(_holds(lot.node_type, p) for p in waiting)]):
        change = Change()
        for lot in lots:
            change += adding_all(stock.objects(lot, 1))
        after = search.ask(change)
        if after is None or not search.is_harmless(after):
            continue
        still = {
            (loss.label, one.workload)
            for loss, one in fates(after, [*BAD, WorkloadVerdict.UNKNOWN])
            if (loss.label, one.workload) in wanted
        }
        if not still:
            yield Remedy(
                kind=RemedyKind.ADD_NODES,
                change=change,
                cost=Cost(money_per_hour=_price(lots) if priced else None),
                workloads=tuple(sorted({workload for _, workload in wanted})),
                lots=lots,
                key=short[0][0].domains[0].key,
                after=verdicts(after),
                mends_all=True,
            )
            return


def _purchases(lots: Sequence[Lot]) -> list[tuple[Lot, ...]]:
    """Cheapest first; of one type at a time."""
    several = [
        found
        for size in range(1, _MOST_ZONES + 1)
        for found in combinations(lots, size)
        if len({lot.node_type.name for lot in found}) == 1
    ]
    return sorted(
        several, key=lambda found: (_price(found) is None, _price(found) or 0, len(found), _label(found))
    )


def _label(lots: Sequence[Lot]) -> tuple[tuple[str, str], ...]:
    return tuple((lot.node_type.name, lot.zone) for lot in lots)


def _price(lots: Sequence[Lot]) -> Decimal:
    """An hour."""
    return sum((Decimal(lot.price_micros) for lot in lots), Decimal(0)) / MICROS


def _holds(node_type: NodeType, pod: Pod) -> bool:
    return all(node_type.allocatable.get(name, 0) >= amount for name, amount in pod.requests.items())
