"""The record of pods placed on nodes, from which every cluster-wide count is brought up to date.

A table of counts keeps a ``Cursor`` and reads each change once, so nothing is counted twice and nothing is
recounted for the next pod. Changes are also filed by namespace and label: a table for one workload reads only
the changes of pods that carry that workload's label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
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

    def fresh(self) -> Iterator[Change]:
        """Changes since the last call, each exactly once; streams are read one after the other."""
        for index, stream in enumerate(self._streams):
            start, end = self._read[index], len(stream)
            if start < end:
                self._read[index] = end
                yield from islice(stream, start, end)


class Journal:
    """Append-only. Everything in it is filed under all pods, the pod's namespace, and each of its labels."""

    def __init__(self) -> None:
        self._all: list[Change] = []
        self._by_namespace: defaultdict[str, list[Change]] = defaultdict(list)
        self._by_label: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
        self._by_both: defaultdict[tuple[str, tuple[str, str]], list[Change]] = defaultdict(list)

    def record(self, change: Change) -> None:
        namespace = change.pod.namespace
        self._all.append(change)
        self._by_namespace[namespace].append(change)
        for label in change.pod.labels.items():
            self._by_label[label].append(change)
            self._by_both[namespace, label].append(change)

    def everything(self) -> Cursor:
        return Cursor((self._all,))

    def about(self, selector: LabelSelector | None, namespaces: Iterable[str] | None = None) -> Cursor:
        """A cursor over changes that include every pod of the namespaces (None: all) the selector selects."""
        labels = pivot(selector)
        if namespaces is None:
            return self.everything() if labels is None else Cursor(self._by_label[pair] for pair in labels)
        distinct = dict.fromkeys(namespaces)
        if labels is None:
            return Cursor(self._by_namespace[name] for name in distinct)
        return Cursor(self._by_both[name, pair] for name in distinct for pair in labels)
