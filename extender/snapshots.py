"""Where snapshots come from. Everything else in this package sees a ``SnapshotSource`` and no files.

A source that watches a live cluster can stand in for ``FileSource`` without a change elsewhere.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from extender.logs import event
from solver.cli.inputs import read_documents
from solver.errors import InputError
from solver.kube.documents import Document, DocumentError, Entry, entries, plain
from solver.kube.read import read_snapshot
from solver.model.snapshot import Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A snapshot and which one it is."""

    snapshot: Snapshot
    generation: int
    """Counts up with every change of the cluster; a plan is for one generation."""


class SnapshotSource(Protocol):
    def latest(self) -> Sighting:
        """The newest complete snapshot; waits for the first. Raises InputError when there can be none."""

    def age_s(self) -> float:
        """Seconds since the newest snapshot was taken; 0 before the first."""


class FileSource:
    """The cluster as it was written to files: read once, generation 1 for ever."""

    def __init__(self, paths: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._paths = tuple(paths)
        self._clock = clock
        self._sighting: Sighting | None = None
        self._read_at = 0.0

    def latest(self) -> Sighting:
        if self._sighting is None:
            snapshot = with_expected_replicas(read_documents(self._paths))
            self._sighting = Sighting(snapshot=snapshot, generation=1)
            self._read_at = self._clock()
        return self._sighting

    def age_s(self) -> float:
        return 0.0 if self._sighting is None else self._clock() - self._read_at


def with_expected_replicas(documents: Sequence[Document]) -> Snapshot:
    """The snapshot, with the replicas that its StatefulSets still lack and the claims those will have.

    Their names are known before they exist (W7), and with OrderedReady each is created only when the one
    before it runs (W14), so without them a plan would see one replica at a time. Other controllers create all
    their pods at once, under names nobody can tell before. Raises InputError.
    """
    sets = [stateful_set for document in documents for stateful_set in _stateful_sets(document)]
    if not sets:
        return read_snapshot(documents)
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": sets})
    try:
        return read_snapshot(documents, [Document("StatefulSets of the snapshot", text.encode())])
    except InputError as error:
        snapshot = read_snapshot(documents)  # raises for what is wrong with the snapshot itself
        log.warning(event("replicas_not_expected", error=error))
        return snapshot


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
