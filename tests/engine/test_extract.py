"""Which member of a class gets which place."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.engine.extract import assignments
from tests.builders import f_nodes, node, pod, snapshot, spread, stateful_set
from tests.constraints.judge import compiled

WEB = {"app": "web"}


def dealt(world, **pods_on):
    """Pod and node names in order, the first class placed as told."""
    problem = compiled(world)
    counts = np.zeros_like(problem.limit)
    for name, pods in pods_on.items():
        counts[0, problem.nodes.index(name)] = pods
    found = assignments(problem, counts)
    return [(a.pod.rpartition("/")[2], str(a.node)) for a in found]


def database(replicas, *existing, nodes=None):
    db = stateful_set(name="db", replicas=replicas, parallel=True)
    return snapshot(*(nodes or f_nodes()), *existing, manifests=[db])


def test_every_prefix_of_a_stateful_set_is_even_over_zones():
    found = dealt(database(6), a1=1, a2=1, b1=1, b2=1, c1=2)
    assert [name for name, _ in found] == [f"db-{i}" for i in range(6)]
    for prefix in range(7):
        zones = Counter({"a": 0, "b": 0, "c": 0})
        zones.update(node[0] for _, node in found[:prefix])
        assert max(zones.values()) - min(zones.values()) <= 1


def test_running_replicas_are_part_of_the_prefix():
    old = pod(name="db-0", node="a1", labels={"app": "db"}, owner=("StatefulSet", "db"))
    found = dealt(database(3, old), a2=1, b1=1)
    assert found == [("db-1", "b1"), ("db-2", "a2")]


def test_pods_of_a_spread_constraint_fill_the_emptiest_zone_first():
    old = [pod(name=f"old{i}", node="a1", labels=WEB) for i in range(2)]
    pods = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(4)]
    found = dealt(snapshot(*f_nodes(), *old, *pods), a2=1, b1=1, c1=2)
    assert [node for _, node in found] == ["b1", "c1", "c1", "a2"]


def test_class_placed_in_part_leaves_out_its_last_members():
    found = dealt(database(4), a1=1, b1=1)
    assert [name for name, _ in found] == ["db-0", "db-1"]


def test_nothing_placed_is_nothing_assigned():
    assert dealt(database(2)) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_places_are_dealt_out_exactly(seats):
    nodes = [node(name=f"n{i}", zone=f"z{i % 3}") for i in range(6)]
    pods = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(18)]
    wanted = {f"n{i}": n for i, n in enumerate(seats)}
    found = dealt(snapshot(*nodes, *pods), **wanted)
    assert Counter(node for _, node in found) == +Counter(wanted)
    assert len({name for name, _ in found}) == len(found)
