"""Instances as the tests need them: read by the project's own reader, with their hidden placement."""

from __future__ import annotations

from benchmarks.case import Instance
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot


def text_of(instance: Instance) -> bytes:
    return b"".join(instance.lines())


def read(instance: Instance) -> Snapshot:
    return read_snapshot([Document("instance.json", text_of(instance))])


def question_of(snapshot: Snapshot) -> Question:
    return Question(pods=tuple(pod.key for pod in snapshot.pending))


def hidden_of(instance: Instance) -> Placement:
    assert instance.hidden is not None
    return Placement(
        assignments=tuple(
            Assignment(pod=PodKey(pod), node=NodeName(node)) for pod, node in instance.hidden.items()
        )
    )
