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
from solver.engine.purchase import Estimate, Purchase, estimate
from solver.executors import Stop
from solver.model.config import SolveConfig
from solver.model.names import ZONE, NodeName
from solver.model.outcome import Outcome, Question
from solver.model.placement import Placement
from solver.model.pod import Pod, WorkloadKey
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.lift import lifted, movable
from solver.planning.size.answer import Bought, Left, Moved, Option, SizeAnswer, Wish
from solver.planning.size.grow import grow
from solver.planning.size.shelf import Demand, Shelf
from solver.planning.size.stock import Stock, buyable
from solver.verify import verify
from solver.verify.replay import replay

_FIRST_COPIES = 4
"""Nodes of every lot to begin with; more where the price found says that more could be cheaper."""
_AMPLE = 2
"""Times the nodes that all requests together come to, where that is more."""
_MOST_PLACES = 60_000
"""Pairs of class and open node beyond which the model is not built as a whole."""
_WHOLE_SHARE = 0.6
"""Of the time left, for the model of the whole."""
_ATTEMPTS = 20
"""Purchases that may turn out not to do before a search is given up."""
_FIT_SHARE = 0.3
"""Of the time limit, for placing what can be placed without buying."""
_UNMOVED = "no purchase with moves was found in time: nothing moves"
_LEAST_S = 1.0
_TRIES = 8
"""That a growing purchase has time for; most are quicker than their share."""
_ZONELESS = ""
_GROWN = "too large for one model: nodes were added, then taken away while all fitted; nothing moves"


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
    answer = _answer(snapshot, question, wish, before, config, budget)
    if not answer.impossible:
        return answer
    return _for_those_helped(snapshot, question, wish, answer, config, budget)


def _answer(
    snapshot: Snapshot, question: Question, wish: Wish, before: Outcome, config: SolveConfig, budget: Budget
) -> SizeAnswer:
    """By one model where that is not too large. Else, or when it finds nothing: without moves, and then by
    planning one try after another."""
    shop = _Shop(snapshot, question, wish, config, budget)
    if not shop.is_too_large:
        answer = shop.answer(before, budget.within(_WHOLE_SHARE * budget.left_s))
        if answer.options or answer.impossible:
            return answer
    if not wish.most_moves:
        return shop.grown(before, budget)
    unmoved = _answer(snapshot, question, replace(wish, most_moves=0), before, config, budget)
    return replace(unmoved, impossible=False, approximations=(*unmoved.approximations, _UNMOVED))


def _for_those_helped(
    snapshot: Snapshot,
    question: Question,
    wish: Wish,
    answer: SizeAnswer,
    config: SolveConfig,
    budget: Budget,
) -> SizeAnswer:
    """What no number of nodes helps is set apart, and nodes are found for the others."""
    stock = Stock(snapshot, wish.catalogue.types)
    ample = stock.with_nodes(buyable(stock.lots, len(answer.before.unplaced)), snapshot)
    quick = replace(config, time_limit_s=max(_LEAST_S, _FIT_SHARE * budget.left_s))
    hopeless = place(ample, question, quick, budget.stop).unplaced
    lost = {one.pod for one in hopeless}
    helped = replace(question, pods=tuple(pod for pod in question.pods if pod not in lost))
    before = place(snapshot, helped, quick, budget.stop)
    if not lost or not before.unplaced:
        return replace(answer, hopeless=hopeless)
    rest = _answer(snapshot, helped, wish, before, config, budget)
    return replace(rest, before=answer.before, impossible=True, hopeless=hopeless)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A purchase that holds without the nodes that were not bought."""

    purchase: Purchase
    placement: Placement
    bought: tuple[Bought, ...]


class _Shop:
    def __init__(
        self, snapshot: Snapshot, question: Question, wish: Wish, config: SolveConfig, budget: Budget
    ) -> None:
        loose = [pod.key for pod in movable(snapshot)] if wish.most_moves else []
        self._homes = {key: _node_of(snapshot.pod_by_key[key]) for key in loose}
        self._snapshot = snapshot
        self._asked = question
        self._config = config
        self._most_moves = wish.most_moves
        self._stock = Stock(snapshot, wish.catalogue.types)
        self._demand = Demand(
            snapshot=lifted(snapshot, loose),
            question=Question(pods=(*question.pods, *loose), homes=frozendict(self._homes), by_workload=True),
            shares=wish.shares,
        )
        self._shelf = Shelf(self._demand, self._stock, min(_FIRST_COPIES, self._demand_size), config)
        self.estimate: Estimate = estimate(self._shelf.problem, self._shelf.offers, budget, config)
        enough = min(_AMPLE * max(self.estimate.nodes, default=0), self._demand_size)
        if enough > self._shelf.copies and not self.is_too_large:
            self._shelf = Shelf(self._demand, self._stock, enough, config)

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

    def grown(self, before: Outcome, budget: Budget) -> SizeAnswer:
        """One purchase, found by growing it; nothing moves."""
        lots = self._shelf.all_lots
        one_try = replace(self._config, time_limit_s=max(_LEAST_S, budget.left_s / _TRIES))

        def ask(counts: tuple[int, ...]) -> Outcome | None:
            if budget.spent:
                return None
            stocked = self._stock.with_nodes(zip(lots, counts, strict=True), self._snapshot)
            return place(stocked, self._asked, one_try, budget.stop)

        found = grow(lots, self.estimate.nodes, ask)
        answer = SizeAnswer(
            before=before,
            assumed_limits=frozendict(self._stock.assumed_limits),
            daemons=self._stock.daemons,
            approximations=(_GROWN,),
        )
        if found is None:
            return answer
        bought = tuple(
            Bought(lot=lot, count=count) for lot, count in zip(lots, found.counts, strict=True) if count
        )
        option = self._option_of(bought, found.outcome.placement, self.estimate.price)
        return replace(answer, options=(option,), recommended=0)

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
        price = sum(b.count * b.lot.price_micros for b in found.bought)
        full_shelf = self._shelf.copies >= self._shelf.enough_for(price)
        bound = found.purchase.price_bound if full_shelf else self.estimate.price
        return self._option_of(found.bought, found.placement, bound)

    def _option_of(self, bought: tuple[Bought, ...], placement: Placement, bound_micros: int) -> Option:
        price = sum(b.count * b.lot.price_micros for b in bought)
        zone_of = {n.name: n.labels.get(ZONE, _ZONELESS) for n in self._snapshot.nodes}
        for one in bought:
            names = (one.lot.node_name(number) for number in range(1, one.count + 1))
            zone_of.update(dict.fromkeys(names, one.lot.zone))
        return Option(
            bought=bought,
            price_micros=price,
            bound_micros=min(price, bound_micros),
            moves=tuple(self._moves(placement)),
            placement=placement,
            left=tuple(self._left(placement, zone_of)),
        )

    def _moves(self, placement: Placement) -> Iterable[Moved]:
        for key, home in sorted(self._homes.items()):
            target, workload = placement.node_of.get(key, home), self._snapshot.pod_by_key[key].workload
            if target != home and workload is not None:
                yield Moved(pod=key, workload=workload, source=home, target=target)

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
