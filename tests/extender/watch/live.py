"""A live source on a loopback API server, for tests."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.loopback import ApiServer, Store
from extender.config import ClusterConfig
from extender.snapshots import Sighting
from extender.watch import LiveSource
from extender.watch.backoff import Patience
from extender.watch.source import Tally

PATIENCE_S = 30.0
"""After which a test fails that waits for something."""


@dataclass
class Counts:
    """What a source had to tell."""

    restarts: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def tally(self) -> Tally:
        return Tally(
            restarted=lambda kind: self.restarts.update([kind]),
            changed=lambda kind, number: self.events.update({kind: number}),
            faulty=lambda kind, number: self.faults.update({kind: number}),
        )


@dataclass
class World:
    store: Store
    server: ApiServer
    source: LiveSource
    counts: Counts

    def until(self, holds: Callable[[Sighting], bool]) -> Sighting:
        """The first sighting of which this is true."""
        deadline = time.monotonic() + PATIENCE_S
        sighting = self.source.latest()
        while not holds(sighting):
            left = deadline - time.monotonic()
            assert left > 0, f"not seen: {self.source.troubles()}, {dict(self.counts.restarts)}"
            self.source.changes_since(sighting.generation, left)
            sighting = self.source.latest()
        return sighting

    def until_pods(self, *names: str) -> Sighting:
        return self.until(lambda seen: {pod.name for pod in seen.snapshot.pods} == set(names))


@contextmanager
def world(
    folder: Path, *objects: Mapping[str, Any], store: Store | None = None, **settings: Any
) -> Iterator[World]:
    """A source that has begun to follow an API server with these objects."""
    store = store or Store()
    store.put(*objects)
    with ApiServer(store).running() as server:
        kubeconfig = str(server.write_kubeconfig(folder / "kubeconfig"))
        counts = Counts()
        config = ClusterConfig(kubeconfig=kubeconfig, **settings)
        source = LiveSource(config, tally=counts.tally, patience=Patience(first_s=0.02, longest_s=0.1))
        source.start()
        try:
            yield World(store, server, source, counts)
        finally:
            source.stop()
