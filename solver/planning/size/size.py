"""Which nodes to add: the cheapest purchase for every number of moves that makes it cheaper.

Prices are proved by a model in which the nodes on sale are optional (``engine.purchase``); every purchase
is then verified and replayed on the cluster with only the nodes bought.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.engine.budget import Budget
from solver.engine.extract import assignments_near_home
from solver.engine.purchase import Purchase, least_price
from solver.executors import Stop
from solver.model.config import SolveConfig
from solver.model.names import ZONE, NodeName
from solver.model.outcome import Outcome, Question
from solver.model.placement import Placement
from solver.model.pod import Pod, WorkloadKey
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.carried_out import carried_out
from solver.planning.lift import lifted, movable
from solver.planning.size.answer import Bought, Left, Moved, Option, SizeAnswer, Wish
from solver.planning.size.shelf import Demand, Shelf
from solver.planning.size.stock import Stock
from solver.verify import verify
from solver.verify.replay import replay

_FIRST_COPIES = 4
"""Nodes of every lot to begin with; more where the price found says that more could be cheaper."""
_MOST_PLACES = 150_000
"""Pairs of class and open node beyond which no larger shelf is stocked."""
_ATTEMPTS = 20
"""Purchases that may turn out not to do before a search is given up."""
_FIT_SHARE = 0.3
"""Of the time limit, for placing what can be placed without buying."""
_ZONELESS = ""
_NARROWED = "too large as a whole: nodes were chosen for the pods without a place alone, and nothing moves"


def size(
    snapshot: Snapshot,
    question: Question,
    wish: Wish,
    config: SolveConfig,
    stop: Stop | None = None,
    watch: Watcher = unwatched,
) -> SizeAnswer:
    """The trade-off between money and moves for giving every pod of the question a place.

    Raises as ``place`` does.
    """
    budget = Budget(config.time_limit_s, stop, watch)
    quick = replace(config, time_limit_s=_FIT_SHARE * config.time_limit_s)
    before = place(snapshot, question, quick, budget.stop, watch=watch)
    watch(Progress(phase=Phase.SEARCH))
    if not before.unplaced and not wish.shares:
        return SizeAnswer(before=before)
    shop = _Shop(snapshot, question, wish, config)
    if shop.is_too_large:
        return _narrowed(snapshot, wish, before, shop.least_price(budget), config, budget)
    return shop.answer(before, budget)


def _narrowed(
    snapshot: Snapshot, wish: Wish, before: Outcome, floor: int, config: SolveConfig, budget: Budget
) -> SizeAnswer:
    """The same for the pods without a place alone: the others go where they fit, and nothing moves."""
    left = tuple(unplaced.pod for unplaced in before.unplaced)
    carried = carried_out(snapshot, before.placement)
    alone = _Shop(carried, Question(pods=left), replace(wish, most_moves=0), config)
    answer = alone.answer(before, budget)
    options = (
        replace(
            option,
            bound_micros=min(floor, option.price_micros),
            placement=Placement(assignments=before.placement.assignments + option.placement.assignments),
        )
        for option in answer.options
    )
    return replace(
        answer,
        options=tuple(options),
        impossible=False,
        approximations=(*answer.approximations, _NARROWED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A purchase that holds without the nodes that were not bought."""

    purchase: Purchase
    placement: Placement
    bought: tuple[Bought, ...]


class _Shop:
    def __init__(self, snapshot: Snapshot, question: Question, wish: Wish, config: SolveConfig) -> None:
        loose = [pod.key for pod in movable(snapshot)] if wish.most_moves else []
        self._homes = {key: _node_of(snapshot.pod_by_key[key]) for key in loose}
        self._snapshot = snapshot
        self._config = config
        self._most_moves = wish.most_moves
        self._stock = Stock(snapshot, wish.catalogue.types)
        self._demand = Demand(
            snapshot=lifted(snapshot, loose),
            question=Question(pods=(*question.pods, *loose), homes=frozendict(self._homes), by_workload=True),
            shares=wish.shares,
        )
        self._shelf = Shelf(self._demand, self._stock, min(_FIRST_COPIES, self._demand_size), config)

    def answer(self, before: Outcome, budget: Budget) -> SizeAnswer:
        """From the cheapest purchase with all moves allowed down to the one that needs none."""
        options: list[Option] = []
        most_moves, hopeless = self._most_moves, False
        while most_moves >= 0:
            found, hopeless = self._cheapest(most_moves, budget)
            if found is None:
                break
            options.append(self._option(found))
            most_moves = len(options[-1].moves) - 1
        options.reverse()
        return SizeAnswer(
            before=before,
            options=tuple(options),
            recommended=_recommended(options),
            impossible=hopeless and not options,
            assumed_limits=frozendict(self._stock.assumed_limits),
            daemons=self._stock.daemons,
            approximations=self._shelf.problem.approximations,
        )

    def _cheapest(self, most_moves: int, budget: Budget) -> tuple[_Found | None, bool]:
        """The best purchase that holds, and whether it is proved that there is none."""
        wanting: tuple[tuple[int, ...], ...] = ()
        for _ in range(_ATTEMPTS):
            purchase = self._shelf.cheapest(most_moves, wanting, budget)
            if self._restock(purchase):
                wanting = ()
                continue
            if purchase.counts is None or purchase.bought is None:
                return None, purchase.proved and not wanting and self._is_full
            found = self._checked(purchase)
            if found is not None:
                return found, False
            wanting = (*wanting, purchase.bought)
        return None, False

    @property
    def is_too_large(self) -> bool:
        """The model of the whole takes too long to build."""
        return self._shelf.problem.places > _MOST_PLACES

    def least_price(self, budget: Budget) -> int:
        return least_price(self._shelf.problem, self._shelf.offers, budget, self._config)

    @property
    def _is_full(self) -> bool:
        """More nodes of one lot than there are pods help nobody."""
        return self._shelf.copies >= self._demand_size or self._shelf.is_exhausted

    @property
    def _demand_size(self) -> int:
        return len(self._demand.question.pods)

    def _restock(self, purchase: Purchase) -> bool:
        """A larger shelf, where it could hold a cheaper purchase or the first one."""
        if purchase.counts is None:
            enough = 2 * self._shelf.copies if purchase.proved and not self._is_full else 0
        else:
            enough = self._shelf.enough_for(purchase.price)
        enough = min(enough, self._demand_size)
        if enough <= self._shelf.copies or self._shelf.is_exhausted or not self._has_room(enough):
            return False
        self._shelf = Shelf(self._demand, self._stock, enough, self._config)
        return True

    def _has_room(self, copies: int) -> bool:
        nodes = len(self._snapshot.nodes) + copies * len(self._stock.lots)
        return len(self._shelf.problem.classes) * nodes <= _MOST_PLACES

    def _checked(self, purchase: Purchase) -> _Found | None:
        """The purchase on a cluster with only the nodes bought; None when it breaks a rule there."""
        assert purchase.counts is not None and purchase.bought is not None
        placement = assignments_near_home(self._shelf.problem, purchase.counts, self._homes)
        lots = self._shelf.lots(purchase.bought)
        snapshot = self._stock.with_nodes(lots, self._demand.snapshot)
        if verify(snapshot, self._demand.question, placement, self._config):
            return None
        replayed = replay(snapshot, placement, self._config)
        if replayed.stuck:
            return None
        bought = tuple(Bought(lot=lot, count=count) for lot, count in lots)
        return _Found(purchase=purchase, placement=Placement(assignments=replayed.order), bought=bought)

    def _option(self, found: _Found) -> Option:
        moves = tuple(
            Moved(pod=key, workload=workload, source=home, target=found.placement.node_of[key])
            for key, home in sorted(self._homes.items())
            if found.placement.node_of[key] != home
            and (workload := self._snapshot.pod_by_key[key].workload) is not None
        )
        price = sum(b.count * b.lot.price_micros for b in found.bought)
        full_shelf = self._shelf.copies >= self._shelf.enough_for(price)
        zone_of = {n.name: n.labels.get(ZONE, _ZONELESS) for n in self._snapshot.nodes}
        for bought in found.bought:
            names = (bought.lot.node_name(number) for number in range(1, bought.count + 1))
            zone_of.update(dict.fromkeys(names, bought.lot.zone))
        return Option(
            bought=found.bought,
            price_micros=price,
            bound_micros=min(price, found.purchase.price_bound) if full_shelf else 0,
            moves=moves,
            placement=found.placement,
            left=tuple(self._left(found.placement, zone_of)),
        )

    def _left(self, placement: Placement, zone_of: Mapping[NodeName, str]) -> Iterable[Left]:
        """Of every workload asked about or able to move."""
        zones: dict[WorkloadKey, Counter[str]] = {}
        for key in self._demand.question.pods:
            workload = self._snapshot.pod_by_key[key].workload
            if workload is not None:
                zones.setdefault(workload, Counter())[zone_of[placement.node_of[key]]] += 1
        for pod in self._demand.snapshot.running:
            if pod.workload in zones and pod.node_name is not None and not pod.terminating:
                zones[pod.workload][zone_of[pod.node_name]] += 1
        for workload, counts in sorted(zones.items()):
            yield Left(workload=workload, left=counts.total() - max(counts.values()), pods=counts.total())


def _node_of(pod: Pod) -> NodeName:
    assert pod.node_name is not None  # only running pods are movable
    return pod.node_name


def _recommended(options: list[Option]) -> int | None:
    """The most pods left after a zone loss, then the least money, then the fewest moves."""
    ranked = [
        (-sum(left.left for left in o.left), o.price_micros, len(o.moves), i) for i, o in enumerate(options)
    ]
    return min(ranked)[-1] if ranked else None
