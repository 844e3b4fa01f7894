"""One pod at a time, beside what the real kube-scheduler did."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.scheduler.in_turn import in_turn, queued
from solver.scheduler.state import ClusterState
from tests import builders as b

FOLDER = Path(__file__).parents[1] / "data/planted"
RESULTS = json.loads((FOLDER / "results.json").read_text())
TOLERANCE = 3
"""Pods beyond the least and the most that ten runs of the real scheduler placed."""


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_as_many_pods_are_placed_as_by_the_real_scheduler(name: str) -> None:
    world = read_snapshot([Document(name, (FOLDER / f"{name}.json.gz").read_bytes())])
    least, most = RESULTS[name]["kube_scheduler_placed_ten_runs"]
    draws = [None, *(random.Random(seed).randrange for seed in range(5))]
    for draw in draws:
        turns = in_turn(ClusterState.of(world), queued(world.pending), draw=draw)
        assert len(turns.placed) + len(turns.left) == RESULTS[name]["pods"]
        assert least - TOLERANCE <= len(turns.placed) <= most + TOLERANCE


def test_pods_wait_for_their_predecessors() -> None:
    """W14: db-1 cannot be had anywhere until db-0 has a node."""
    sets = b.stateful_set(name="db", replicas=2, spec=b.pod_spec(requests={"cpu": "3"}))
    world = b.snapshot(*b.f_nodes(), manifests=[sets])
    first, second = world.pending
    turns = in_turn(ClusterState.of(world), [second, first])
    assert [one.pod for one in turns.placed] == [first.key, second.key]
    assert in_turn(ClusterState.of(world), [second]).left == (second,)


def test_a_refused_pod_is_asked_again_when_another_was_placed() -> None:
    follow = b.required_terms(b.affinity_term(labels={"app": "leader"}))
    pods = [
        b.pod(name="follower", labels={"app": "f"}, pod_affinity=follow),
        b.pod(name="leader", labels={"app": "leader"}),
    ]
    world = b.snapshot(*b.f_nodes(), *pods)
    turns = in_turn(ClusterState.of(world), world.pending)
    assert [one.pod for one in turns.placed] == ["prod/leader", "prod/follower"]


def test_equal_nodes_are_drawn_from_or_taken_by_name() -> None:
    world = b.snapshot(*b.f_nodes(), b.pod(name="p"))
    assert in_turn(ClusterState.of(world), world.pending).placed[0].node == "a1"
    drawn = {
        in_turn(ClusterState.of(world), world.pending, draw=random.Random(seed).randrange).placed[0].node
        for seed in range(30)
    }
    assert drawn == {"a1", "a2", "b1", "b2", "c1"}


def test_q2_more_important_pods_are_asked_first() -> None:
    pods = [b.pod(name="low"), b.pod(name="high", spec={"priority": 10})]
    world = b.snapshot(*b.f_nodes(), *pods)
    assert [pod.name for pod in queued(world.pending)] == ["high", "low"]
