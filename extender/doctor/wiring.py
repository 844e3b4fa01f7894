"""Documents to what belongs together: scheduler configurations, extender configurations, their pods and
rights.

Both kinds of configuration are found as files and inside ConfigMaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from extender.config import ExtenderConfig
from extender.config.file import KIND as EXTENDER_KIND
from extender.config.file import parse_config
from solver.errors import Fault, InputError
from solver.kube.documents import Document, Entry, entries, plain
from solver.kube.profiles import raw
from solver.kube.profiles.read import KIND as SCHEDULER_KIND
from solver.kube.profiles.read import read_profiles
from solver.kube.shape import ShapeError, typed
from solver.model.profile import FILTERS

Object = dict[str, Any]
_WITH_PODS = ("Pod", "Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerFile:
    name: str
    """Where it was found."""
    stored: raw.Configuration
    missing_filters: tuple[str, ...] = ()
    """Built-in filters that some profile leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtenderFile:
    name: str
    config: ExtenderConfig


@dataclass(slots=True, kw_only=True)
class Wiring:
    schedulers: list[SchedulerFile] = field(default_factory=list)
    extenders: list[ExtenderFile] = field(default_factory=list)
    workloads: list[Object] = field(default_factory=list)
    """Those with pods."""
    roles: list[Object] = field(default_factory=list)
    """Role and ClusterRole."""
    bindings: list[Object] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """Of configurations that cannot be read."""

    @property
    def is_empty(self) -> bool:
        return not (self.schedulers or self.extenders or self.workloads or self.faults)


def gather(documents: Sequence[Document]) -> Wiring:
    """Raises InputError for documents that are no YAML or JSON at all."""
    wiring = Wiring()
    unreadable: list[Fault] = []
    for document in documents:
        for entry in entries(document):
            if not isinstance(entry, Entry):
                unreadable.append(entry[0].fault(entry[1]))
                continue
            value = plain(entry.value)
            if isinstance(value, dict):
                _sort_in(wiring, entry.kind, value, entry.source)
    if unreadable:
        raise InputError(unreadable)
    return wiring


def _sort_in(wiring: Wiring, kind: str, value: Object, source: str) -> None:
    if kind == SCHEDULER_KIND:
        _scheduler(wiring, value, source)
    elif kind == EXTENDER_KIND:
        _extender(wiring, value, source)
    elif kind == "ConfigMap":
        for name, inner in _inside(value):
            _sort_in(wiring, str(inner.get("kind")), inner, f"ConfigMap/{name_of(value)} {name}")
    elif kind in _WITH_PODS:
        wiring.workloads.append(value)
    elif kind in ("Role", "ClusterRole"):
        wiring.roles.append(value)
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        wiring.bindings.append(value)


def _inside(config_map: Object) -> Iterator[tuple[str, Object]]:
    """Configurations among the files of a ConfigMap; other files are none of ours."""
    for name, text in sorted((config_map.get("data") or {}).items()):
        if SCHEDULER_KIND in text or EXTENDER_KIND in text:
            try:
                inner = yaml.safe_load(text)
            except yaml.YAMLError:
                continue
            if isinstance(inner, dict):
                yield name, inner


def _scheduler(wiring: Wiring, value: Object, source: str) -> None:
    """Read strictly for its faults; what can be read of it is looked at all the same."""
    missing: tuple[str, ...] = ()
    try:
        profiles = read_profiles(Document(source, yaml.safe_dump(value).encode())).profiles
        asked = [set(profile.filters) for profile in profiles.by_name.values()]
        missing = tuple(name for name in FILTERS if any(name not in filters for filters in asked))
    except InputError as error:
        wiring.faults += error.faults
    try:
        stored = typed(value, raw.Configuration)
    except ShapeError:
        return
    wiring.schedulers.append(SchedulerFile(name=source, stored=stored, missing_filters=missing))


def _extender(wiring: Wiring, value: Object, source: str) -> None:
    try:
        config = parse_config(yaml.safe_dump(value), source)
    except InputError as error:
        wiring.faults += error.faults
    else:
        wiring.extenders.append(ExtenderFile(name=source, config=config))


def name_of(value: Object) -> str:
    meta = value.get("metadata") or {}
    parts = (meta.get("namespace"), meta.get("name"))
    return "/".join(str(part) for part in parts if part)


def pod_of(workload: Object) -> Object:
    """The pod spec of a workload, or of a pod."""
    spec: Object = workload.get("spec") or {}
    template = spec.get("template") or {}
    found: Object = spec if workload.get("kind") == "Pod" else template.get("spec") or {}
    return found


def containers(workload: Object) -> Iterable[Object]:
    found: list[Object] = pod_of(workload).get("containers") or []
    return found
