"""StatefulSets even over zones."""

from __future__ import annotations

from solver.objectives import even_prefixes
from tests.builders import f_nodes, node, pod, snapshot, stateful_set
from tests.constraints.judge import price

DB = {"app": "db"}


def database(replicas, *objects, nodes=None):
    db = stateful_set(name="db", replicas=replicas, parallel=True)
    return snapshot(*(f_nodes() if nodes is None else nodes), *objects, manifests=[db])


def cost(world, *nodes, first=0):
    return price(even_prefixes, world, {f"db-{first + i}": name for i, name in enumerate(nodes)})


def test_gap_of_one_pod_is_even():
    assert cost(database(4), "a1", "a2", "b1", "c1") == 0
    assert cost(database(3), "a1", "b1") == 0


def test_each_pod_beyond_costs_one():
    assert cost(database(4), "a1", "a2", "b1", "b2") == 1
    assert cost(database(4), "a1", "a1", "a2", "a2") == 3


def test_running_replicas_count():
    old = [pod(name=f"db-{i}", node="a1", labels=DB, owner=("StatefulSet", "db")) for i in range(2)]
    here = database(4, *old)
    assert cost(here, "b1", "c1", first=2) == 0
    assert cost(here, "a1", "b1", first=2) == 2


def test_zone_no_replica_may_use_does_not_count():
    nodes = [*f_nodes()[:4], node(name="c1", zone="zc", unschedulable=True)]
    assert cost(database(4, nodes=nodes), "a1", "a2", "b1", "b2") == 0


def test_other_workloads_do_not_care():
    plain = snapshot(*f_nodes(), *(pod(name=f"p{i}") for i in range(2)))
    assert price(even_prefixes, plain, {"p0": "a1", "p1": "a1"}) == 0


def test_gaps_of_several_sets_add_up():
    sets = [stateful_set(name=n, replicas=2, parallel=True) for n in ("db", "kv")]
    here = snapshot(*f_nodes(), manifests=sets)
    together = {"db-0": "a1", "db-1": "a2", "kv-0": "b1", "kv-1": "b2"}
    assert price(even_prefixes, here, together) == 2
    assert even_prefixes.merge([1, 2]) == 3
