"""J5, J9: backtracking over the order of pods whose rules heed one another, when asking in turn got stuck.

An early choice can block later ones. Pods of one kind are interchangeable, and so are nodes that look alike
to the rules of all these pods: a state is how many of each kind still have to go to nodes of each look. A
state that led nowhere is not entered again. The number of filter runs is bounded, never the time.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.scheduler.framework import check
from solver.scheduler.spread_counts import eligible_domains
from solver.scheduler.state import ClusterState
from solver.verify.attempt import Attempt
from solver.verify.crowding import crowding
from solver.verify.plan import Domains, Plan

_Target = tuple[int, Domains]
"""A kind, and the look of the node one of it goes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    pod: Pod
    target: _Target
    node: NodeName


def search(plan: Plan, stuck: Sequence[PodKey], checks: int) -> list[Assignment] | None:
    """An order of the whole plan; None when there is none, or none was found in ``checks`` filter runs."""
    entangled = plan.entangled_with(stuck)
    apart = {pod.key for pod in entangled}
    rest = Attempt(plan, (pod for pod in plan.pods if pod.key not in apart))
    rest.run()
    if len(rest.order) + len(entangled) < len(plan.pods):
        return None
    steps = _Search(plan, rest.state, entangled, checks).run()
    if steps is None:
        return None
    return rest.order + [Assignment(pod=step.pod.key, node=step.node) for step in steps]


class _Search:
    def __init__(self, plan: Plan, state: ClusterState, pods: Sequence[Pod], checks: int) -> None:
        self._plan = plan
        self._state = state
        self._checks_left = checks
        self._pods = pods
        self._rank = {pod.key: rank for rank, pod in enumerate(pods)}
        self._waiting: dict[int, list[Pod]] = defaultdict(list)
        """By kind, in queue order."""
        self._seats: dict[_Target, list[NodeName]] = defaultdict(list)
        columns = _columns(plan, state, pods)
        for pod in pods:
            kind, node = plan.likeness.kind_of[pod.key], plan.seats[pod.key]
            look = tuple(column[state.node(node).index] for column in columns)
            self._waiting[kind].append(pod)
            self._seats[kind, look].append(node)

    def run(self) -> list[_Step] | None:
        path: list[_Step] = []
        branches = [self._passing()]
        entered: set[frozenset[tuple[_Target, int]]] = set()
        while len(path) < len(self._pods):
            step = next(branches[-1], None)
            if step is not None:
                self._take(step)
                path.append(step)
                state = frozenset((target, len(seats)) for target, seats in self._seats.items())
                branches.append(iter(()) if state in entered else self._passing())
                entered.add(state)
            elif path:
                branches.pop()
                self._take_back(path.pop())
            else:
                return None
        return path

    def _passing(self) -> Iterator[_Step]:
        """Steps the filters allow now, least crowded domains first (J9), then in queue order (Q2)."""
        for step in self._candidates():
            if self._checks_left == 0:
                return
            self._checks_left -= 1
            if check(step.pod, step.node, self._state) is None:
                yield step

    def _candidates(self) -> list[_Step]:
        found = []
        for target, seats in self._seats.items():
            pod = self._next_of(target[0])
            if seats and pod is not None:
                rank = self._rank[pod.key]
                group = self._plan.group(pod)
                crowd = crowding(self._state, group, self._plan.domains(group, seats[-1]))
                found.append((crowd, rank, _Step(pod=pod, target=target, node=seats[-1])))
        return [step for _, _, step in sorted(found, key=lambda c: c[:2])]

    def _next_of(self, kind: int) -> Pod | None:
        """The first of a kind that exists already (W14)."""
        for pod in self._waiting[kind]:
            before = self._plan.predecessor(pod)
            if before is None or self._state.node_of(before) is not None:
                return pod
        return None

    def _take(self, step: _Step) -> None:
        self._state.add(step.pod, step.node)
        self._waiting[step.target[0]].remove(step.pod)
        self._seats[step.target].remove(step.node)

    def _take_back(self, step: _Step) -> None:
        self._state.remove(step.pod.key)
        insort(self._waiting[step.target[0]], step.pod, key=lambda pod: self._rank[pod.key])
        self._seats[step.target].append(step.node)


def _columns(plan: Plan, state: ClusterState, pods: Sequence[Pod]) -> list[Domains]:
    """All that spread and affinity of these pods can tell nodes apart by; each column is by node index.

    A pod without rules matters to those who count it: which domain it stands in, and whether its node is
    eligible to them (T4).
    """
    columns: dict[Domains, None] = {}
    for group, pod in {plan.group(pod): pod for pod in pods}.items():
        required = [c.topology_key for c in group.spread]
        columns |= dict.fromkeys(state.values_of(key) for key in group.keys)
        columns |= dict.fromkeys(eligible_domains(pod, c, required, state) for c in group.spread)
    return list(columns)
