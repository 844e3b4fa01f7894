"""Pods on nodes, found by whatever a rule asks with: in time that goes with those found, not with all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np

from solver.compile.problem import PODS, BoolArray, IntArray
from solver.compile.selection import Label, named_labels
from solver.model.names import ClaimKey, PodKey
from solver.model.pod import Pod, PodAffinityTerm, WorkloadKey
from solver.model.selector import LabelSelector, selects
from solver.model.snapshot import Snapshot

K = TypeVar("K", bound=Hashable)


class Home(NamedTuple):
    """A pod and the index of the node it is on."""

    node: int
    pod: Pod


class _Index(defaultdict[K, dict[PodKey, Home]]):
    """Pods under keys; a key without pods is not kept."""

    def __init__(self) -> None:
        super().__init__(dict)

    def put(self, key: K, home: Home) -> None:
        self[key][home.pod.key] = home

    def drop(self, key: K, pod: PodKey) -> None:
        found = self.get(key, {})
        found.pop(pod, None)
        if not found:
            self.pop(key, None)

    def under(self, key: K) -> Iterable[Home]:
        return self.get(key, {}).values()


class RunningPods:
    """Index of the pods on nodes (G5). ``fixed`` has the nodes and the namespaces."""

    def __init__(self, fixed: Snapshot) -> None:
        self._fixed = fixed
        self._node_index = {node.name: i for i, node in enumerate(fixed.nodes)}
        self.size = len(fixed.nodes)
        """N, all nodes."""
        self.picky: dict[PodKey, Home] = {}
        """Pods with host ports (P3) or inline disks (V5)."""
        self._homes: dict[PodKey, Home] = {}
        self._by_namespace: _Index[str] = _Index()
        self._by_label: dict[str, _Index[tuple[str, Label]]] = {}
        """By label key, as soon as a selector names it: namespace and label to pods."""
        self._by_workload: _Index[WorkloadKey] = _Index()
        self._by_claim: _Index[ClaimKey] = _Index()
        self._anti_terms: dict[PodAffinityTerm, Counter[int]] = {}
        self._anti_terms_naming: dict[Label | None, dict[PodAffinityTerm, None]] = defaultdict(dict)
        self._label_keys: Counter[str] = Counter()
        self._left: dict[str, list[int]] = {}

    # keeping it

    def add(self, pod: Pod) -> None:
        """A pod on one of the nodes that is not in the index yet."""
        assert pod.node_name is not None
        home = Home(self._node_index[pod.node_name], pod)
        self._homes[pod.key] = home
        self._by_namespace.put(pod.namespace, home)
        for key, index in self._by_label.items():
            if key in pod.labels:
                index.put((pod.namespace, (key, pod.labels[key])), home)
        if pod.workload is not None:
            self._by_workload.put(pod.workload, home)
        for use in pod.claims:
            self._by_claim.put(use.claim, home)
        if pod.host_ports or pod.disks:
            self.picky[pod.key] = home
        self._label_keys.update(selector_keys(pod))
        for term in _readable_anti_terms(pod):
            self._add_anti_term(term, home.node)
        self._take_room(home, 1)

    def remove(self, key: PodKey) -> None:
        """A pod that is in the index."""
        home = self._homes.pop(key)
        pod = home.pod
        self._by_namespace.drop(pod.namespace, key)
        for label_key, index in self._by_label.items():
            if label_key in pod.labels:
                index.drop((pod.namespace, (label_key, pod.labels[label_key])), key)
        if pod.workload is not None:
            self._by_workload.drop(pod.workload, key)
        for use in pod.claims:
            self._by_claim.drop(use.claim, key)
        self.picky.pop(key, None)
        self._label_keys.subtract(selector_keys(pod))
        for term in _readable_anti_terms(pod):
            self._drop_anti_term(term, home.node)
        self._take_room(home, -1)

    def _take_room(self, home: Home, times: int) -> None:
        for name, left in self._left.items():
            left[home.node] -= times * _amount(home.pod, name)

    def _add_anti_term(self, term: PodAffinityTerm, node: int) -> None:
        if term not in self._anti_terms:
            self._anti_terms[term] = Counter()
            for label in _named(term):
                self._anti_terms_naming[label][term] = None
        self._anti_terms[term][node] += 1

    def _drop_anti_term(self, term: PodAffinityTerm, node: int) -> None:
        nodes = self._anti_terms[term]
        nodes[node] -= 1
        if not nodes[node]:
            del nodes[node]
        if not nodes:
            del self._anti_terms[term]
            for label in _named(term):
                del self._anti_terms_naming[label][term]

    # asking it

    def __contains__(self, key: PodKey) -> bool:
        return key in self._homes

    def __iter__(self) -> Iterator[Home]:
        return iter(self._homes.values())

    def left(self, resource: str) -> list[int]:
        """[N], what the pods there leave of a resource; below 0 where they have more than there is."""
        if resource not in self._left:
            left = [node.allocatable.get(resource, 0) for node in self._fixed.nodes]
            for home in self._homes.values():
                left[home.node] -= _amount(home.pod, resource)
            self._left[resource] = left
        return self._left[resource]

    def users(self, claim: ClaimKey) -> list[Home]:
        """Pods that use a claim."""
        return list(self._by_claim.under(claim))

    def asks_about(self, label_key: str) -> bool:
        """Some selector of a pod is about labels with this key."""
        return self._label_keys[label_key] > 0

    def replicas(self, workload: WorkloadKey) -> IntArray:
        """[N], pods of a workload that are not terminating."""
        return self._count(h.node for h in self._by_workload.under(workload) if not h.pod.terminating)

    def spread_counts(self, namespace: str, selector: LabelSelector | None) -> IntArray:
        """[N], matching pods that are not terminating (T5, G6); an empty selector counts none (T10)."""
        if selector is None or selector.is_empty:
            return self._count(())
        found = self._selected([namespace], selector)
        return self._count(home.node for home in found if not home.pod.terminating)

    def covered(self, terms: tuple[PodAffinityTerm, ...]) -> BoolArray:
        """[N], nodes with a pod that matches all ``terms``; terminating pods count (A4, A5)."""
        spaces = [n for n in self._by_namespace if all(covers_namespace(t, n, self._fixed) for t in terms)]
        mask = np.zeros(self.size, dtype=np.bool_)
        for home in self._selected(spaces, terms[0].selector):
            if not mask[home.node]:
                mask[home.node] = all(selects(term.selector, home.pod.labels) for term in terms[1:])
        return mask

    def weights(self, term: PodAffinityTerm) -> IntArray:
        """[N], how many pods match ``term`` (A15)."""
        spaces = [n for n in self._by_namespace if covers_namespace(term, n, self._fixed)]
        return self._count(home.node for home in self._selected(spaces, term.selector))

    def anti_terms(self, pod: Pod) -> Iterator[tuple[PodAffinityTerm, list[int]]]:
        """Required anti-affinity terms of pods on nodes that may be about ``pod``, with the nodes of their
        owners (A8)."""
        for label in (None, *pod.labels.items()):
            for term in self._anti_terms_naming.get(label, ()):
                yield term, list(self._anti_terms[term])

    def _selected(self, namespaces: Iterable[str], selector: LabelSelector | None) -> Iterator[Home]:
        if selector is None:
            return
        labels = named_labels(selector)
        for namespace in namespaces:
            if labels is None:
                candidates = self._by_namespace.under(namespace)
            else:
                candidates = (home for label in labels for home in self._labelled(namespace, label))
            yield from (home for home in candidates if selector.matches(home.pod.labels))

    def _labelled(self, namespace: str, label: Label) -> Iterable[Home]:
        key, _ = label
        if key not in self._by_label:
            index: _Index[tuple[str, Label]] = _Index()
            for home in self._homes.values():
                if key in home.pod.labels:
                    index.put((home.pod.namespace, (key, home.pod.labels[key])), home)
            self._by_label[key] = index
        return self._by_label[key].under((namespace, label))

    def _count(self, nodes: Iterable[int]) -> IntArray:
        """[N], how often each node is among ``nodes``."""
        return np.bincount(np.fromiter(nodes, dtype=np.int64), minlength=self.size)


def _amount(pod: Pod, resource: str) -> int:
    return 1 if resource == PODS else pod.requests.get(resource, 0)


def selector_keys(pod: Pod) -> set[str]:
    """Label keys that the pod's selectors ask about."""
    wishes = (*pod.preferred_affinity, *pod.preferred_anti_affinity)
    selectors = [constraint.selector for constraint in pod.spread]
    selectors += [term.selector for term in (*pod.affinity, *pod.anti_affinity)]
    selectors += [wish.term.selector for wish in wishes]
    return {r.key for selector in selectors if selector is not None for r in selector.requirements}


def readable(terms: Iterable[PodAffinityTerm]) -> bool:
    """A14: every selector of the terms can be parsed."""
    selectors = (s for term in terms for s in (term.selector, term.namespace_selector))
    return not any(s is not None and s.error for s in selectors)


def _readable_anti_terms(pod: Pod) -> tuple[PodAffinityTerm, ...]:
    """A pod with a term that cannot be read has none, as in kube-scheduler."""
    return pod.anti_affinity if readable(pod.anti_affinity) else ()


def _named(term: PodAffinityTerm) -> tuple[Label | None, ...]:
    """Labels to find the term by; under None it is found for every pod."""
    labels = named_labels(term.selector) if term.selector is not None else ()
    return (None,) if labels is None else labels


def covers_namespace(term: PodAffinityTerm, namespace: str, fixed: Snapshot) -> bool:
    """A1 as kube-scheduler v1.34 evaluates a pod's own terms, quirk A18 included."""
    if namespace in term.namespaces:
        return True
    selector = term.namespace_selector
    return selector is not None and (
        selector.matches(fixed.namespace_labels(namespace)) or selector.matches({})
    )


def covers_namespace_documented(term: PodAffinityTerm, namespace: str, fixed: Snapshot) -> bool:
    """A1 by the real namespace labels, as terms of pods already on nodes are evaluated (A8)."""
    if namespace in term.namespaces:
        return True
    selector = term.namespace_selector
    return selector is not None and selector.matches(fixed.namespace_labels(namespace))
