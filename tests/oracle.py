"""Brute force for tiny clusters: every order, every node, through kube-scheduler's own filters.

The only other rules are those a plan keeps beyond the filters: V36 always, V44 as configured, W14.
Exponential; meant for up to four nodes and five pods.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler import ClusterState, check
from solver.verify import FinalState, access_modes, volume_matching

_PLAN_RULES = {"V36", "V44"}


def can_place_all(snapshot: Snapshot, question: Question, config: SolveConfig) -> bool:
    return any(len(p.assignments) == len(question.pods) for p in reachable(snapshot, question, config))


def most_by_priority(snapshot: Snapshot, question: Question, config: SolveConfig) -> tuple[int, ...]:
    """Pods of each priority, highest first, in the best placement: the first difference decides."""
    priority = {key: snapshot.pod_by_key[key].priority for key in question.pods}
    levels = sorted(set(priority.values()), reverse=True)

    def counts(placement: Placement) -> tuple[int, ...]:
        placed = Counter(priority[a.pod] for a in placement.assignments)
        return tuple(placed[level] for level in levels)

    return max(counts(p) for p in reachable(snapshot, question, config))


def reachable(snapshot: Snapshot, question: Question, config: SolveConfig) -> Iterator[Placement]:
    """Every placement of some of the pods that some order reaches, starting with the empty one."""
    pods = [snapshot.pod_by_key[key] for key in question.pods]
    return _Explorer(snapshot, pods, config).placements()


def passes_in_turn(world: Snapshot, assignments: Iterable[Assignment]) -> bool:
    """Does every pod pass the filters on its node, in this very order, behind its predecessor (W14)?"""
    state = ClusterState.of(world)
    for assignment in assignments:
        pod = world.pod_by_key[assignment.pod]
        if pod.created_after is not None and state.node_of(pod.created_after) is None:
            return False
        if check(pod, assignment.node, state) is not None:
            return False
        state.add(pod, assignment.node)
    return True


class _Explorer:
    def __init__(self, snapshot: Snapshot, pods: list[Pod], config: SolveConfig) -> None:
        self._snapshot = snapshot
        self._config = config
        self._pods = pods
        self._state = ClusterState.of(snapshot)
        self._path: list[Assignment] = []
        self._seen: set[Hashable] = set()

    def placements(self) -> Iterator[Placement]:
        here = Placement(assignments=tuple(self._path))
        state = frozenset(self._path), self._assumed()
        if state in self._seen or not self._is_a_plan(here):
            return
        self._seen.add(state)
        yield here
        for pod in self._pods:
            if not self._exists(pod):
                continue
            for node in self._snapshot.nodes:
                if check(pod, node.name, self._state) is None:
                    self._state.add(pod, node.name)
                    self._path.append(Assignment(pod=pod.key, node=node.name))
                    yield from self.placements()
                    self._path.pop()
                    self._state.remove(pod.key)

    def _assumed(self) -> Hashable:
        """Which volumes were promised to which claims; it depends on the order (V33)."""
        volumes = (self._state.volumes.volume(v.name) for v in self._snapshot.volumes)
        return tuple(v.claim_ref for v in volumes if v is not None)

    def _is_a_plan(self, placement: Placement) -> bool:
        final = FinalState(self._snapshot, placement, self._config)
        broken = [*access_modes.check(final), *volume_matching.check(final)]
        return not any(violation.rule in _PLAN_RULES for violation in broken)

    def _exists(self, pod: Pod) -> bool:
        """Not placed yet, and its predecessor is (W14)."""
        if self._state.node_of(pod.key) is not None:
            return False
        return pod.created_after is None or self._state.node_of(pod.created_after) is not None
