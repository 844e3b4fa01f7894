"""One question with so many nodes of every lot on offer, compiled once, and what its model finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from frozendict import frozendict

from solver.compile import Cluster, Problem, formulate
from solver.engine.budget import Budget
from solver.engine.purchase import Offer, Purchase, Share, Terms, cheapest
from solver.model.config import SolveConfig
from solver.model.names import ZONE, NodeName
from solver.model.outcome import Question
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.size.answer import ShareLimit
from solver.planning.size.stock import Lot, Stock, buyable


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What has to have a place. ``snapshot`` has the pods that may move lifted off their nodes."""

    snapshot: Snapshot
    question: Question
    shares: tuple[ShareLimit, ...] = ()


class Shelf:
    def __init__(self, demand: Demand, stock: Stock, copies: int, config: SolveConfig) -> None:
        self.copies = copies
        self._config = config
        self._lots: tuple[tuple[Lot, int], ...] = tuple(buyable(stock.lots, copies))
        stocked = stock.with_nodes(self._lots, demand.snapshot)
        named = {lot: [lot.node_name(i) for i in range(1, count + 1)] for lot, count in self._lots}
        optional = frozenset(name for names in named.values() for name in names)
        question = replace(demand.question, optional=optional, told_apart=_numbers(demand.snapshot, named))
        self.problem: Problem = formulate(Cluster(stocked), question, config)
        index = {name: i for i, name in enumerate(self.problem.nodes)}
        self.offers = tuple(
            Offer(nodes=tuple(index[name] for name in named[lot]), price=lot.price_micros)
            for lot, _ in self._lots
        )
        staying = [pod for pod in demand.snapshot.running if pod.workload is not None]
        by_workload = _shares(self.problem, staying)
        self._levelled = tuple(by_workload.values())
        self._capped = tuple(
            replace(by_workload[limit.workload], most=limit.most)
            for limit in demand.shares
            if limit.workload in by_workload
        )

    @property
    def is_exhausted(self) -> bool:
        """No lot has more nodes to be had than are on the shelf."""
        return all(count < self.copies for _, count in self._lots)

    def enough_for(self, price: int) -> int:
        """Nodes of one lot beyond which a purchase costs more than ``price``."""
        prices = [lot.price_micros for lot, count in self._lots if count == self.copies]
        pods = self.problem.pods_asked
        return max((min(pods, price // each) if each else pods for each in prices), default=0)

    def cheapest(
        self, most_moves: int, found_wanting: tuple[tuple[int, ...], ...], budget: Budget
    ) -> Purchase:
        terms = Terms(
            offers=self.offers, shares=self._capped, levelled=self._levelled, found_wanting=found_wanting
        )
        return cheapest(self.problem, terms, most_moves, budget, self._config)

    @property
    def all_lots(self) -> tuple[Lot, ...]:
        """In the order of ``offers``."""
        return tuple(lot for lot, _ in self._lots)

    def lots(self, bought: tuple[int, ...]) -> tuple[tuple[Lot, int], ...]:
        return tuple((lot, n) for (lot, _), n in zip(self._lots, bought, strict=True) if n)


def _numbers(snapshot: Snapshot, lots: Mapping[Lot, Sequence[NodeName]]) -> frozendict[NodeName, int]:
    """Nodes of one zone or of one lot alike: prices and shares are by lot and zone."""
    groups: dict[object, int] = {}
    there = {n.name: groups.setdefault(n.labels.get(ZONE), len(groups)) for n in snapshot.nodes}
    sold = {name: groups.setdefault(lot, len(groups)) for lot, names in lots.items() for name in names}
    return frozendict({**there, **sold})


def _shares(problem: Problem, staying: list[Pod]) -> dict[WorkloadKey, Share]:
    """Of every workload asked about, its classes and the pods of it that stay, by zone."""
    classes: dict[WorkloadKey, list[int]] = defaultdict(list)
    for index, pod_class in enumerate(problem.classes):
        if pod_class.sample.workload is not None:
            classes[pod_class.sample.workload].append(index)
    node_index = {name: i for i, name in enumerate(problem.nodes)}
    present = {workload: np.zeros(len(problem.zones), dtype=np.int64) for workload in classes}
    for pod in staying:
        zone = int(problem.zone_of[node_index[pod.node_name]]) if pod.node_name is not None else -1
        if pod.workload in present and zone >= 0 and not pod.terminating:
            present[pod.workload][zone] += 1
    return {
        workload: Share(classes=tuple(indices), domain_of=problem.zone_of, present=present[workload], most=0)
        for workload, indices in sorted(classes.items())
    }
