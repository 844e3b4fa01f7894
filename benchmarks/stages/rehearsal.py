"""An extender over a cluster that only exists in this process, for ``benchmarks.stages.live`` to ask.

    python -m benchmarks.stages.rehearsal INSTANCE.json

Everything is the real thing but for the API server: the source of snapshots is told what happens by requests
to the same server, ``/arrive/<workload>``, ``/storm`` and ``/calm``. ``/echo`` is what the verbs are measured
against: it sends the body back.
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flask import Flask, Response, request

from benchmarks.stages.planner import parse
from extender import logs
from extender.app import create_app
from extender.config import Deadlines, ExtenderConfig
from extender.server import run
from extender.snapshots import Changes, Sighting
from solver.kube.documents import Document
from solver.model.event import Event, Gone, Put
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot

EVENTS_PER_S = 100
ROUND_S = 0.25
"""A workload arrives or leaves so often while the storm lasts; planning for it takes about as long."""


class Source:
    """A ``SnapshotSource`` that is told what happens."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._events: list[Event] = []
        self._changed = threading.Condition()

    def latest(self) -> Sighting:
        return Sighting(snapshot=self._snapshot, generation=0)

    def changes_since(self, generation: int, timeout_s: float) -> Changes:
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > generation, timeout_s)
            return Changes(generation=len(self._events), events=tuple(self._events[generation:]))

    def tell(self, events: Sequence[Event]) -> None:
        with self._changed:
            self._events += events
            self._changed.notify_all()

    def with_manifests(self, _manifests: Sequence[Document]) -> Snapshot:
        return self._snapshot

    def age_s(self) -> float:
        return 0.0

    def troubles(self) -> tuple[str, ...]:
        return ()


class Weather:
    """A hundred pod events a second, and a workload that comes and goes so that planning never rests."""

    def __init__(self, source: Source, running: Sequence[Pod], guests: Sequence[Pod]) -> None:
        self._source = source
        self._running = running
        self._guests = guests
        self._calm = threading.Event()

    def storm(self) -> None:
        self._calm.clear()
        for work in (self._churn, self._visits):
            threading.Thread(target=work, daemon=True).start()

    def calm(self) -> None:
        self._calm.set()

    def _churn(self) -> None:
        """Pods that run are reported on, as kubelets do; every tenth of them ends and comes back."""
        for number, pod in enumerate(itertools.cycle(self._running)):
            if self._calm.wait(1 / EVENTS_PER_S):
                return
            told = replace(pod, start_time=f"{number}")
            self._source.tell([Gone(pod), Put(told)] if number % 10 == 0 else [Put(told)])

    def _visits(self) -> None:
        while True:
            for events in ([Put(pod) for pod in self._guests], [Gone(pod) for pod in self._guests]):
                self._source.tell(events)
                if self._calm.wait(ROUND_S):
                    return


def application(snapshot: Snapshot) -> Flask:
    """The extender with half of the pending workloads there; the others arrive when they are told to."""
    by_workload: dict[str, list[Pod]] = defaultdict(list)
    for pod in snapshot.pending:
        by_workload[pod.workload.name if pod.workload else pod.name].append(pod)
    names = sorted(by_workload)
    late = {pod.key for name in names[len(names) // 2 :] for pod in by_workload[name]}
    source = Source(replace(snapshot, pods=tuple(pod for pod in snapshot.pods if pod.key not in late)))
    guests = [replace(pod, key=type(pod.key)(f"{pod.key}-guest")) for pod in by_workload[names[-1]]]
    weather = Weather(source, snapshot.running, [replace(pod, claims=()) for pod in guests])
    app = create_app(ExtenderConfig(deadlines=Deadlines(solve_s=5)), source)

    @app.post("/echo")
    def echo() -> Response:
        return Response(request.get_data(cache=False), mimetype="application/json")

    @app.post("/arrive/<name>")
    def arrive(name: str) -> Response:
        source.tell([Put(pod) for pod in by_workload[name]])
        return Response(b"{}", mimetype="application/json")

    @app.post("/storm")
    def storm() -> Response:
        weather.storm()
        return Response(b"{}", mimetype="application/json")

    @app.post("/calm")
    def calm() -> Response:
        weather.calm()
        return Response(b"{}", mimetype="application/json")

    return app


if __name__ == "__main__":
    logs.configure(logging.INFO)
    sys.exit(run(application(parse(Path(sys.argv[1]).read_bytes())), ExtenderConfig(port=0)))
