"""Pods already on nodes, counted per node for whatever selector a rule asks with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from solver.compile.problem import BoolArray, IntArray
from solver.model.names import NodeName
from solver.model.pod import Pod, PodAffinityTerm
from solver.model.selector import LabelSelector, selects
from solver.model.snapshot import Snapshot


class RunningPods:
    """Index of the pods on nodes (G5)."""

    def __init__(self, snapshot: Snapshot, node_index: dict[NodeName, int]) -> None:
        self._snapshot = snapshot
        self.size = len(node_index)
        """N, all nodes."""
        self._by_namespace: dict[str, list[tuple[int, Pod]]] = defaultdict(list)
        self._spread: dict[tuple[str, LabelSelector | None], IntArray] = {}
        for pod in snapshot.running:
            if pod.node_name is not None:
                self._by_namespace[pod.namespace].append((node_index[pod.node_name], pod))

    def spread_counts(self, namespace: str, selector: LabelSelector | None) -> IntArray:
        """[N], matching pods that are not terminating (T5, G6); an empty selector counts none (T10)."""
        question = (namespace, selector)
        if question not in self._spread:
            counts = np.zeros(self.size, dtype=np.int64)
            if selector is not None and not selector.is_empty:
                for node, pod in self._by_namespace[namespace]:
                    counts[node] += not pod.terminating and selector.matches(pod.labels)
            self._spread[question] = counts
        return self._spread[question]

    def covered(self, terms: tuple[PodAffinityTerm, ...]) -> BoolArray:
        """[N], nodes with a pod that matches all ``terms``; terminating pods count (A4, A5)."""
        found = np.zeros(self.size, dtype=np.bool_)
        for namespace, pods in self._by_namespace.items():
            if not all(covers_namespace(t, namespace, self._snapshot) for t in terms):
                continue
            for node, pod in pods:
                if not found[node]:
                    found[node] = all(selects(t.selector, pod.labels) for t in terms)
        return found

    def weights(self, term: PodAffinityTerm) -> IntArray:
        """[N], how many pods match ``term`` (A15)."""
        counts = np.zeros(self.size, dtype=np.int64)
        for namespace, pods in self._by_namespace.items():
            if covers_namespace(term, namespace, self._snapshot):
                for node, pod in pods:
                    counts[node] += selects(term.selector, pod.labels)
        return counts

    def anti_terms(self) -> dict[PodAffinityTerm, set[int]]:
        """Required anti-affinity terms of pods on nodes, with the nodes of their owners (A8). A pod with a
        term that cannot be read has none, as in kube-scheduler."""
        terms: dict[PodAffinityTerm, set[int]] = defaultdict(set)
        for pods in self._by_namespace.values():
            for node, pod in pods:
                for term in pod.anti_affinity if readable(pod.anti_affinity) else ():
                    terms[term].add(node)
        return terms

    def on_nodes(self) -> list[tuple[int, Pod]]:
        """(node index, pod) for every pod on a node, in namespace order then input order."""
        return [pair for namespace in sorted(self._by_namespace) for pair in self._by_namespace[namespace]]


def readable(terms: Iterable[PodAffinityTerm]) -> bool:
    """A14: every selector of the terms can be parsed."""
    selectors = (s for term in terms for s in (term.selector, term.namespace_selector))
    return not any(s is not None and s.error for s in selectors)


def covers_namespace(term: PodAffinityTerm, namespace: str, snapshot: Snapshot) -> bool:
    """A1 as kube-scheduler v1.34 evaluates a pod's own terms, quirk A18 included."""
    if namespace in term.namespaces:
        return True
    selector = term.namespace_selector
    return selector is not None and (
        selector.matches(snapshot.namespace_labels(namespace)) or selector.matches({})
    )


def covers_namespace_documented(term: PodAffinityTerm, namespace: str, snapshot: Snapshot) -> bool:
    """A1 by the real namespace labels, as terms of pods already on nodes are evaluated (A8)."""
    if namespace in term.namespaces:
        return True
    selector = term.namespace_selector
    return selector is not None and selector.matches(snapshot.namespace_labels(namespace))
