"""W14: ordinals of an OrderedReady StatefulSet come one after another."""

from __future__ import annotations

from tests.builders import f_nodes, pod, snapshot, stateful_set
from tests.verify.judge import broken, order, replayed


def world(*objects, parallel=False):
    return snapshot(*f_nodes(), *objects, manifests=[stateful_set(name="db", replicas=3, parallel=parallel)])


def test_ordinal_without_its_predecessor_does_not_exist():
    assert broken(world(), {"db-0": "a1", "db-1": "a1"}) == set()
    assert broken(world(), {"db-0": "a1", "db-2": "a1"}) == {"W14"}
    assert broken(world(), {"db-1": "a1"}) == {"W14"}


def test_running_predecessor_counts():
    first = pod(name="db-0", node="a1", owner=("StatefulSet", "db"), labels={"app": "db"})
    assert broken(world(first), {"db-1": "a1"}) == set()


def test_parallel_ordinals_are_independent():
    assert broken(world(parallel=True), {"db-2": "a1"}) == set()


def test_replay_follows_the_ordinals():
    placed = order(world(), {"db-2": "a1", "db-0": "b1", "db-1": "c1"})
    assert [name for name, _ in placed] == ["db-0", "db-1", "db-2"]


def test_replay_does_not_create_an_ordinal_whose_predecessor_stays_out():
    ((stuck, status),) = replayed(world(), {"db-0": "a1", "db-2": "c1"}).stuck
    assert stuck == "prod/db-2"
    assert status.reasons == ("not created before pod prod/db-1 runs",)
