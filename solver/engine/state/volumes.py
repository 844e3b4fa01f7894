"""Static volumes that are left (V29-V33).

Claims of one kind on one node are alike, so what is kept is a flow: how many of them hold a volume of which
group. Nobody owns a certain volume; a claim may pass on to another group when its own is needed more.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem

_Holder = tuple[int, int]
"""Claim kind and node."""


class StaticVolumes:
    """``wanted`` maps claim kinds to how many volumes one more pod of a class needs."""

    def __init__(self, problem: Problem) -> None:
        self._kinds = problem.claim_kinds
        self._groups = problem.volume_groups
        self.left = [group.size for group in problem.volume_groups]
        """Per volume group."""
        self._kinds_of: dict[int, list[int]] = defaultdict(list)
        self._groups_at: dict[_Holder, list[int]] = defaultdict(list)
        """Groups within reach, the one with the shortest reach first."""
        reach = [int(group.reach.sum()) for group in problem.volume_groups]
        self._within: list[IntArray] = []
        """Per kind [N], volumes left for it within reach."""
        for number, kind in enumerate(self._kinds):
            within = np.zeros(len(problem.nodes), dtype=np.int64)
            for group in sorted(kind.groups, key=reach.__getitem__):
                self._kinds_of[group].append(number)
                within[self._groups[group].reach] += self.left[group]
                for node in np.flatnonzero(self._groups[group].reach):
                    self._groups_at[number, int(node)].append(group)
            self._within.append(within)
        self._held: dict[_Holder, list[int]] = defaultdict(list)
        """The group of each volume taken, the latest last."""

    def allow(self, at: IntArray, wanted: Mapping[int, int]) -> BoolArray:
        """[K]; as claims hold their volumes now, though passing some on might open more nodes."""
        mask = np.ones(len(at), dtype=np.bool_)
        for number, volumes in wanted.items():
            mask &= ~self._kinds[number].needed[at] | (self._within[number][at] >= volumes)
        if len(wanted) > 1:  # kinds may want the same volumes
            for position in np.flatnonzero(mask):
                mask[position] = self._enough(wanted, int(at[position]))
        return mask

    def some_at(self, at: IntArray) -> BoolArray:
        """[K], volumes are left that some kind of claim needs there."""
        mask = np.zeros(len(at), dtype=np.bool_)
        for kind, within in zip(self._kinds, self._within, strict=True):
            mask |= kind.needed[at] & (within[at] > 0)
        return mask

    def take(self, node: int, wanted: Mapping[int, int]) -> None:
        """The claims there and those served so far must all find a volume together."""
        for number in self._scarcest_first(wanted, node):
            for _ in range(wanted[number]):
                group = self._free_one(number, node)
                self._held[number, node].append(group)
                self._shift(group, -1)

    def give_back(self, node: int, wanted: Mapping[int, int]) -> None:
        """What ``take`` took."""
        for number in reversed(self._scarcest_first(wanted, node)):
            for _ in range(wanted[number]):
                self._shift(self._held[number, node].pop(), 1)

    def _enough(self, wanted: Mapping[int, int], node: int) -> bool:
        chosen: Counter[int] = Counter()
        for number in self._scarcest_first(wanted, node):
            volumes = wanted[number]
            for group in self._groups_at[number, node]:
                taken = min(volumes, self.left[group] - chosen[group])
                chosen[group] += taken
                volumes -= taken
            if volumes:
                return False
        return True

    def _scarcest_first(self, wanted: Mapping[int, int], node: int) -> list[int]:
        """Kinds that need a static volume there."""
        kinds = [number for number in wanted if self._kinds[number].needed[node]]
        return sorted(kinds, key=lambda number: len(self._kinds[number].groups))

    def _free_one(self, number: int, node: int) -> int:
        """A group with a volume for one more claim: the nearest one, else one that others can leave."""
        near = self._groups_at[number, node]
        found = next((group for group in near if self.left[group]), None)
        return self._vacated(near) if found is None else found

    def _vacated(self, wanted: list[int]) -> int:
        """One of the groups, with a volume that its holder has left for another.

        Breadth first along holders that could hold another group instead: an augmenting path of the flow, so
        a volume is found whenever all claims can be served together.
        """
        holders: dict[int, list[_Holder]] = defaultdict(list)
        for holder, held in self._held.items():
            for group in held:
                holders[group].append(holder)
        reached_by: dict[int, tuple[int, _Holder] | None] = dict.fromkeys(wanted)
        """Group to the one before it on the path, and who would pass on from there."""
        waiting = deque(wanted)
        while waiting:
            group = waiting.popleft()
            if self.left[group]:
                return self._pass_on(group, reached_by)
            for holder in holders[group]:
                for other in self._groups_at[holder]:
                    if other not in reached_by:
                        reached_by[other] = group, holder
                        waiting.append(other)
        raise AssertionError("the caller asks first whether there are volumes")

    def _pass_on(self, group: int, reached_by: Mapping[int, tuple[int, _Holder] | None]) -> int:
        """Holders along the path to ``group`` move up; the group that this frees."""
        while step := reached_by[group]:
            before, holder = step
            held = self._held[holder]
            held[held.index(before)] = group
            self._shift(group, -1)
            self._shift(before, 1)
            group = before
        return group

    def _shift(self, group: int, step: int) -> None:
        self.left[group] += step
        for number in self._kinds_of[group]:
            self._within[number][self._groups[group].reach] += step
