"""A zone that nothing is bought in is no zone: spread rules see only what would be there."""

from __future__ import annotations

from frozendict import frozendict

import tests.builders as b
from solver.model.catalogue import MICROS, Catalogue, NodeType
from solver.model.config import SolveConfig
from solver.model.outcome import Verdict
from solver.pipeline import place
from solver.planning.size import Wish
from solver.planning.size.size import size
from solver.planning.size.stock import Stock
from tests.strategies import question_of

EVEN = b.spread(key=b.ZONE, labels={"app": "db"})
CONFIG = SolveConfig()


def node_type(name: str, zone: str, price: int) -> NodeType:
    amounts = frozendict({"cpu": 4000, "memory": 2**33, "pods": 110})
    return NodeType(name=name, allocatable=amounts, price_micros=price, zones=(zone,))


def world(*, waiting: int) -> list[b.Raw]:
    """Zone za, full with three replicas; more are waiting."""
    running = [
        b.pod(name=f"db-{i}", labels={"app": "db"}, requests={"cpu": "1"}, node="a1", spread=[EVEN])
        for i in range(3)
    ]
    pending = [
        b.pod(name=f"new-{i}", labels={"app": "db"}, requests={"cpu": "1"}, spread=[EVEN])
        for i in range(waiting)
    ]
    return [b.node(name="a1", zone="za", cpu="3"), *running, *pending]


def bought(catalogue: Catalogue, waiting: int) -> list[tuple[str, int]]:
    snapshot = b.snapshot(*world(waiting=waiting))
    answer = size(snapshot, question_of(snapshot), Wish(catalogue=catalogue), CONFIG)
    option = answer.options[0]
    lots = [(one.lot, one.count) for one in option.bought]
    larger = Stock(snapshot, catalogue.types).with_nodes(lots, snapshot)
    assert place(larger, question_of(larger), CONFIG).verdict is Verdict.FITS
    assert option.proved
    return [(lot.zone, count) for lot, count in lots]


def test_a_zone_on_sale_holds_nothing_back_until_it_is_bought_in() -> None:
    types = (node_type("here", "za", MICROS), node_type("far", "zb", 9 * MICROS))
    assert bought(Catalogue(types=types), waiting=1) == [("za", 1)]


def test_a_new_zone_draws_the_pods_that_even_it_out() -> None:
    types = (node_type("here", "za", 9 * MICROS), node_type("far", "zb", MICROS))
    assert bought(Catalogue(types=types), waiting=2) == [("zb", 1)]
