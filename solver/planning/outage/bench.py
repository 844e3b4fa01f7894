"""One state for many small losses: what a loss touches is changed, asked about, and changed back.

Only whole successes are told of: where a pod finds no node one by one, or where something about the loss
cannot be tried this way, the answer is None and the loss is looked at by itself (``recovery``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.planning.outage.aftermath import Scene
from solver.planning.outage.loss import Loss
from solver.scheduler.columns import BoolArray
from solver.scheduler.framework import choose
from solver.scheduler.in_turn import is_to_come, queued
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Status

Late = Callable[[Placement], Scene | None]
"""The scene after fencing, from who came back before it."""


class Bench:
    def __init__(self, snapshot: Snapshot) -> None:
        self._state = ClusterState.of(snapshot)
        self._base = len(snapshot.pods)
        self._running = {pod.key: pod for pod in snapshot.running}
        self._users = Counter(use.claim for pod in snapshot.running for use in pod.claims)
        self._bound = {claim.key for claim in snapshot.claims if claim.is_bound}
        self._index = {node.name: index for index, node in enumerate(snapshot.nodes)}
        self._added: list[PodKey] = []

    def attempt(
        self, loss: Loss, early: Scene, late_of: Late, staying: Iterable[Pod]
    ) -> tuple[Placement, Scene | None, Placement] | None:
        """Who comes back before fencing, the scene after it, and who comes back then: everybody, or None."""
        asking = early.snapshot.pods[self._base :]
        closed = np.zeros(len(self._index), dtype=np.bool_)
        closed[[self._index[name] for name in loss.nodes]] = True
        gone = [pod for pod in self._running.values() if pod.node_name in loss.nodes]
        stays = {pod.key for pod in staying}
        try:
            for pod in gone:
                self._state.remove(pod.key)
            for dying in early.snapshot.pods[: self._base]:
                if dying.node_name in loss.nodes and dying.key in self._running:
                    self._add(dying, dying.node_name)
            first = self._placed(asking, closed)
            if first is None:
                return None
            late = late_of(first)
            if late is None:
                return first, None, Placement()
            for pod in gone:
                if pod.key not in stays:
                    self._state.remove(pod.key)
                    self._added.remove(pod.key)
            second = self._placed([late.snapshot.pod_by_key[key] for key in late.replaced], closed)
            return None if second is None else (first, late, second)
        finally:
            self._restore(gone)

    def _placed(self, asking: Sequence[Pod], closed: BoolArray) -> Placement | None:
        order: list[Assignment] = []
        for pod in queued(asking):
            if not self._is_plain(pod) or is_to_come(pod, self._state):
                return None
            node = choose(pod, self._state, closed=closed)
            if node is None or isinstance(node, Status):
                return None
            self._add(pod, node)
            order.append(Assignment(pod=pod.key, node=node))
        return Placement(assignments=tuple(order))

    def _is_plain(self, pod: Pod) -> bool:
        """Its rules do not look at the taints of lost nodes, which are not there, and its claims are bound
        and its own."""
        honest = any(rule.honor_taints for rule in pod.spread)
        claims = (
            not use.ephemeral and use.claim in self._bound and self._users[use.claim] == 1
            for use in pod.claims
        )
        return not honest and all(claims)

    def _add(self, pod: Pod, node: NodeName) -> None:
        self._state.add(pod, node)
        self._added.append(pod.key)

    def _restore(self, gone: Iterable[Pod]) -> None:
        for key in reversed(self._added):
            self._state.remove(key)
        self._added.clear()
        for pod in gone:
            assert pod.node_name is not None
            self._state.add(pod, pod.node_name)
