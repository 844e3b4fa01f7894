"""Where snapshots come from. Everything else in this package sees a ``SnapshotSource``: no files, no cluster.

A follower of the cluster starts at a sighting and asks for what happened since, over and over::

    sighting = source.latest()
    cluster = Cluster(sighting.snapshot)
    while True:
        changes = source.changes_since(generation, timeout_s)
        if changes.restart:
            begin again with source.latest()
        for event in changes.events:
            cluster.apply(event)
        generation = changes.generation

``FileSource`` is here; the source that watches a live cluster is in ``extender.watch``.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from extender.logs import event
from solver.cli.inputs import read_documents
from solver.errors import InputError
from solver.kube.documents import Document, DocumentError, Entry, entries, plain
from solver.kube.read import DEFAULT_OPTIONS, read_snapshot
from solver.model.event import Event
from solver.model.snapshot import Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A snapshot and which one it is."""

    snapshot: Snapshot
    """With the replicas that its StatefulSets still lack (``from_manifest``) and the claims those will have;
    when one of them comes to be, it takes the place of the expected pod under the same key."""
    generation: int
    """Counts up with every change of the cluster; a plan is for one generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened between a generation and this one."""

    generation: int
    events: tuple[Event, ...] = ()
    """In order, the expected pods and claims included. Services, controllers and images of nodes may have
    changed besides: they only bear on scores, and ``latest()`` has them."""
    restart: bool = False
    """Events cannot tell what happened (nodes or storage classes changed), or it was too much to remember:
    begin again with ``latest()``."""


class SnapshotSource(Protocol):
    """Safe to use from several threads."""

    def latest(self) -> Sighting:
        """The newest complete snapshot; waits for the first. Raises InputError when there can be none."""

    def changes_since(self, generation: int, timeout_s: float) -> Changes:
        """Waits until there are any, at most this long; then none, at the generation asked about."""

    def with_manifests(self, manifests: Sequence[Document]) -> Snapshot:
        """The newest snapshot with the workloads of these manifests made into pods. Raises InputError."""

    def age_s(self) -> float:
        """Seconds for which the newest snapshot is known to be true no more; 0 before the first."""

    def troubles(self) -> tuple[str, ...]:
        """Why the newest snapshot should not be relied upon, a line each; none when all is well."""


class FileSource:
    """The cluster as it was written to files: read once, generation 1 for ever."""

    def __init__(self, paths: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._paths = tuple(paths)
        self._clock = clock
        self._reading = threading.Lock()
        self._documents: tuple[Document, ...] = ()
        self._sighting: Sighting | None = None
        self._read_at = 0.0
        self._change = threading.Event()
        """Never set."""

    def latest(self) -> Sighting:
        with self._reading:
            if self._sighting is None:
                self._documents = read_documents(self._paths)
                snapshot = with_expected_replicas(self._documents)
                self._sighting = Sighting(snapshot=snapshot, generation=1)
                self._read_at = self._clock()
            return self._sighting

    def changes_since(self, generation: int, timeout_s: float) -> Changes:
        if generation != 1:
            return Changes(generation=1, restart=True)
        self._change.wait(timeout_s)
        return Changes(generation=1)

    def with_manifests(self, manifests: Sequence[Document]) -> Snapshot:
        self.latest()
        return with_expected_replicas(self._documents, manifests)

    def age_s(self) -> float:
        return 0.0 if self._sighting is None else self._clock() - self._read_at

    def troubles(self) -> tuple[str, ...]:
        return ()


def with_expected_replicas(documents: Sequence[Document], manifests: Sequence[Document] = ()) -> Snapshot:
    """The snapshot with the workloads of the manifests, the replicas its StatefulSets still lack, and the
    claims those will have.

    Their names are known before they exist (W7), and with OrderedReady each is created only when the one
    before it runs (W14), so without them a plan would see one replica at a time. Other controllers create all
    their pods at once, under names nobody can tell before. Raises InputError.
    """
    sets = [stateful_set for document in documents for stateful_set in _stateful_sets(document)]
    replaced = {_name(s) for document in manifests for s in _stateful_sets(document)}
    sets = [stateful_set for stateful_set in sets if _name(stateful_set) not in replaced]
    if not sets:
        return read_snapshot(documents, manifests)
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": sets})
    expected = Document("StatefulSets of the snapshot", text.encode())
    try:
        return read_snapshot(documents, [expected, *manifests])
    except InputError as error:
        snapshot = read_snapshot(documents, manifests)  # raises for what is wrong with these themselves
        log.warning(event("replicas_not_expected", error=error))
        return snapshot


def _name(stored: dict[str, Any]) -> tuple[str, str]:
    meta = stored.get("metadata")
    meta = meta if isinstance(meta, dict) else {}
    return str(meta.get("namespace") or DEFAULT_OPTIONS.default_namespace), str(meta.get("name"))


def _stateful_sets(document: Document) -> Iterator[dict[str, Any]]:
    """Those with a pod template; hand-written dumps often name a set only as an owner."""
    for entry in entries(document):
        if not isinstance(entry, Entry) or entry.kind != "StatefulSet":
            continue
        try:
            stored = plain(entry.value)
        except DocumentError:
            continue  # reading the snapshot itself reports it
        spec = stored.get("spec") if isinstance(stored, dict) else None
        if isinstance(spec, dict) and spec.get("template"):
            yield {"apiVersion": entry.api_version, **stored, "kind": entry.kind}
