"""All objects of all documents, typed, named, without duplicates (W1-W3). Their meaning is not looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from solver.errors import Fault
from solver.kube import raw
from solver.kube.documents import DocumentError, Entry, Found, plain
from solver.kube.faults import Problem, Subject, show
from solver.kube.kinds import BY_NAME, KINDS, Kind, group_of
from solver.kube.shape import ShapeError, typed
from solver.kube.syntax import OBJECT_NAME, is_object_name
from solver.kube.unsupported import SkipList, feature_of_kind, is_built_in

T = TypeVar("T", bound=raw.Object)
Key = tuple[str, str, str]
"""Kind, namespace ("" when cluster-scoped) and name."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One object that was read."""

    kind: Kind
    namespace: str
    name: str
    stored: Any
    """An instance of ``kind.type``."""
    manifest: bool
    entry: Entry

    @property
    def label(self) -> str:
        """``namespace/name``, or the name alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def key(self) -> Key:
        return (self.kind.name, self.namespace, self.name)

    @property
    def subject(self) -> Subject:
        return Subject(self.kind.name, self.label, self.entry.source)

    @property
    def metadata(self) -> raw.Metadata:
        found: raw.Metadata | None = self.stored.metadata
        return found or raw.Metadata()


@dataclass(slots=True)
class Inventory:
    default_namespace: str
    faults: list[Fault] = field(default_factory=list)
    skipped: SkipList = field(default_factory=SkipList)
    dumped: set[str] = field(default_factory=set)
    """Kinds of which the dump has at least one object (W37)."""
    replaced: dict[Key, Loaded] = field(default_factory=dict)
    """Objects of the dump that a manifest took the place of (W3)."""
    broken: set[Key] = field(default_factory=set)
    """Objects that have faults of their own."""
    broken_kinds: set[str] = field(default_factory=set)
    """Kinds of which some object has faults."""
    workloads: list[Loaded] = field(default_factory=list)
    """Manifests to be made into pods, in input order over all kinds."""
    _objects: dict[str, dict[Key, Loaded]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def of(self, kind: str) -> Iterable[Loaded]:
        """Dump objects first, then manifests, each in input order."""
        return self._objects.get(kind, {}).values()

    def get(self, kind: str, namespace: str, name: str) -> Loaded | None:
        return self._objects.get(kind, {}).get((kind, namespace, name))

    def manifests(self) -> Iterator[Loaded]:
        """By kind, each in input order."""
        return (found for objects in self._objects.values() for found in objects.values() if found.manifest)

    def fault(self, loaded: Loaded, problem: Problem) -> None:
        self.faults.append(loaded.subject.fault(problem))

    def load(self, objects: Iterable[Found], manifest: bool) -> None:
        for found in objects:
            if isinstance(found, Entry):
                self.add(found, manifest)
            else:
                subject, problem = found
                self.faults.append(subject.fault(problem))

    def add(self, entry: Entry, manifest: bool) -> None:
        """One object, or its faults."""
        kind = self._kind(entry, manifest)
        if kind is None:
            return
        try:
            stored = typed(entry.value, kind.type)
        except ShapeError as error:
            subject = Subject(kind.name, _name_in(entry), entry.source)
            self.faults.extend(subject.fault(problem) for problem in error.problems)
            self.broken_kinds.add(kind.name)
            return
        loaded = self._named(kind, stored, entry, manifest)
        if loaded is not None and self.keep(loaded):
            for problem in kind.problems(stored, manifest):
                self.fault(loaded, problem)
                self.broken.add(loaded.key)
                self.broken_kinds.add(kind.name)

    def _kind(self, entry: Entry, manifest: bool) -> Kind | None:
        group = group_of(entry.api_version)
        kind = KINDS.get((group, entry.kind)) if entry.api_version else BY_NAME.get(entry.kind)
        if kind is not None and (entry.api_version or not manifest):
            return kind
        if kind is not None:
            self._unnamed_fault(entry, Problem("apiVersion", "nothing", "an apiVersion"))
        elif manifest and is_built_in(group) and entry.kind in BY_NAME:
            wanted = f"group {show(BY_NAME[entry.kind].group)} for kind {entry.kind}"
            self._unnamed_fault(entry, Problem("apiVersion", show(entry.api_version), wanted))
        elif not _is_list(entry.kind):
            feature, text = feature_of_kind(group, entry.kind)
            self.skipped.add(feature, f"{entry.kind} {_name_in(entry)}", text)
        return None

    def _unnamed_fault(self, entry: Entry, problem: Problem) -> None:
        self.faults.append(Subject(entry.kind, _name_in(entry), entry.source).fault(problem))

    def _named(self, kind: Kind, stored: raw.Object, entry: Entry, manifest: bool) -> Loaded | None:
        meta = stored.metadata or raw.Metadata()
        name = meta.name or ""
        if not name and meta.generate_name and manifest:
            name = f"{meta.generate_name}{next(self._numbers)}"
        namespace = (meta.namespace or self.default_namespace) if kind.namespaced else ""
        bad = [
            Problem(f"metadata.{field}", show(text), OBJECT_NAME)
            for field, text in (("name", name), ("namespace", namespace))
            if not is_object_name(text) and (field == "name" or kind.namespaced)
        ]
        for problem in bad:
            self._unnamed_fault(entry, problem)
        return None if bad else Loaded(kind, namespace, name, stored, manifest, entry)

    def keep(self, loaded: Loaded) -> bool:
        """W3: one object that was read. False when it is already there."""
        key = loaded.key
        objects = self._objects.setdefault(loaded.kind.name, {})
        known = objects.get(key)
        if known is not None and known.manifest == loaded.manifest:
            if known.stored != loaded.stored:
                where = f"another {loaded.kind.name} of this name in {known.entry.source or 'the input'}"
                self.fault(loaded, Problem("", where, "one object of a name, or equal ones"))
            return False
        if known is not None:
            self.replaced[key] = objects.pop(key)
        objects[key] = loaded
        if not loaded.manifest:
            self.dumped.add(loaded.kind.name)
        elif loaded.kind.workload:
            self.workloads.append(loaded)
        return True


def _is_list(kind: str) -> bool:
    """A list whose items are null."""
    return kind == "List" or (kind.endswith("List") and kind.removesuffix("List") in BY_NAME)


def _name_in(entry: Entry) -> str:
    """A name for messages about an object that is not typed, or its position."""
    try:
        meta = typed(entry.value, raw.Object).metadata
    except ShapeError:
        return _name_in_odd(entry)
    if meta is None or not meta.name:
        return entry.position
    return f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name


def _name_in_odd(entry: Entry) -> str:
    try:
        value = plain(entry.value)
    except DocumentError:
        return entry.position
    meta = value.get("metadata") if isinstance(value, dict) else None
    name = meta.get("name") if isinstance(meta, dict) else None
    return name if isinstance(name, str) and name else entry.position
