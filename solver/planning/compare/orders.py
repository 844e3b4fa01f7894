"""Orders in which the asked pods may arrive. Pods of one workload keep their own: ordinals ascending."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import comb

from solver.model.pod import Pod, WorkloadKey, owner_of

HELM_INSTALL_ORDER = (
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "Job",
    "CronJob",
)
"""The kinds that make pods, as Helm installs them (``kind_sorter.go``); others come after them."""
COUNTABLE = 10**15
"""More orders than this are not told apart from endlessly many."""
_TRIES = 20
"""Draws for each random order wanted, before the others are taken to be known."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The pods of one workload, or a single pod, in the order in which they are created."""

    workload: WorkloadKey
    """Of kind Pod for a pod without a controller."""
    pods: tuple[Pod, ...]

    def __len__(self) -> int:
        return len(self.pods)


Arrival = tuple[Pod, ...]


def lanes_of(pods: Iterable[Pod]) -> tuple[Lane, ...]:
    """By first appearance."""
    found: dict[WorkloadKey, list[Pod]] = {}
    for pod in pods:
        found.setdefault(owner_of(pod), []).append(pod)
    return tuple(Lane(workload, tuple(sorted(some, key=_ordinal))) for workload, some in found.items())


def _ordinal(pod: Pod) -> int:
    return pod.ordinal or 0


def manifest_order(pods: Sequence[Pod], lanes: Sequence[Lane]) -> Arrival:
    """As they stand in the input; ordinals ascending in the places of their StatefulSet."""
    index_of = {lane.workload: index for index, lane in enumerate(lanes)}
    return _dealt(lanes, [index_of[owner_of(pod)] for pod in pods])


def helm_order(lanes: Sequence[Lane]) -> Arrival:
    rank = {kind: place for place, kind in enumerate(HELM_INSTALL_ORDER)}
    ordered = sorted(lanes, key=lambda lane: rank.get(lane.workload.kind, len(rank)))
    return tuple(pod for lane in ordered for pod in lane.pods)


def led_by(first: Sequence[Lane], arrival: Arrival) -> tuple[Arrival, ...]:
    """In stages: each of these workloads by itself, then the rest as it was."""
    keys = {pod.key for lane in first for pod in lane.pods}
    return (*(lane.pods for lane in first), tuple(pod for pod in arrival if pod.key not in keys))


def order_count(lanes: Sequence[Lane]) -> int | None:
    """How many orders differ: pods of one workload do not overtake each other. None beyond counting."""
    count, pods = 1, 0
    for lane in lanes:
        pods += len(lane)
        count *= comb(pods, len(lane))
        if count > COUNTABLE:
            return None
    return count


def every_order(lanes: Sequence[Lane]) -> Iterator[Arrival]:
    """In lexicographic order of the workloads."""
    turns: list[int] | None = [index for index, lane in enumerate(lanes) for _ in lane.pods]
    while turns is not None:
        yield _dealt(lanes, turns)
        turns = _next(turns)


def random_orders(lanes: Sequence[Lane], number: int, seed: int) -> Iterator[Arrival]:
    """Distinct ones, at most ``number``; all there are when they are not more."""
    distinct = order_count(lanes)
    if distinct is not None and distinct <= number:
        yield from every_order(lanes)
        return
    rng = random.Random(seed)
    turns = [index for index, lane in enumerate(lanes) for _ in lane.pods]
    seen: set[tuple[int, ...]] = set()
    for _ in range(_TRIES * number):
        rng.shuffle(turns)
        if tuple(turns) not in seen:
            seen.add(tuple(turns))
            yield _dealt(lanes, turns)
        if len(seen) == number:
            return


def runs_of(arrival: Arrival) -> list[tuple[WorkloadKey, int]]:
    """The order in short: a workload and how many of its pods come in a row."""
    return [(workload, len(list(some))) for workload, some in groupby(map(owner_of, arrival))]


def _dealt(lanes: Sequence[Lane], turns: Iterable[int]) -> Arrival:
    dealt: Counter[Hashable] = Counter()
    arrival = []
    for turn in turns:
        arrival.append(lanes[turn].pods[dealt[turn]])
        dealt[turn] += 1
    return tuple(arrival)


def _next(turns: Sequence[int]) -> list[int] | None:
    """The next arrangement of the same numbers, or None after the last."""
    rise = next((i for i in reversed(range(len(turns) - 1)) if turns[i] < turns[i + 1]), None)
    if rise is None:
        return None
    swap = next(i for i in reversed(range(len(turns))) if turns[i] > turns[rise])
    found = list(turns)
    found[rise], found[swap] = found[swap], found[rise]
    found[rise + 1 :] = reversed(found[rise + 1 :])
    return found
