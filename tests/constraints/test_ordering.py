"""W14: ordinals exist only one after another."""

from __future__ import annotations

from tests.builders import node, pod, pod_spec, snapshot, stateful_set
from tests.constraints.judge import allows


def database(*existing, parallel=False):
    db = stateful_set(name="db", replicas=3, parallel=parallel, spec=pod_spec(requests={"cpu": "1"}))
    return snapshot(node(name="a1"), node(name="b1"), *existing, manifests=[db])


def ordinal(number, **more):
    return pod(name=f"db-{number}", labels={"app": "db"}, owner=("StatefulSet", "db"), **more)


def test_prefixes_are_allowed_and_nothing_else():
    assert allows(database(), {})
    assert allows(database(), {"db-0": "a1"})
    assert allows(database(), {"db-0": "a1", "db-1": "b1", "db-2": "a1"})
    assert not allows(database(), {"db-1": "a1"})
    assert not allows(database(), {"db-0": "a1", "db-2": "a1"})


def test_parallel_ordinals_do_not_wait():
    assert allows(database(parallel=True), {"db-2": "a1"})


def test_running_predecessor_is_enough():
    assert allows(database(ordinal(0, node="a1")), {"db-1": "a1"})


def test_pending_predecessor_is_waited_for():
    here = database(ordinal(0, requests={"cpu": "1"}))
    assert not allows(here, {"db-1": "a1"})
    assert allows(here, {"db-0": "b1", "db-1": "a1"})


def test_predecessor_that_will_never_run_closes_every_node():
    here = database(ordinal(0, terminating=True))
    assert not allows(here, {"db-1": "a1"})
    assert allows(here, {})
