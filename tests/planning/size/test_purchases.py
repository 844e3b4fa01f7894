"""Purchases on tiny clusters: they do, nothing cheaper does, and "no purchase helps" is true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from frozendict import frozendict
from hypothesis import given, settings

import tests.builders as b
from solver.model.catalogue import Catalogue, NodeType
from solver.model.config import SolveConfig
from solver.model.outcome import Question, Verdict
from solver.model.placement import Placement
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.lift import lifted, movable
from solver.planning.size import Wish
from solver.planning.size.size import size
from solver.planning.size.stock import Lot, Stock
from solver.verify import verify
from solver.verify.replay import replay
from tests.builders import owner_reference
from tests.strategies import World, question_of, worlds

CONFIG = SolveConfig(time_limit_s=20.0)


def kind(name: str, cpu: int, price: int) -> NodeType:
    amounts = {"cpu": 1000 * cpu, "memory": cpu * 2**31, "pods": 20}
    return NodeType(name=name, allocatable=frozendict(amounts), price_micros=price)


CATALOGUE = Catalogue(types=(kind("small", 2, 300_000), kind("large", 4, 500_000)))


def fits(snapshot: Snapshot, question: Question, stock: Stock, bought: list[tuple[Lot, int]]) -> bool:
    return place(stock.with_nodes(bought, snapshot), question, CONFIG).verdict is Verdict.FITS


def purchases(stock: Stock, most: int) -> Iterator[tuple[int, list[tuple[Lot, int]]]]:
    """Every purchase of up to ``most`` nodes, with its price."""
    for counts in product(range(most + 1), repeat=len(stock.lots)):
        if 0 < sum(counts) <= most:
            bought = [(lot, count) for lot, count in zip(stock.lots, counts, strict=True) if count]
            yield sum(lot.price_micros * count for lot, count in bought), bought


@given(worlds(max_pods=4))
@settings(max_examples=25)
def test_a_purchase_does_and_nothing_cheaper_does(world: World) -> None:
    snapshot = world.read()
    question, stock = question_of(snapshot), Stock(snapshot, CATALOGUE.types)
    answer = size(snapshot, question, Wish(catalogue=CATALOGUE), CONFIG)
    if answer.fits_already:
        return
    lost = {one.pod for one in answer.hopeless}
    helped = Question(pods=tuple(pod for pod in question.pods if pod not in lost))
    cheapest = answer.options[0] if answer.options else None
    if cheapest is not None:
        assert fits(snapshot, helped, stock, [(b.lot, b.count) for b in cheapest.bought])
    for price, bought in purchases(stock, 2):
        if answer.impossible:
            assert not fits(snapshot, question, stock, bought)
        if cheapest is not None and cheapest.proved and price < cheapest.price_micros:
            assert not fits(snapshot, helped, stock, bought)


@given(worlds(max_pods=3))
@settings(max_examples=15)
def test_moves_of_an_option_are_those_of_its_placement_and_verify(world: World) -> None:
    snapshot = world.read()
    question, stock = question_of(snapshot), Stock(snapshot, CATALOGUE.types)
    answer = size(snapshot, question, Wish(catalogue=CATALOGUE, most_moves=2), CONFIG)
    for option in answer.options:
        assert len(option.moves) <= 2
        moved = [move.pod for move in option.moves]
        larger = stock.with_nodes([(b.lot, b.count) for b in option.bought], lifted(snapshot, moved))
        asked = Question(pods=(*question.pods, *moved))
        planned = Placement(assignments=tuple(a for a in option.placement.assignments if a.pod in asked.pods))
        assert not verify(larger, asked, planned, CONFIG)
        assert not replay(larger, planned, CONFIG).stuck
    prices = [option.price_micros for option in answer.options]
    assert prices == sorted(prices, reverse=True)


def test_what_no_node_helps_is_set_apart_and_the_others_get_theirs() -> None:
    small = b.pod(name="small", requests={"cpu": "2"})
    huge = b.pod(name="huge", requests={"cpu": "64"})
    snapshot = b.snapshot(b.node(name="n", zone="za", cpu="1"), small, huge)
    answer = size(snapshot, question_of(snapshot), Wish(catalogue=CATALOGUE), CONFIG)
    assert answer.impossible
    assert [one.pod for one in answer.hopeless] == ["prod/huge"]
    assert [(b.lot.node_type.name, b.count) for b in answer.options[0].bought] == [("small", 1)]


def test_a_cluster_too_large_for_one_model_gets_a_verified_purchase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.planning.size.size._MOST_PLACES", 0)
    pods = [b.pod(name=f"p{i}", requests={"cpu": "1"}, labels={"app": str(i % 2)}) for i in range(9)]
    snapshot = b.snapshot(b.node(name="n", zone="za", cpu="1"), b.node(name="m", zone="zb", cpu="1"), *pods)
    question, stock = question_of(snapshot), Stock(snapshot, CATALOGUE.types)
    answer = size(snapshot, question, Wish(catalogue=CATALOGUE), CONFIG)
    (option,) = answer.options
    assert fits(snapshot, question, stock, [(b.lot, b.count) for b in option.bought])
    assert 0 < option.bound_micros <= option.price_micros
    assert answer.approximations


@given(worlds(max_pods=3))
@settings(max_examples=12)
def test_nothing_cheaper_does_with_as_many_moves(world: World) -> None:
    snapshot = _owned(world)
    question, stock = question_of(snapshot), Stock(snapshot, CATALOGUE.types)
    answer = size(snapshot, question, Wish(catalogue=CATALOGUE, most_moves=1), CONFIG)
    if answer.fits_already or not answer.options or not all(option.proved for option in answer.options):
        return
    for option in answer.options:
        for price, bought in [(0, []), *purchases(stock, 2)]:
            if price < option.price_micros:
                larger = stock.with_nodes(bought, snapshot)
                for moved in [(), *((pod.key,) for pod in movable(snapshot))][: 1 + 9 * len(option.moves)]:
                    asked = Question(pods=(*question.pods, *moved))
                    assert place(lifted(larger, moved), asked, CONFIG).verdict is not Verdict.FITS


def _owned(world: World) -> Snapshot:
    """Its pods are those of a controller, which would make them again elsewhere."""
    owner = {"ownerReferences": [owner_reference(kind="ReplicaSet", name="r")]}
    objects = (
        {**one, "metadata": {**one["metadata"], **owner}} if one["kind"] == "Pod" else one
        for one in world.objects
    )
    return World(objects=tuple(objects), manifests=world.manifests).read()


def test_where_moves_take_too_long_the_purchase_without_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.planning.size.size._MOST_PLACES", 4)
    pods = [b.pod(name=f"p{i}", node="n", requests={"cpu": "1"}, owner=("ReplicaSet", "p")) for i in range(4)]
    snapshot = b.snapshot(b.node(name="n", zone="za", cpu="4"), *pods, b.pod(name="w", requests={"cpu": "2"}))
    answer = size(snapshot, question_of(snapshot), Wish(catalogue=CATALOGUE, most_moves=2), CONFIG)
    (option,) = answer.options
    assert [(one.lot.node_type.name, one.count) for one in option.bought] == [("small", 1)]
    assert not option.moves
    assert any("nothing moves" in note for note in answer.approximations)
