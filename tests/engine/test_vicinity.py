"""Which nodes are packed anew for a pod left over."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.engine.state import State
from solver.engine.vicinity import Vicinity
from tests.builders import claim, in_zones, node, pod, snapshot, spread, storage_class, volume
from tests.constraints.judge import compiled
from tests.engine.growth import LARGE, SEEDS, grown, problem_of, state_with
from tests.strategies import World, worlds

WEB = {"app": "web"}


def names(problem, nodes):
    return {str(problem.nodes[number]) for number in nodes}


def picked(problem, state, index, domains, nodes, *, swap=False, seed=0):
    return Vicinity(problem, state, np.random.default_rng(seed)).pick(index, domains, nodes, swap=swap)


def class_of(problem, name):
    return next(i for i, c in enumerate(problem.classes) if name in {p.name for p in c.members})


@settings(max_examples=150)
@given(LARGE | worlds(max_pods=8), SEEDS, st.integers(1, 3), st.integers(2, 4), st.booleans())
def test_no_more_nodes_than_asked_for_each_once(
    world: World, seed: int, domains: int, nodes: int, swap: bool
):
    problem = problem_of(world)
    state, _ = grown(problem, Random(seed))
    for index in np.flatnonzero(problem.limit.any(axis=1)).tolist():
        found = picked(problem, state, index, domains, nodes, swap=swap, seed=seed).tolist()
        assert found == sorted(set(found))
        assert 1 <= len(found) <= domains * nodes
        assert problem.limit[index, found].any()
        assert found == picked(problem, state, index, domains, nodes, swap=swap, seed=seed).tolist()


def test_nodes_come_from_domains_the_spread_allows_first():
    rule = [spread(labels=WEB)]
    problem = compiled(
        snapshot(
            *(node(name=f"{zone}{i}", zone=f"z{zone}") for zone in "abc" for i in (1, 2)),
            *(pod(name=f"web-{i}", labels=WEB, spread=rule) for i in range(3)),
        )
    )
    state = state_with(problem, ("web-0", "a1"), ("web-1", "c1"))
    for seed in range(10):
        assert names(problem, picked(problem, state, 0, 1, 2, seed=seed)) == {"b1", "b2"}


def test_half_of_the_nodes_are_some_the_class_may_go_to():
    problem = compiled(
        snapshot(
            *(node(name=f"ssd{i}", cpu="1", labels={"disk": "ssd"}) for i in range(4)),
            *(node(name=f"hdd{i}", cpu="64") for i in range(4)),
            pod(name="fast", node_selector={"disk": "ssd"}),
            pod(name="any"),
        )
    )
    found = names(problem, picked(problem, State(problem), class_of(problem, "fast"), 1, 4))
    assert len({name for name in found if name.startswith("ssd")}) == 2


def test_node_with_a_free_volume_and_one_whose_pod_could_take_it_are_swapped():
    """The roomy nodes without a volume are of no use for the pod left over."""
    zones = {"big": "za", "little": "zb"}
    problem = compiled(
        snapshot(
            storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
            node(name="big", zone="za", cpu="4"),
            node(name="little", zone="zb", cpu="1"),
            *(node(name=f"roomy{i}", zone="zc", cpu="16") for i in range(20)),
            *(volume(name=f"v-{z}", storage_class="local", affinity=[in_zones(z)]) for z in zones.values()),
            *(claim(name=name, storage_class="local") for name in ("large", "small")),
            pod(name="large", requests={"cpu": "3"}, claims=["large"]),
            pod(name="small", requests={"cpu": "1"}, claims=["small"]),
            pod(name="bystander"),
        )
    )
    state = state_with(problem, ("small", "big"))
    for seed in range(10):
        found = picked(problem, state, class_of(problem, "large"), 1, 4, swap=True, seed=seed)
        assert names(problem, found) >= {"big", "little"}
