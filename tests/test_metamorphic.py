"""What may change in a world without changing the answer, or only for the better."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.config import SolveConfig
from solver.model.outcome import Proof
from solver.pipeline import place
from tests.builders import Raw, node
from tests.strategies import RACK, World, question_of, worlds
from tests.test_properties import placed_by_priority

CONFIG = SolveConfig(workers=1)


def proved_counts(world: World) -> tuple[int, ...] | None:
    """Pods placed by priority, highest first; None when that number is not proved to be the best."""
    snapshot = world.read()
    question = question_of(snapshot)
    outcome = place(snapshot, question, CONFIG)
    if outcome.proof is not Proof.OPTIMAL:
        return None
    return placed_by_priority(snapshot, question, outcome)


def assert_same(one: World, other: World) -> None:
    counts = proved_counts(one), proved_counts(other)
    assert None in counts or counts[0] == counts[1]


def assert_no_loss(before: World, after: World) -> None:
    fewer, more = proved_counts(before), proved_counts(after)
    assert fewer is None or more is None or fewer <= more


def changed(world: World, change: Callable[[Raw], None]) -> World:
    """The world with ``change`` done to a copy of every object."""
    objects = copy.deepcopy(world.objects), copy.deepcopy(world.manifests)
    for raw in (*objects[0], *objects[1]):
        change(raw)
    return World(objects=objects[0], manifests=objects[1])


def spec_of(raw: Raw) -> Raw:
    """The pod spec of a pod or of a workload; empty for anything else."""
    if raw["kind"] == "Pod":
        return raw["spec"]
    return raw.get("spec", {}).get("template", {}).get("spec", {})


@settings(max_examples=50, deadline=None)
@given(worlds(), st.data())
def test_order_of_the_input_does_not_matter(world: World, data: st.DataObject):
    shuffled = tuple(data.draw(st.permutations(world.objects)))
    assert_same(world, replace(world, objects=shuffled))


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_names_of_nodes_do_not_matter(world: World):
    """n0 … n3 become m3 … m0, wherever they are named, so that their order changes too."""
    text = json.dumps([world.objects, world.manifests])
    for index in range(4):
        text = text.replace(f'"n{index}"', f'"m{3 - index}"')
    objects, manifests = json.loads(text)
    assert_same(world, World(objects=tuple(objects), manifests=tuple(manifests)))


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_label_nobody_asks_for_does_not_matter(world: World):
    """Pods that were alike are no longer."""

    def tag(raw: Raw) -> None:
        if raw["kind"] == "Pod":
            raw["metadata"].setdefault("labels", {})["serial"] = raw["metadata"]["name"]

    assert_same(world, changed(world, tag))


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_larger_max_skew_loses_no_pod(world: World):
    def relax(raw: Raw) -> None:
        for constraint in spec_of(raw).get("topologySpreadConstraints", ()):
            constraint["maxSkew"] += 1

    assert_no_loss(world, changed(world, relax))


def drop_spread(raw: Raw) -> None:
    """An empty node can hold a spread minimum at 0, so more nodes are not always better under T11."""
    spec_of(raw).pop("topologySpreadConstraints", None)


@settings(max_examples=50, deadline=None)
@given(worlds(), st.sampled_from(["za", "zb", "zd"]))
def test_another_node_loses_no_pod(world: World, zone: str):
    free = changed(world, drop_spread)
    roomy = node(name="more", zone=zone, cpu="8", labels={RACK: "r0"})
    assert_no_loss(free, replace(free, objects=(*free.objects, roomy)))


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_dropping_spread_constraints_loses_no_pod(world: World):
    assert_no_loss(world, changed(world, drop_spread))


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_lifting_a_cordon_and_removing_taints_loses_no_pod(world: World):
    def lift(raw: Raw) -> None:
        if raw["kind"] == "Node":
            raw["spec"] = {}

    free = changed(world, drop_spread)  # an untainted node may become an eligible, empty domain (T4)
    assert_no_loss(free, changed(free, lift))


@settings(max_examples=50, deadline=None)
@given(worlds(ordered=False))
def test_pods_that_were_left_out_do_not_hold_the_others_back(world: World):
    snapshot = world.read()
    outcome = place(snapshot, question_of(snapshot), CONFIG)
    if outcome.proof is not Proof.OPTIMAL:
        return
    gone = {unplaced.pod for unplaced in outcome.unplaced}

    def stays(raw: Raw) -> bool:
        return raw["kind"] != "Pod" or f"{raw['metadata']['namespace']}/{raw['metadata']['name']}" not in gone

    rest = replace(world, objects=tuple(raw for raw in world.objects if stays(raw)))
    remaining = place(rest.read(), question_of(rest.read()), CONFIG)
    if remaining.proof is Proof.OPTIMAL:
        assert not remaining.unplaced
