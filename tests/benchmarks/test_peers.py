"""Peers answer the question that was asked, and their answers are checked."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.case import Instance, Peer
from benchmarks.generators.claims import claims
from benchmarks.generators.empty import empty
from benchmarks.generators.planted import planted
from benchmarks.peers import greedy, kube_scheduler, naive
from benchmarks.peers.answer import judged
from benchmarks.peers.guarded import answered_by
from benchmarks.process import ProcessFailedError
from solver.model.placement import Assignment
from tests.benchmarks.instances import hidden_of, question_of, read

LIMIT_S = 60.0


@pytest.mark.parametrize(
    "instance",
    [
        empty(nodes=12, zones=3, workloads=3, replicas=4, seed=1),
        planted(nodes=9, zones=3, workloads=4, slack=0.3, seed=1),
        claims(nodes=9, workloads=4, slack=0.3, seed=1),
    ],
    ids=["empty", "planted", "claims"],
)
def test_the_naive_model_places_every_pod_and_breaks_no_rule(instance: Instance) -> None:
    snapshot = read(instance)
    found = naive.answer(snapshot, question_of(snapshot), LIMIT_S)
    assert (found.placed, found.note) == (len(snapshot.pending), "")


def test_greedy_breaks_no_rule_and_leaves_pods_out_of_a_tight_cluster() -> None:
    snapshot = read(planted(nodes=60, zones=3, workloads=24, slack=0.05, seed=1))
    found = greedy.answer(snapshot, question_of(snapshot), LIMIT_S)
    assert 0 < found.placed < len(snapshot.pending)
    assert found.note == ""


def test_greedy_stops_when_its_time_is_over_and_says_so() -> None:
    snapshot = read(empty(nodes=12, zones=3, workloads=3, replicas=4, seed=1))
    found = greedy.answer(snapshot, question_of(snapshot), 0.0)
    assert (found.placed, found.note) == (0, "stopped after 0 s")


def test_an_answer_that_breaks_a_rule_is_told_on() -> None:
    snapshot = read(empty(nodes=12, zones=3, workloads=3, replicas=4, seed=1))
    first = snapshot.nodes[0].name
    piled = [Assignment(pod=pod.key, node=first) for pod in snapshot.pending]
    assert judged(snapshot, question_of(snapshot), piled).startswith("breaks ")
    good = hidden_of(empty(nodes=12, zones=3, workloads=3, replicas=4, seed=1))
    assert judged(snapshot, question_of(snapshot), good.assignments) == ""


def test_a_kube_scheduler_that_is_not_there_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kube_scheduler.find(str(tmp_path / "missing")) is None
    monkeypatch.setenv(kube_scheduler.ENVIRONMENT, str(tmp_path / "missing"))
    assert kube_scheduler.find(None) is None


def test_a_peer_that_does_not_end_is_stopped_and_has_placed_nothing() -> None:
    sleeper = (sys.executable, "-c", "import time; time.sleep(600)")
    found = answered_by(Peer.NAIVE, sleeper, 0.1, json.loads, grace_s=0.1)
    assert (found.placed, found.note) == (0, "no answer 0.1 s after its limit of 0.1 s")


def test_a_peer_that_fails_is_an_error_with_what_it_said() -> None:
    with pytest.raises(ProcessFailedError, match="peer naive ended with 1: no such model"):
        answered_by(Peer.NAIVE, (sys.executable, "-c", "exit('no such model')"), 5.0, json.loads)


@pytest.mark.skipif(kube_scheduler.find(None) is None, reason=kube_scheduler.NOT_BUILT)
def test_the_real_kube_scheduler_binds_pods_of_an_instance(tmp_path: Path) -> None:
    path = tmp_path / "instance.json"
    empty(nodes=12, zones=3, workloads=3, replicas=4, seed=1).write(path)
    program = kube_scheduler.find(None)
    assert program is not None
    found = kube_scheduler.measure(program, path, LIMIT_S)
    assert (found.placed, found.note) == (12, "")


def test_the_real_kube_schedulers_summary_is_read(tmp_path: Path) -> None:
    summary = {"pending": 3, "bound": 2, "evicted": 0, "seconds": 0.25, "stopped_by": "limit"}
    program = tmp_path / "stand-in"
    program.write_text(f"#!/bin/sh\necho '{{}}'\necho '{json.dumps(summary)}'\n", encoding="utf-8")
    program.chmod(0o755)
    found = kube_scheduler.measure(str(program), tmp_path / "any.json", 5.0)
    assert (found.placed, found.answer_s, found.note) == (2, 0.25, "stopped after 5 s")
