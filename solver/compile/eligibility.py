"""Which nodes each pod may use as far as the node object alone decides (N, K, L), and which nodes count for
spreading (T4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.compile.problem import BoolArray, IntArray
from solver.model.node import NO_SCHEDULE, PREFER_NO_SCHEDULE, UNSCHEDULABLE_TAINT, Node, Taint
from solver.model.pod import Pod, Toleration, tolerated

_CORDON = Taint(key=UNSCHEDULABLE_TAINT, effect=NO_SCHEDULE)


class Eligibility:
    """Node masks, each distinct question answered once."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._taints: dict[tuple[Toleration, ...], BoolArray] = {}
        self._cordons: dict[tuple[Toleration, ...], BoolArray] = {}
        self._selection: dict[object, BoolArray] = {}
        self._costs: dict[object, IntArray] = {}

    def node_rules(self, pod: Pod) -> BoolArray:
        """[N], nodes that pass cordon (N2), taints (K2), selector and affinity (L3)."""
        return self.uncordoned(pod.tolerations) & self.untainted(pod.tolerations) & self.selected(pod)

    def untainted(self, tolerations: tuple[Toleration, ...]) -> BoolArray:
        """[N], nodes without an untolerated NoSchedule or NoExecute taint (K1, K2, T4c)."""
        if tolerations not in self._taints:
            self._taints[tolerations] = np.array(
                [
                    all(tolerated(taint, tolerations) for taint in node.taints if taint.repels)
                    for node in self._nodes
                ],
                dtype=np.bool_,
            )
        return self._taints[tolerations]

    def uncordoned(self, tolerations: tuple[Toleration, ...]) -> BoolArray:
        """[N], N2."""
        if tolerations not in self._cordons:
            passes = tolerated(_CORDON, tolerations)
            self._cordons[tolerations] = np.array(
                [passes or not node.unschedulable for node in self._nodes], dtype=np.bool_
            )
        return self._cordons[tolerations]

    def selected(self, pod: Pod) -> BoolArray:
        """[N], nodes matching nodeSelector and required node affinity (L3, T4b)."""
        question = (pod.node_selector, pod.required_nodes)
        if question not in self._selection:
            self._selection[question] = np.array(
                [self._selects(pod, node) for node in self._nodes], dtype=np.bool_
            )
        return self._selection[question]

    @staticmethod
    def _selects(pod: Pod, node: Node) -> bool:
        if any(node.labels.get(key) != value for key, value in pod.node_selector.items()):
            return False
        return pod.required_nodes is None or pod.required_nodes.matches(node.labels, node.name)

    def soft_cost(self, pod: Pod) -> IntArray:
        """[N], preferred node affinity weight missed (L9) plus 100 per PreferNoSchedule taint met (K5)."""
        soft = tuple(t for t in pod.tolerations if t.effect in ("", PREFER_NO_SCHEDULE))
        question = (pod.preferred_nodes, soft)
        if question not in self._costs:
            self._costs[question] = np.array(
                [self._missed(pod, node) + 100 * self._met(soft, node) for node in self._nodes],
                dtype=np.int32,
            )
        return self._costs[question]

    @staticmethod
    def _missed(pod: Pod, node: Node) -> int:
        return sum(p.weight for p in pod.preferred_nodes if not p.term.matches(node.labels, node.name))

    @staticmethod
    def _met(tolerations: tuple[Toleration, ...], node: Node) -> int:
        soft = (taint for taint in node.taints if taint.effect == PREFER_NO_SCHEDULE)
        return sum(1 for taint in soft if not tolerated(taint, tolerations))
