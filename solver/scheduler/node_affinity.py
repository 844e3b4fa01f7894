"""NodeAffinity: nodeSelector, required and preferred node affinity, and a profile's addedAffinity (L)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from solver.model.names import NodeName
from solver.model.node import Node
from solver.model.pod import Pod, PreferredNodeTerm
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator
from solver.scheduler.columns import IntArray
from solver.scheduler.plugin import SKIP, PreFilterResult, Scores, normalize
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

POD_MISMATCH = "node(s) didn't match Pod's node affinity/selector"
ENFORCED_MISMATCH = "node(s) didn't match scheduler-enforced node affinity"
CONFLICT = "pod affinity terms conflict"
INVALID_PREFERENCE = "invalid preferred node affinity term"


def selects_node(pod: Pod, node: Node) -> bool:
    """L3."""
    if any(node.labels.get(key) != value for key, value in pod.node_selector.items()):
        return False
    return pod.required_nodes is None or pod.required_nodes.matches(node.labels, node.name)


class NodeAffinity:
    name = "NodeAffinity"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        added = state.profile_of(pod).added_affinity
        if not pod.node_selector and pod.required_nodes is None and added is None:
            return SKIP
        names = _named_nodes(pod.required_nodes)
        if names is not None and not names:
            return PreFilterResult(status=self._rejection(CONFLICT))
        mismatch = self._rejection(POD_MISMATCH)
        enforced = self._rejection(ENFORCED_MISMATCH)

        def matches(node: NodeState) -> Status | None:
            if added is not None and not added.matches(node.node.labels, node.node.name):
                return enforced  # L2
            return None if selects_node(pod, node.node) else mismatch

        keys = _labels_read(pod, added)
        alike = None if keys is None else partial(state.columns.looks, keys)
        return PreFilterResult(nodes=names, filter=matches, alike=alike)

    def scores(self, pod: Pod, state: ClusterState, nodes: IntArray) -> Scores | Status | None:
        """L9. Skipped when nobody states a preference."""
        added = state.profile_of(pod).added_preferences
        if not pod.preferred_nodes and not added:
            return None
        if any(p.weight != 0 and not p.term.usable for p in pod.preferred_nodes):
            return Status(plugin=self.name, code=Code.ERROR, reasons=(INVALID_PREFERENCE,))
        preferences = (*added, *pod.preferred_nodes)
        weights = state.table(
            ("preferred nodes", preferences),
            lambda: np.array([_weight(preferences, node.node) for node in state.nodes], dtype=np.int64),
        )
        return normalize(weights[nodes])

    def _rejection(self, reason: str) -> Status:
        return Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(reason,))


def _labels_read(pod: Pod, added: NodeSelector | None) -> frozenset[str] | None:
    """None when nodes are also known by their names (L7)."""
    selectors = [selector for selector in (pod.required_nodes, added) if selector is not None]
    terms = [term for selector in selectors for term in selector.terms]
    if any(term.fields for term in terms):
        return None
    return frozenset(pod.node_selector) | {e.key for term in terms for e in term.expressions}


def _named_nodes(required: NodeSelector | None) -> frozenset[NodeName] | None:
    """L8: the only nodes worth looking at, or None when some term does not name any."""
    if required is None or not required.terms:
        return None
    names: set[str] = set()
    for term in required.terms:
        named = _named_by_term(term)
        if named is None:
            return None
        names |= named
    return frozenset(NodeName(name) for name in names)


def _named_by_term(term: NodeSelectorTerm) -> set[str] | None:
    lists = [set(field.values) for field in term.fields if field.operator is Operator.IN]
    return set.intersection(*lists) if lists else None


def _weight(preferences: Sequence[PreferredNodeTerm], node: Node) -> int:
    return sum(p.weight for p in preferences if p.weight and p.term.matches(node.labels, node.name))
