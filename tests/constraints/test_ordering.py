"""W14: ordinals exist only one after another."""

from __future__ import annotations

from tests.builders import claim, claim_spec, node, pod, pod_spec, snapshot, stateful_set, storage_class
from tests.constraints.judge import allows


def database(*existing, parallel=False):
    """Three ordinals, each with a volume of its own kind, so that no two are alike."""
    claims = {"data": claim_spec(storage_class="fast")}
    db = stateful_set(
        name="db", replicas=3, parallel=parallel, spec=pod_spec(requests={"cpu": "1"}), claims=claims
    )
    found = [claim(name=f"data-db-{i}", storage=f"{i + 1}Gi", storage_class="fast") for i in range(3)]
    return snapshot(
        node(name="a1"), node(name="b1"), storage_class(name="fast"), *found, *existing, manifests=[db]
    )


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


def test_ordinals_come_only_after_all_of_a_run_before_them():
    """db-0 and db-1 are alike; db-2 has a larger volume."""
    db = stateful_set(name="db", replicas=3, claims={"data": claim_spec(storage_class="fast")})
    large = claim(name="data-db-2", storage="9Gi", storage_class="fast")
    here = snapshot(node(name="a1"), storage_class(name="fast"), large, manifests=[db])
    assert allows(here, {"db-0": "a1"})
    assert allows(here, {"db-0": "a1", "db-1": "a1", "db-2": "a1"})
    assert not allows(here, {"db-0": "a1", "db-2": "a1"})


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
