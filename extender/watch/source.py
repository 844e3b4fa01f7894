"""The live cluster as a ``SnapshotSource``."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec
from kubernetes import client

from extender.config import ClusterConfig
from extender.logs import event
from extender.snapshots import Changes, Sighting
from extender.watch.backoff import PATIENCE, Patience
from extender.watch.connection import connected, kinds
from extender.watch.health import Health
from extender.watch.journal import Journal
from extender.watch.reflector import Reflector
from extender.watch.stream import ADDED, BOOKMARK, DELETED, MODIFIED, WatchEvent
from solver.errors import Fault, InputError
from solver.kube.documents import Document
from solver.kube.mirror import Change, Mirror, Shift, label_of, with_manifests
from solver.model.snapshot import Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Told of what is worth counting."""

    restarted: Callable[[str], None]
    """A list or watch of this kind ended before its time."""
    changed: Callable[[str, int], None]
    """So many events of this kind arrived."""
    faulty: Callable[[str, int], None]
    """So many objects of this kind cannot be read at the moment."""


NO_TALLY = Tally(restarted=lambda _: None, changed=lambda *_: None, faulty=lambda *_: None)


class LiveSource:
    """``start`` it once. One lock guards all that is known; nothing is asked of the server under it."""

    def __init__(
        self,
        settings: ClusterConfig,
        *,
        api: client.ApiClient | None = None,
        tally: Tally = NO_TALLY,
        patience: Patience = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises InputError when there is no way to a cluster."""
        self._settings = settings
        self._tally = tally
        self._clock = clock
        self._api = api or connected(settings)
        followed = tuple(kinds(self._api))
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._mirror = Mirror()
        self._journal = Journal()
        self._health = Health((kind.name, kind.required) for kind in followed)
        self._begun = False
        self._faulty: dict[str, set[str]] = {}
        self._sighting: Sighting | None = None
        self._reflectors = [Reflector(kind, self, settings, self._stopping, patience) for kind in followed]
        self._threads = [
            threading.Thread(target=reflector.run, name=f"watch-{kind.name}", daemon=True)
            for kind, reflector in zip(followed, self._reflectors, strict=True)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends every watch; who waits for changes is told that there are none."""
        self._stopping.set()
        for reflector in self._reflectors:
            reflector.interrupt()
        with self._changed:
            self._changed.notify_all()

    # for those who ask

    def latest(self) -> Sighting:
        with self._changed:
            self._wait_for_begin()
            if self._sighting is None or self._sighting.generation != self._journal.generation:
                snapshot = self._mirror.snapshot()
                self._sighting = Sighting(snapshot=snapshot, generation=self._journal.generation)
            return self._sighting

    def changes_since(self, generation: int, timeout_s: float) -> Changes:
        with self._changed:
            self._changed.wait_for(
                lambda: self._journal.generation != generation or self._stopping.is_set(), timeout_s
            )
            return self._journal.since(generation)

    def with_manifests(self, manifests: Sequence[Document]) -> Snapshot:
        with self._changed:
            self._wait_for_begin()
            return with_manifests(self._mirror, manifests)

    def _wait_for_begin(self) -> None:
        self._changed.wait_for(lambda: self._begun or self._stopping.is_set())
        if not self._begun:
            expected = "every kind listed before the end"
            raise InputError(
                [Fault(kind="cluster", name="as a whole", path="", found="a stop", expected=expected)]
            )

    def age_s(self) -> float:
        with self._changed:
            return self._health.age_s(self._clock())

    def troubles(self) -> tuple[str, ...]:
        with self._changed:
            return self._health.troubles(self._clock(), self._settings.stale_after_s)

    # for the reflectors

    def put(self, kind: str, objects: Sequence[msgspec.Raw]) -> set[str]:
        with self._changed:
            names = {self._put(kind, value) for value in objects}
            self._changed.notify_all()
        return names

    def listed(self, kind: str, names: set[str]) -> None:
        with self._changed:
            for name in self._mirror.labels(kind) - names:
                self._write(self._mirror.drop(kind, name))
            self._health.listed(kind, self._clock())
            self._tell_faults(kind)
            self._begin_if_synced()

    def apply(self, kind: str, events: Sequence[WatchEvent]) -> None:
        with self._changed:
            for told in events:
                if told.type in (ADDED, MODIFIED):
                    self._put(kind, told.object)
                elif told.type == DELETED:
                    name = label_of(kind, told.meta.namespace, told.meta.name)
                    self._write(self._mirror.drop(kind, name))
            self._tell_faults(kind)
            self._changed.notify_all()
        self._tally.changed(kind, sum(told.type != BOOKMARK for told in events))

    def heard(self, kind: str) -> None:
        with self._changed:
            self._health.heard(kind, self._clock())

    def refused(self, kind: str, reason: str) -> None:
        with self._changed:
            self._health.refuse(kind, reason)
            self._begin_if_synced()

    def restarted(self, kind: str, reason: str) -> None:
        with self._changed:
            self._health.fail(kind, reason)
        self._tally.restarted(kind)

    # under the lock

    def _put(self, kind: str, value: msgspec.Raw) -> str:
        name, changes = self._mirror.put(kind, value)
        self._write(changes)
        return name

    def _write(self, changes: Iterable[Change]) -> None:
        if self._begun:
            self._journal.write(changes)

    def _tell_faults(self, kind: str) -> None:
        faulty = {name for of_kind, name in self._mirror.faults if of_kind == kind}
        for name in sorted(faulty - self._faulty.get(kind, set())):
            fault = self._mirror.faults[kind, name][0]
            log.warning(event("object_left_out", kind=kind, object=name, fault=fault))
        if faulty != self._faulty.get(kind, set()):
            self._faulty[kind] = faulty
            self._tally.faulty(kind, len(faulty))

    def _begin_if_synced(self) -> None:
        self._mirror.kept.unlisted = self._health.refused()
        if not self._begun and self._health.synced:
            started = time.perf_counter()
            self._mirror.begin()
            self._begun = True
            gc.collect()
            gc.freeze()  # what was listed mostly stays; walking it would stop every thread for long
            ms, kept = round(1000 * (time.perf_counter() - started)), self._mirror.kept
            log.info(event("synced", nodes=len(kept.nodes), pods=len(kept.pods.by_key), ms=ms))
        self._write([Shift.SCORES])  # what is said of kinds that are not listed
        self._changed.notify_all()
