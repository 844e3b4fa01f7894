"""A placement as the replay works on it: pods in queue order, their seats, likeness and succession."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from solver.model.names import NodeName, PodKey
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.state import ClusterState
from solver.verify.likeness import Group, Likeness

Domains = tuple[str | None, ...]
"""A node's values of the topology keys that a group's rules name."""


class Plan:
    def __init__(self, snapshot: Snapshot, placement: Placement, state: ClusterState | None = None) -> None:
        self.snapshot = snapshot
        self.state = state or ClusterState.of(snapshot)
        """One for all attempts: each begins by taking off what the one before has added."""
        self.seats = dict(placement.node_of)
        position = {pod.key: index for index, pod in enumerate(snapshot.pods)}
        pods = (snapshot.pod_by_key[key] for key in self.seats)
        self.pods: list[Pod] = sorted(pods, key=lambda p: (-p.priority, position[p.key]))  # Q2
        self.likeness = Likeness(snapshot, self.pods)
        self._running = frozenset(pod.key for pod in snapshot.running)

    def group(self, pod: Pod) -> Group:
        return self.likeness.group_of[pod.key]

    def domains(self, group: Group, node: NodeName) -> Domains:
        labels = self.snapshot.node_by_name[node].labels
        return tuple(labels.get(key) for key in group.keys)

    def predecessor(self, pod: Pod) -> PodKey | None:
        """W14: the pod that has to be placed before this one exists; None when it runs already."""
        return None if pod.created_after in self._running else pod.created_after

    @cached_property
    def followers(self) -> dict[PodKey, list[Pod]]:
        found: dict[PodKey, list[Pod]] = defaultdict(list)
        for pod in self.pods:
            before = self.predecessor(pod)
            if before is not None:
                found[before].append(pod)
        return found

    def entangled_with(self, keys: Iterable[PodKey]) -> list[Pod]:
        """These pods, those that heed them or that they heed, those that follow them (W14), and so on."""
        chained: dict[Group, set[Group]] = defaultdict(set)
        for pod in self.pods:
            for follower in self.followers.get(pod.key, ()):
                chained[self.group(pod)].add(self.group(follower))
                chained[self.group(follower)].add(self.group(pod))
        reached = {self.likeness.group_of[key] for key in keys}
        others = set(self.likeness.group_of.values()) - reached
        frontier = list(reached)
        while frontier:
            group = frontier.pop()
            near = {o for o in others if o.heeds(group) or group.heeds(o) or o in chained[group]}
            others -= near
            reached |= near
            frontier += near
        return [pod for pod in self.pods if self.group(pod) in reached]
