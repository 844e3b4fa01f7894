"""What the planner is told by others: what happened in the cluster, and what verbs ask and answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from extender.snapshots import Changes, Sighting
from solver.model.event import Event, Put
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod

SETTLED_S = 0.005
"""Pods that are created together come one by one: planning starts when none came for so long,"""
LINGER_S = 0.03
"""or after this time at the latest."""


@dataclass(slots=True, kw_only=True)
class News:
    sighting: Sighting | None = None
    """Begin again with this one; the events come after it."""
    events: list[Event] = field(default_factory=list)
    generation: int = 0
    """After the events; 0 when nothing happened."""
    asked: dict[PodKey, Pod] = field(default_factory=dict)
    """Pods that verbs were asked about and the plan does not know as they are."""
    is_behind: bool = False
    """A verb waits for what kube-scheduler has seen already."""
    answered: dict[PodKey, tuple[NodeName | None, float]] = field(default_factory=dict)
    """Where kube-scheduler may be binding a pod, and since when."""

    @property
    def is_urgent(self) -> bool:
        return self.sighting is not None or bool(self.asked) or any(map(_brings_a_pod, self.events))

    def __bool__(self) -> bool:
        return bool(self.sighting or self.events or self.asked or self.is_behind)


class Inbox:
    """For any number of writers, and one reader."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._arrived = threading.Condition()
        self._news = News()
        self._closed = False
        self.urgent = threading.Event()
        """Set while something waits that planning should not let wait."""

    def begin_again(self, sighting: Sighting) -> None:
        with self._arrived:
            self._news = News(
                sighting=sighting,
                generation=sighting.generation,
                asked=self._news.asked,
                is_behind=self._news.is_behind,
                answered=self._news.answered,
            )
            self._wake(urgent=True)

    def add(self, changes: Changes) -> None:
        with self._arrived:
            self._news.events += changes.events
            self._news.generation = changes.generation
            self._wake(urgent=any(map(_brings_a_pod, changes.events)))

    def ask(self, pod: Pod) -> None:
        with self._arrived:
            self._news.asked[pod.key] = pod
            self._wake(urgent=True)

    def hurry(self) -> None:
        """The plan is behind: what happened must not wait."""
        with self._arrived:
            self._news.is_behind = True
            self._wake(urgent=True)

    def answered(self, key: PodKey, name: NodeName | None) -> None:
        with self._arrived:
            self._news.answered[key] = (name, self._clock())

    def close(self) -> None:
        with self._arrived:
            self._closed = True
            self._wake(urgent=True)

    def take(self, timeout_s: float, rest_s: float = 0.0) -> News:
        """Waits for news at most so long, and a moment longer for what comes together. What no verb waits for
        is gathered for ``rest_s`` before that."""
        with self._arrived:
            self._arrived.wait_for(self._is_pressing, rest_s)
            self._arrived.wait_for(lambda: bool(self._news) or self._closed, timeout_s)
            ends = self._clock() + LINGER_S
            while self._news.is_urgent and not self._closed and self._clock() < ends:
                if not self._arrived.wait(SETTLED_S):
                    break
            taken, self._news = self._news, News()
            self.urgent.clear()
            return taken

    def _is_pressing(self) -> bool:
        news = self._news
        return self._closed or bool(news.asked or news.is_behind or news.sighting)

    def _wake(self, *, urgent: bool) -> None:
        if urgent:
            self.urgent.set()
        self._arrived.notify_all()


def _brings_a_pod(event: Event) -> bool:
    return isinstance(event, Put) and isinstance(event.thing, Pod) and event.thing.is_pending
