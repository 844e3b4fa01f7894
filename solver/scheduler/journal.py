"""The record of pods placed on nodes, from which every cluster-wide count is brought up to date.

A table of counts keeps a ``Cursor`` and reads each change once, so nothing is counted twice and nothing is
recounted for the next pod. Changes are also filed by namespace and label: a table for one workload reads only
the changes of pods that carry that workload's label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from solver.model.pod import Pod
from solver.model.requirement import Operator
from solver.model.selector import LabelSelector


class Change(NamedTuple):
    pod: Pod
    node: int
    """Index of the node in the cluster state."""
    delta: int
    """+1 when the pod was added, -1 when it was taken off again."""


def pivot(selector: LabelSelector | None) -> tuple[tuple[str, str], ...] | None:
    """Label pairs of which every selected pod carries exactly one, or None when the selector names none."""
    if selector is None:
        return None
    for requirement in selector.requirements:
        if requirement.operator is Operator.IN:
            return tuple((requirement.key, value) for value in dict.fromkeys(requirement.values))
    return None


class Cursor:
    """A reading position in one or more streams of changes."""

    def __init__(self, streams: Iterable[list[Change]]) -> None:
        self._streams = tuple(streams)
        self._read = [0] * len(self._streams)

    def fresh(self) -> list[Change]:
        """Changes since the last call, each exactly once; streams are read one after the other."""
        found: list[Change] = []
        for index, stream in enumerate(self._streams):
            if self._read[index] < len(stream):
                found += stream[self._read[index] :]
                self._read[index] = len(stream)
        return found


class Journal:
    """Append-only. Changes are filed under all pods and the pod's namespace, and under those labels of theirs
    that somebody asked about."""

    def __init__(self) -> None:
        self._all: list[Change] = []
        self._by_namespace: defaultdict[str, list[Change]] = defaultdict(list)
        self._by_label: dict[str, defaultdict[tuple[str | None, str], list[Change]]] = {}
        """Label key to streams by namespace (None: any) and value."""

    def __len__(self) -> int:
        return len(self._all)

    def record(self, change: Change) -> None:
        self._all.append(change)
        self._by_namespace[change.pod.namespace].append(change)
        for key, streams in self._by_label.items():
            _file(change, key, streams)

    def everything(self) -> Cursor:
        return Cursor((self._all,))

    def from_now(self) -> Cursor:
        """A cursor over the changes still to come."""
        cursor = self.everything()
        cursor.fresh()
        return cursor

    def fork(self) -> Journal:
        """The same record, continued separately."""
        twin = Journal()
        twin._all = [*self._all]
        twin._by_namespace.update((name, [*changes]) for name, changes in self._by_namespace.items())
        for key, streams in self._by_label.items():
            twin._by_label[key] = defaultdict(list, ((where, [*found]) for where, found in streams.items()))
        return twin

    def about(self, selector: LabelSelector | None, namespaces: Iterable[str] | None = None) -> Cursor:
        """A cursor over changes that include every pod of the namespaces (None: all) the selector selects."""
        labels = pivot(selector)
        distinct = (None,) if namespaces is None else tuple(dict.fromkeys(namespaces))
        if labels is None:
            return Cursor(self._all if name is None else self._by_namespace[name] for name in distinct)
        return Cursor(self._labelled(key)[name, value] for name in distinct for key, value in labels)

    def _labelled(self, key: str) -> defaultdict[tuple[str | None, str], list[Change]]:
        if key not in self._by_label:
            streams = self._by_label[key] = defaultdict(list)
            for change in self._all:
                _file(change, key, streams)
        return self._by_label[key]


def _file(change: Change, key: str, streams: defaultdict[tuple[str | None, str], list[Change]]) -> None:
    value = change.pod.labels.get(key)
    if value is not None:
        streams[None, value].append(change)
        streams[change.pod.namespace, value].append(change)
