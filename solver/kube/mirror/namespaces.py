"""Namespaces and their labels (S2); one that is not there is known from the pods in it (W37)."""

from __future__ import annotations

from collections.abc import Iterable

from frozendict import frozendict

from solver.kube.defaults import namespace_labels
from solver.kube.inventory import Loaded
from solver.kube.mirror.change import Change, Shift
from solver.kube.mirror.groups import Groups
from solver.model.event import Gone
from solver.model.pod import Pod

Labels = frozendict[str, str]


class Namespaces:
    def __init__(self) -> None:
        self._labels: dict[str, Labels] = {}
        self._pods: Groups[str] = Groups()
        self._taken: frozendict[str, Labels] | None = None

    def change(self, name: str, loaded: Loaded | None) -> list[Change]:
        automatic = frozendict(namespace_labels(name, {}))
        before = self._labels.pop(name, None)
        now = None
        if loaded is not None:
            now = self._labels[name] = frozendict(namespace_labels(name, loaded.metadata.labels or {}))
        if now == before:
            return []
        self._taken = None
        return [Shift.SCORES if (before or automatic) == (now or automatic) else Shift.RULES]

    def follow(self, changes: Iterable[Change]) -> None:
        """Pods that came or went."""
        for change in changes:
            if isinstance(change, Shift) or not isinstance(change.thing, Pod):
                continue
            pod = change.thing
            before = bool(self._pods.of(pod.namespace))
            if isinstance(change, Gone):
                self._pods.discard(pod.namespace, pod.key)
            else:
                self._pods.add(pod.namespace, pod.key)
            if bool(self._pods.of(pod.namespace)) != before:
                self._taken = None

    def labels(self) -> frozendict[str, Labels]:
        if self._taken is None:
            known = {name: frozendict(namespace_labels(name, {})) for name in self._pods}
            self._taken = frozendict({**known, **self._labels})
        return self._taken
