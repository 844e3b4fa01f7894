"""Objects, versions and history. No HTTP here."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

RESOURCES: Mapping[str, str] = {
    "Node": "/api/v1/nodes",
    "Namespace": "/api/v1/namespaces",
    "Pod": "/api/v1/pods",
    "PersistentVolumeClaim": "/api/v1/persistentvolumeclaims",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "Service": "/api/v1/services",
    "ReplicationController": "/api/v1/replicationcontrollers",
    "LimitRange": "/api/v1/limitranges",
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
    "CSINode": "/apis/storage.k8s.io/v1/csinodes",
    "CSIDriver": "/apis/storage.k8s.io/v1/csidrivers",
    "CSIStorageCapacity": "/apis/storage.k8s.io/v1/csistoragecapacities",
    "VolumeAttachment": "/apis/storage.k8s.io/v1/volumeattachments",
    "Deployment": "/apis/apps/v1/deployments",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "Job": "/apis/batch/v1/jobs",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "RuntimeClass": "/apis/node.k8s.io/v1/runtimeclasses",
    "PodDisruptionBudget": "/apis/policy/v1/poddisruptionbudgets",
    "ResourceClaim": "/apis/resource.k8s.io/v1/resourceclaims",
}
KIND_AT = {path: kind for kind, path in RESOURCES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Instead of an answer. Of a watch, ``lines`` are sent first and the connection is torn at the end."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    lines: tuple[bytes, ...] = ()
    silent: bool = False
    """The connection stays open and nothing comes."""


@dataclass(frozen=True, slots=True)
class Change:
    version: int
    type: str
    line: bytes
    """The whole event."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a watch has come."""

    cuts: int
    bookmarks: int
    version: int


@dataclass(slots=True)
class _Kept:
    """Objects of one kind."""

    objects: dict[str, bytes] = field(default_factory=dict)
    history: deque[Change] = field(default_factory=deque)
    oldest: int = 0
    """A watch from before this version has expired."""


class Store:
    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.version = 1
        self.cuts = 0
        """How often all watches were torn."""
        self.bookmarks = 0
        self.asked: defaultdict[tuple[str, str], int] = defaultdict(int)
        """Requests by kind and ``list`` or ``watch``."""
        self._kept = {kind: _Kept() for kind in RESOURCES}
        self._faults: defaultdict[tuple[str, str], deque[Fault]] = defaultdict(deque)

    def put(self, *objects: Mapping[str, Any]) -> None:
        """Created, or changed where the name is taken."""
        with self.changed:
            for stored in objects:
                kept = self._kept[stored["kind"]]
                name = key(stored)
                known = name in kept.objects
                kept.objects[name] = self._write(kept, "MODIFIED" if known else "ADDED", stored)
            self.changed.notify_all()

    def delete(self, *objects: Mapping[str, Any]) -> None:
        with self.changed:
            for stored in objects:
                kept = self._kept[stored["kind"]]
                if kept.objects.pop(key(stored), None) is not None:
                    self._write(kept, "DELETED", stored)
            self.changed.notify_all()

    def _write(self, kept: _Kept, kind_of_change: str, stored: Mapping[str, Any]) -> bytes:
        self.version += 1
        meta = {**stored["metadata"], "resourceVersion": str(self.version)}
        text = json.dumps({**stored, "metadata": meta}).encode()
        line = b'{"type":"%s","object":%s}' % (kind_of_change.encode(), text)
        kept.history.append(Change(self.version, kind_of_change, line))
        return text

    def compact(self) -> None:
        """Forget all history: only a watch from now on is served."""
        with self.changed:
            for kept in self._kept.values():
                kept.history.clear()
                kept.oldest = self.version

    def bookmark(self) -> None:
        """Send one on every watch."""
        with self.changed:
            self.bookmarks += 1
            self.changed.notify_all()

    def cut(self) -> None:
        """Tear every watch."""
        with self.changed:
            self.cuts += 1
            self.changed.notify_all()

    def fail(self, kind: str, verb: str, *faults: Fault) -> None:
        """The next requests of this kind and verb, ``list`` or ``watch``, end so."""
        with self.changed:
            self._faults[kind, verb].extend(faults)

    # for the server

    def next_fault(self, kind: str, verb: str) -> Fault | None:
        with self.changed:
            self.asked[kind, verb] += 1
            waiting = self._faults[kind, verb]
            return waiting.popleft() if waiting else None

    def listed(self, kind: str, start: str, limit: int) -> tuple[int, list[bytes], str]:
        """Version, objects from the name ``start`` on, and the name the next page begins with or ""."""
        with self.changed:
            objects = self._kept[kind].objects
            names = sorted(name for name in objects if name >= start)
            page = names[:limit] if limit else names
            after = names[limit] if limit and len(names) > limit else ""
            return self.version, [objects[name] for name in page], after

    def expired(self, kind: str, version: int) -> bool:
        with self.changed:
            return version < self._kept[kind].oldest

    def wait(self, kind: str, seen: Seen, timeout_s: float) -> tuple[list[Change], Seen]:
        """What a watch that has seen this much has to send next, and what it has seen then."""
        with self.changed:
            self.changed.wait_for(lambda: self._has_news(kind, seen), timeout_s)
            news = self._since(kind, seen.version)
            marked = self.bookmarks != seen.bookmarks
            version = self.version if marked else news[-1].version if news else seen.version
            return news, Seen(self.cuts, self.bookmarks, version)

    def _has_news(self, kind: str, seen: Seen) -> bool:
        history = self._kept[kind].history
        newer = bool(history) and history[-1].version > seen.version
        return newer or (self.cuts, self.bookmarks) != (seen.cuts, seen.bookmarks)

    def _since(self, kind: str, version: int) -> list[Change]:
        newer: list[Change] = []
        for change in reversed(self._kept[kind].history):
            if change.version <= version:
                break
            newer.append(change)
        return newer[::-1]


def key(stored: Mapping[str, Any]) -> str:
    meta = stored["metadata"]
    return f"{meta.get('namespace', '')}/{meta['name']}"


def status(code: int, reason: str) -> bytes:
    """What an API server answers when it refuses."""
    return json.dumps({"kind": "Status", "status": "Failure", "code": code, "reason": reason}).encode()


def lines(events: Iterable[Mapping[str, Any]]) -> tuple[bytes, ...]:
    return tuple(json.dumps(event).encode() for event in events)
