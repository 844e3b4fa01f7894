"""The comparison as code: the joint plan, the named orders, what went wrong, what helps, and many orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple

from solver.engine.budget import Budget
from solver.errors import Fault, InputError
from solver.executors import Stop, opened
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question, StoppedBy
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.planning.change import Inputs
from solver.planning.compare.answer import Ask, Attempt, Comparison, OrderName, Row, Tally, WentWrong
from solver.planning.compare.emulate import Emulator
from solver.planning.compare.joint import joint_plan, no_worse
from solver.planning.compare.orders import (
    Arrival,
    Lane,
    every_order,
    helm_order,
    lanes_of,
    manifest_order,
    order_count,
    random_orders,
)
from solver.planning.compare.remedies import Case, remedies
from solver.planning.compare.wrong import went_wrong
from solver.planning.profiled import joint_view

MOST_ORDERS = 5000
"""Distinct orders up to which all of them are tried."""
_ORDERS_SHARE = 0.8
"""Of the time left after the joint plan, at most, for trying orders."""
_PIECE = 5
"""Orders that one piece of work runs."""


def compare(
    inputs: Inputs,
    snapshot: Snapshot,
    question: Question,
    ask: Ask,
    config: SolveConfig,
    stop: Stop | None = None,
    watch: Watcher = unwatched,
) -> Comparison:
    """``snapshot`` is what the inputs come to, with the profiles to judge by. Raises InputError where all
    orders are asked for and they are too many, and as ``place`` does."""
    budget = Budget(config.time_limit_s, stop)
    pods = tuple(snapshot.pod_by_key[key] for key in question.pods)
    lanes = lanes_of(pods)
    distinct = order_count(lanes)
    if ask.orders is None and (distinct is None or distinct > MOST_ORDERS):
        raise InputError([_too_many(distinct)])
    view = joint_view(snapshot, question)
    joint = joint_plan(view, question, config, budget, watch)
    seeds = tuple(range(config.seed, config.seed + ask.seeds))
    emulator = Emulator(snapshot, seeds, lambda: budget.spent)
    manifest = _row(emulator, manifest_order(pods, lanes), OrderName.MANIFEST)
    in_helm = helm_order(lanes)
    helm = _row(emulator, in_helm, OrderName.HELM) if in_helm != manifest.arrival else None
    named = [manifest, *([helm] if helm else [])]
    wrong = _wrong(snapshot, named, budget)
    most = budget.within(_ORDERS_SHARE * budget.left_s)
    rows = _sampled(snapshot, lanes, ask, seeds, config, most, watch)
    joint = no_worse(joint, view, question, config, _attempts((*named, *rows)))
    target = len(joint.placement.assignments)
    case = Case(
        inputs=inputs,
        snapshot=snapshot,
        emulator=emulator,
        lanes=lanes,
        base=next((row for row in named if row.placed[0] < target), manifest),
        target=target,
        seeds=seeds,
        spent=lambda: budget.spent,
    )
    wanted = distinct if ask.orders is None else ask.orders
    tried = len(rows) == wanted or len(rows) == distinct
    cut_short = not tried or any(row.worst.cut_short for row in named)
    found = remedies(case)
    return Comparison(
        joint=_noted(joint, budget) if cut_short else joint,
        requested=pods,
        manifest=manifest,
        helm=helm,
        sampled=Tally.of(rows, distinct) if ask.orders != 0 else None,
        all_orders=ask.orders != 0 and len(rows) == distinct,
        wrong=wrong,
        remedies=found,
        ask=ask,
        cut_short=cut_short,
    )


def _row(emulator: Emulator, arrival: Arrival, name: OrderName) -> Row:
    return Row(name=name, arrival=arrival, attempts=emulator.attempts(arrival))


def _attempts(rows: Iterable[Row]) -> list[Attempt]:
    return [attempt for row in rows for attempt in row.attempts]


def _too_many(distinct: int | None) -> Fault:
    return Fault(
        kind="flag",
        name="--orders",
        path="",
        found=f"all, which are {distinct or 'countless'} distinct orders",
        expected=f"all only up to {MOST_ORDERS}; --orders N tries N random ones",
    )


def _noted(joint: Outcome, budget: Budget) -> Outcome:
    """A sweep that time cut short is told like a search that was."""
    if budget.stopped_by is StoppedBy.COMPLETE:
        return joint
    return replace(joint, search=replace(joint.search, stopped_by=budget.stopped_by))


def _wrong(snapshot: Snapshot, rows: Iterable[Row], budget: Budget) -> WentWrong | None:
    """None, too, where time does not suffice to tell."""
    for row in rows:
        found = None if row.worst.cut_short else went_wrong(snapshot, row.worst, lambda: budget.spent)
        if found is not None:
            return found
    return None


def _sampled(
    snapshot: Snapshot,
    lanes: tuple[Lane, ...],
    ask: Ask,
    seeds: tuple[int, ...],
    config: SolveConfig,
    budget: Budget,
    watch: Watcher,
) -> list[Row]:
    if ask.orders == 0:
        return []
    orders = every_order(lanes) if ask.orders is None else random_orders(lanes, ask.orders, config.seed)
    work = partial(_run, snapshot, seeds)
    with opened(config.executor, config.time_limit_s) as executor:
        pieces = executor.map(work, _dealt_out(orders, budget, watch), budget.stop)
    return [row for piece in pieces for row in piece if not any(a.cut_short for a in row.attempts)]


class Piece(NamedTuple):
    """Orders to run, and the time there is for them."""

    orders: list[Arrival]
    left_s: float


def _dealt_out(orders: Iterator[Arrival], budget: Budget, watch: Watcher) -> Iterator[Piece]:
    """Drawn when its turn comes, so that none is begun once time is up."""
    begun = 0
    while some := list(islice(orders, _PIECE)):
        if budget.spent:
            return
        begun += len(some)
        watch(Progress(phase=Phase.SEARCH, done=begun))
        yield Piece(some, budget.left_s)


def _run(snapshot: Snapshot, seeds: tuple[int, ...], piece: Piece, stop: Stop) -> list[Row]:
    limited = Budget(piece.left_s, stop)
    emulator = Emulator(snapshot, seeds, lambda: limited.spent)
    return [_row(emulator, arrival, OrderName.OTHER) for arrival in piece.orders]
