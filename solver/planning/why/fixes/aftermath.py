"""What a fix leads to: how the workload's pods lie afterwards, and whether they could come back there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from solver.model.names import ZONE, PodKey
from solver.model.placement import Placement
from solver.model.pod import Pod, SpreadConstraint, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.scheduler.spread_counts import domain_counts
from solver.scheduler.state import ClusterState


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One hard rule once everything asked about is placed."""

    rule: SpreadConstraint
    counts: tuple[tuple[str, int], ...]
    """Domain and pods, by name."""

    @property
    def skew(self) -> int:
        numbers = [number for _, number in self.counts]
        least = 0 if len(numbers) < self.rule.min_domains else min(numbers, default=0)  # T6
        return max(numbers, default=0) - least

    @property
    def fullest(self) -> str:
        return max(self.counts, key=lambda item: item[1])[0]

    @property
    def emptiest(self) -> str:
        return min(self.counts, key=lambda item: item[1])[0]

    @property
    def text(self) -> str:
        return "/".join(str(number) for _, number in self.counts)


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    owner: WorkloadKey
    zones: tuple[tuple[str, int], ...]
    spreads: tuple[Spread, ...]

    @property
    def too_wide(self) -> tuple[Spread, ...]:
        """Rules under which a pod of the fullest domain could not come back (J4)."""
        return tuple(spread for spread in self.spreads if spread.skew > spread.rule.max_skew)

    @property
    def text(self) -> str:
        """``5/2/2; losing zone a takes 5 of 9``."""
        numbers = [number for _, number in self.zones]
        if len(numbers) < 2:
            return ""
        zone, most = max(self.zones, key=lambda item: item[1])
        shown = "/".join(map(str, numbers))
        if 3 * most <= sum(numbers) + 2:
            return shown
        return f"{shown}; losing zone {zone} takes {most} of {sum(numbers)}"


def aftermath(after: Snapshot, placement: Placement, owner: WorkloadKey) -> Aftermath:
    """``after`` is the changed cluster, ``placement`` where its pods go."""
    state = ClusterState.of(after)
    for assignment in placement.assignments:
        state.add(after.pod_by_key[assignment.pod], assignment.node)
    members = [(node.node.labels, pod) for node in state.nodes for pod in node.pods.values()]
    mine = [(labels, pod) for labels, pod in members if pod.workload == owner and not pod.terminating]
    zones = Counter({node.node.labels[ZONE]: 0 for node in state.nodes if ZONE in node.node.labels})
    zones.update(labels[ZONE] for labels, _ in mine if ZONE in labels)
    sample = next((pod for _, pod in mine if pod.key in _placed(placement)), None)
    return Aftermath(
        owner=owner,
        zones=tuple(sorted(zones.items())),
        spreads=tuple(_spreads(sample, state)) if sample is not None else (),
    )


def _placed(placement: Placement) -> frozenset[PodKey]:
    return frozenset(assignment.pod for assignment in placement.assignments)


def _spreads(pod: Pod, state: ClusterState) -> Iterator[Spread]:
    keys = [rule.topology_key for rule in pod.hard_spread]  # T4(a)
    for rule in pod.hard_spread:
        tally = domain_counts(pod, rule, keys, state)
        yield Spread(rule=rule, counts=tuple(sorted(tally.by_place.items())))
