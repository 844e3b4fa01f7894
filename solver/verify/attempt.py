"""One attempt to place planned pods one after another, each where the plan has it.

Pods are asked in the order given, predecessors first (W14). A pod that must wait for others (hard spread,
required affinity) is asked again when a pod its rules heed has been placed; of the pods that wait for the
same domains, only the first is asked. A pod may give up its seat to one asked earlier that is alike in every
respect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush

from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.scheduler.framework import check
from solver.scheduler.status import Code, Status
from solver.verify.crowding import LeastCrowded
from solver.verify.likeness import Group
from solver.verify.plan import Domains, Plan

_WAITING = frozenset(
    {("PodTopologySpread", Code.UNSCHEDULABLE), ("InterPodAffinity", Code.UNRESOLVABLE)}  # T7, A6
)


def waits_for_others(refusal: Status) -> bool:
    """True for a refusal that more pods elsewhere can lift."""
    return (refusal.plugin, refusal.code) in _WAITING


class Attempt:
    """Read ``order`` and ``refusals`` after ``run``, and ``state`` until the next attempt begins."""

    def __init__(self, plan: Plan, pods: Iterable[Pod]) -> None:
        self.state = plan.state
        self.state.become()
        self.order: list[Assignment] = []
        self.refusals: dict[PodKey, Status] = {}
        """What unplaced pods were told last; a pod whose predecessor is unplaced was never asked."""
        self._plan = plan
        self._pods = {pod.key: pod for pod in pods}
        self._rank = {key: rank for rank, key in enumerate(self._pods)}
        self._seats = {key: plan.seats[key] for key in self._pods}
        self._queue: list[tuple[int, PodKey]] = []
        self._closed: dict[Group, dict[Domains, Status]] = {}
        """Domains refused to a group since the last placing of a pod that it heeds."""
        self._lines: dict[Group, dict[Domains, list[tuple[int, PodKey]]]] = {}
        """Pods waiting for the same domains: spread and affinity say to all of them what they say to one."""
        self._in_line: set[PodKey] = set()
        """Entries of ``_lines`` for pods that are not in here are void."""
        self._heeds: dict[tuple[Group, Group], bool] = {}
        self._holders: dict[int, dict[Domains, dict[PodKey, None]]] = defaultdict(lambda: defaultdict(dict))
        """Unplaced pods of each kind, by the domains of their seats."""
        self._ranked: dict[int, LeastCrowded] = {}
        for pod in self._pods.values():
            self._holders[plan.likeness.kind_of[pod.key]][self._domains(pod)][pod.key] = None

    def run(self) -> None:
        for pod in self._pods.values():
            if self._plan.predecessor(pod) is None:
                self._enqueue(pod.key)
        placed = -1
        while placed < len(
            self.order
        ):  # the second round asks everyone left once more, whatever they wait for
            placed = len(self.order)
            while self._queue:
                self._ask(self._pods[heappop(self._queue)[1]])
            self._ask_again()

    def _enqueue(self, key: PodKey) -> None:
        self._in_line.discard(key)
        heappush(self._queue, (self._rank[key], key))

    def _ask_again(self) -> None:
        self._closed.clear()
        self._lines.clear()
        for key in self.refusals:
            self._enqueue(key)

    def _ask(self, pod: Pod) -> None:
        refusal = self._refusal(pod, self._seats[pod.key])
        if refusal is None or (waits_for_others(refusal) and self._trade(pod)):
            self._place(pod)
            return
        self.refusals[pod.key] = refusal
        if waits_for_others(refusal):
            lines = self._lines.setdefault(self._plan.group(pod), {})
            heappush(lines.setdefault(self._domains(pod), []), (self._rank[pod.key], pod.key))
            self._in_line.add(pod.key)

    def _refusal(self, pod: Pod, node: NodeName) -> Status | None:
        group = self._plan.group(pod)
        domains = self._plan.domains(group, node)
        known = self._closed.get(group, {}).get(domains)
        if known is not None:
            return known
        refusal = check(pod, node, self.state)
        if refusal is not None and waits_for_others(refusal):
            self._closed.setdefault(group, {})[domains] = refusal
        return refusal

    def _trade(self, pod: Pod) -> bool:
        """Find the pod another seat among its kind, in the least crowded domains first (J9)."""
        group, kind = self._plan.group(pod), self._plan.likeness.kind_of[pod.key]
        held = self._holders[kind]
        if kind not in self._ranked:
            self._ranked[kind] = LeastCrowded(self.state, group, held)

        def passes(domains: Domains) -> bool:
            if domains in self._closed.get(group, ()):
                return False
            return self._refusal(pod, self._seats[next(iter(held[domains]))]) is None

        found = self._ranked[kind].first(passes)
        if found is None:
            return False
        self._exchange(pod.key, next(iter(held[found])), held)
        return True

    def _exchange(self, one: PodKey, other: PodKey, held: dict[Domains, dict[PodKey, None]]) -> None:
        mine, theirs = self._domains(self._pods[one]), self._domains(self._pods[other])
        self._seats[one], self._seats[other] = self._seats[other], self._seats[one]
        del held[mine][one], held[theirs][other]
        held[mine][other] = held[theirs][one] = None
        if other in self._in_line:
            self._enqueue(other)

    def _place(self, pod: Pod) -> None:
        node, kind = self._seats[pod.key], self._plan.likeness.kind_of[pod.key]
        self.state.add(pod, node)
        self.order.append(Assignment(pod=pod.key, node=node))
        self.refusals.pop(pod.key, None)
        del self._holders[kind][self._domains(pod)][pod.key]
        for follower in self._plan.followers.get(pod.key, ()):
            if follower.key in self._pods:
                self._enqueue(follower.key)
        self._reopen(self._plan.group(pod))

    def _reopen(self, placed: Group) -> None:
        """Call the first of every line that the placed pod may have moved."""
        for group in [g for g in self._closed if self._heeds_pod(g, placed)]:
            del self._closed[group]
        for group in [g for g in self._lines if g is placed or self._heeds_pod(g, placed)]:
            for domains in list(self._lines[group]):
                self._call_next(self._lines[group], domains)
            if not self._lines[group]:
                del self._lines[group]

    def _call_next(self, lines: dict[Domains, list[tuple[int, PodKey]]], domains: Domains) -> None:
        line = lines[domains]
        while line:
            key = heappop(line)[1]
            if key in self._in_line:
                self._enqueue(key)
                return
        del lines[domains]

    def _heeds_pod(self, group: Group, placed: Group) -> bool:
        pair = group, placed
        if pair not in self._heeds:
            self._heeds[pair] = group.heeds(placed)
        return self._heeds[pair]

    def _domains(self, pod: Pod) -> Domains:
        return self._plan.domains(self._plan.group(pod), self._seats[pod.key])
