"""Which nodes each pod may use as far as the node object alone decides (N, K, L, D), and which nodes count
for spreading (T4)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solver.compile.domains import Domains
from solver.compile.problem import BoolArray, IntArray
from solver.model.node import NO_SCHEDULE, PREFER_NO_SCHEDULE, UNSCHEDULABLE_TAINT, Taint
from solver.model.pod import Pod, Toleration, tolerated
from solver.model.requirement import Operator, Requirement
from solver.model.snapshot import Snapshot

_CORDON = Taint(key=UNSCHEDULABLE_TAINT, effect=NO_SCHEDULE)


class Eligibility:
    """Node masks, each distinct question answered once."""

    def __init__(self, fixed: Snapshot, domains: Domains) -> None:
        nodes = fixed.nodes
        self._devices = fixed.resource_claim_by_key
        self._profiles = fixed.profiles
        self._domains = domains
        self._open = np.array([not node.unschedulable for node in nodes], dtype=np.bool_)
        self._taint_sets: dict[tuple[Taint, ...], int] = {}
        taint_set_of = [self._taint_sets.setdefault(node.taints, len(self._taint_sets)) for node in nodes]
        self._taint_set_of = np.array(taint_set_of, dtype=np.int64)
        self._untainted: dict[tuple[Toleration, ...], BoolArray] = {}
        self._selection: dict[object, BoolArray] = {}
        self._costs: dict[object, IntArray] = {}

    def node_rules(self, pod: Pod) -> BoolArray:
        """[N], nodes that pass cordon (N2), taints (K2), selector and affinity (L2, L3), devices (D3): as far
        as the pod's profile asks about them."""
        profile = self._profiles.of(pod.scheduler_name)
        mask = np.ones_like(self._open)
        if "TaintToleration" in profile.filters:
            mask &= self.untainted(pod.tolerations)
        if "NodeAffinity" in profile.filters:
            mask &= self.selected(pod)
            if profile.added_affinity is not None:
                mask &= self._domains.selected(profile.added_affinity)
        if "NodeUnschedulable" in profile.filters and not tolerated(_CORDON, pod.tolerations):
            mask &= self._open
        for name in pod.resource_claims:
            mask &= self._with_device(f"{pod.namespace}/{name}")
        return mask

    def _with_device(self, key: str) -> BoolArray:
        """[N], D3: only claims that are allocated already can be judged; the others refuse the pod."""
        claim = self._devices.get(key)
        if claim is None or not claim.allocated or claim.deleting:
            return np.zeros_like(self._open)
        if claim.node_selector is None:
            return np.ones_like(self._open)
        return self._domains.selected(claim.node_selector)

    def untainted(self, tolerations: tuple[Toleration, ...]) -> BoolArray:
        """[N], nodes without an untolerated NoSchedule or NoExecute taint (K1, K2, T4c)."""
        if tolerations not in self._untainted:
            refused = self._taints(lambda taint: taint.repels and not tolerated(taint, tolerations))
            self._untainted[tolerations] = refused == 0
        return self._untainted[tolerations]

    def selected(self, pod: Pod) -> BoolArray:
        """[N], nodes matching nodeSelector and required node affinity (L3, T4b)."""
        question = (pod.node_selector, pod.required_nodes)
        if question not in self._selection:
            mask = self._domains.where(
                Requirement(key=key, operator=Operator.IN, values=(value,))
                for key, value in pod.node_selector.items()
            )
            if pod.required_nodes is not None:
                mask &= self._domains.selected(pod.required_nodes)
            self._selection[question] = mask
        return self._selection[question]

    def soft_cost(self, pod: Pod) -> IntArray:
        """[N], preferred node affinity weight missed (L9) plus 100 per PreferNoSchedule taint met (K5)."""
        soft = tuple(t for t in pod.tolerations if t.effect in ("", PREFER_NO_SCHEDULE))
        question = (pod.preferred_nodes, soft)
        if question not in self._costs:
            met = self._taints(lambda t: t.effect == PREFER_NO_SCHEDULE and not tolerated(t, soft))
            cost = 100 * met
            for preferred in pod.preferred_nodes:
                cost += preferred.weight * ~self._domains.matching(preferred.term)
            self._costs[question] = cost.astype(np.int32)
        return self._costs[question]

    def _taints(self, counts: Callable[[Taint], bool]) -> IntArray:
        """[N], how many taints of each node count; asked once for nodes that are tainted alike."""
        found = [sum(map(counts, taints)) for taints in self._taint_sets]
        return np.array(found, dtype=np.int64)[self._taint_set_of]
