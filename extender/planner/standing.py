"""Slots that were given and not taken yet: reservations (A7). For the planner's thread alone."""

from __future__ import annotations

from extender.book.plans import Plan
from extender.book.reservations import Reservation
from extender.book.verdicts import KEPT
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod, WorkloadKey

IN_FLIGHT_S = 10.0
"""For so long after an answer kube-scheduler may be binding the pod without anybody seeing it (X11)."""


class Standing:
    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
        self.node_of: dict[PodKey, NodeName] = {}
        """In plan order."""
        self._workload_of: dict[PodKey, WorkloadKey | None] = {}
        self._since: dict[PodKey, float] = {}
        self._answered: dict[PodKey, tuple[NodeName | None, float]] = {}
        self.has_changed = True
        """Since the reservations were read last."""

    def __len__(self) -> int:
        return len(self.node_of)

    def __contains__(self, key: PodKey) -> bool:
        return key in self.node_of

    def follow(self, plan: Plan, now: float) -> None:
        """The slots are those of this plan now; a slot given before keeps its age."""
        self.node_of = dict(plan.slots.node_of)
        self._since = {key: self._since.get(key, now) for key in self.node_of}
        self.has_changed = True
        pods = plan.slots.snapshot.pod_by_key
        self._workload_of = {key: pods[key].workload for key in self.node_of}

    def answered(self, key: PodKey, name: NodeName | None, at: float) -> None:
        """kube-scheduler was told that the pod may go; a pod without a slot, where."""
        self._answered[key] = (name, at)
        self.has_changed = True
        if key in self._since:
            self._since[key] = at
        elif name is not None:
            self.node_of[key] = name
            self._since[key] = at

    def in_flight(self, now: float) -> frozenset[PodKey]:
        """Pods that may be on their way to a node."""
        self.land(now)
        return frozenset(self._answered)

    def land(self, now: float) -> bool:
        """Whether there were pods that cannot be on their way any more."""
        before = len(self._answered)
        self._answered = {k: told for k, told in self._answered.items() if now - told[1] < IN_FLIGHT_S}
        return len(self._answered) < before

    def drop(self, key: PodKey) -> bool:
        """Whether there was a slot."""
        self.has_changed = True
        self._since.pop(key, None)
        self._answered.pop(key, None)
        self._workload_of.pop(key, None)
        return self.node_of.pop(key, None) is not None

    def take(self, pod: Pod, name: NodeName, plan: Plan, now: float) -> bool:
        """The pod is on this node now. False when that is against the plan.

        When it took the place of another pod of its group, that one has its place.
        """
        self.move(pod, name, plan)
        self.drop(pod.key)
        for key, workload in self._workload_of.items():
            if workload is not None and workload == pod.workload:
                self._since[key] = now  # its owner makes progress
        return name == plan.slots.node_of.get(pod.key) or _allows(plan, pod, name)

    def move(self, pod: Pod, name: NodeName, plan: Plan) -> None:
        """The pod goes to this node, as a claim of it shows already."""
        self.has_changed = True
        before = self.node_of.get(pod.key)
        group = plan.slots.group_of.get(pod.key)
        if before is None or before == name:
            return
        siblings = (p.key for p in group.pods) if group is not None else ()
        for key in siblings:
            if key != pod.key and self.node_of.get(key) == name:
                self.node_of[key] = before
                break
        self.node_of[pod.key] = name

    def expire(self, now: float) -> list[PodKey]:
        """Those whose time is up lose their slots."""
        late = [key for key, since in self._since.items() if now - since >= self._ttl_s]
        for key in late:
            self.drop(key)
        return late

    def reservations(self) -> tuple[Reservation, ...]:
        self.has_changed = False
        return tuple(
            Reservation(
                pod=key,
                node=name,
                workload=self._workload_of.get(key),
                expires_at=self._since[key] + self._ttl_s,
            )
            for key, name in self.node_of.items()
        )


def _allows(plan: Plan, pod: Pod, name: NodeName) -> bool:
    group = plan.slots.group_of.get(pod.key)
    if group is None or name not in plan.slots.roster.index_of:
        return False
    return bool(plan.slot_answer(pod, group, (name,)).codes[0] == KEPT)
