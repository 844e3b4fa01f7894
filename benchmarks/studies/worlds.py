"""What the studies share: an instance through the project's own reader, and plans compared by priority."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.case import Instance
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.names import PodKey
from solver.model.outcome import Question
from solver.model.snapshot import Snapshot

World = tuple[Snapshot, Question]


def world(instance: Instance) -> World:
    """The question is about every pending pod."""
    snapshot = read_snapshot([Document("instance.json", b"".join(instance.lines()))])
    return snapshot, Question(pods=tuple(pod.key for pod in snapshot.pending))


def by_priority(world: World, placed: Iterable[PodKey]) -> tuple[int, ...]:
    """Pods placed at each priority asked about, the highest first: the greater tuple is the better plan."""
    snapshot, question = world
    levels = sorted({snapshot.pod_by_key[key].priority for key in question.pods}, reverse=True)
    here = [snapshot.pod_by_key[key].priority for key in placed]
    return tuple(here.count(level) for level in levels)
