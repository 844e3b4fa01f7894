"""Static volumes that are left (V29-V33)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem


class StaticVolumes:
    """``wanted`` maps claim kinds to how many volumes one more pod of a class needs."""

    def __init__(self, problem: Problem) -> None:
        self._kinds = problem.claim_kinds
        self._groups = problem.volume_groups
        self.left = [group.size for group in problem.volume_groups]
        """Per volume group."""
        self._kinds_of: dict[int, list[int]] = defaultdict(list)
        self._groups_at: dict[int, dict[int, list[int]]] = {}
        """Kind to node to groups within reach, the one with the shortest reach first."""
        reach = [int(group.reach.sum()) for group in problem.volume_groups]
        self._within: list[IntArray] = []
        """Per kind [N], volumes left for it within reach."""
        for number, kind in enumerate(self._kinds):
            here: dict[int, list[int]] = defaultdict(list)
            within = np.zeros(len(problem.nodes), dtype=np.int64)
            for group in sorted(kind.groups, key=reach.__getitem__):
                self._kinds_of[group].append(number)
                within[self._groups[group].reach] += self.left[group]
                for node in np.flatnonzero(self._groups[group].reach):
                    here[int(node)].append(group)
            self._groups_at[number] = here
            self._within.append(within)
        self._taken: dict[tuple[int, int], list[Counter[int]]] = defaultdict(list)
        """Volumes by group that each pod of a class on a node has taken."""

    def allow(self, at: IntArray, wanted: Mapping[int, int]) -> BoolArray:
        """[K]"""
        mask = np.ones(len(at), dtype=np.bool_)
        for number, volumes in wanted.items():
            mask &= ~self._kinds[number].needed[at] | (self._within[number][at] >= volumes)
        if len(wanted) > 1:  # kinds may want the same volumes
            for position in np.flatnonzero(mask):
                mask[position] = self._choice(wanted, int(at[position])) is not None
        return mask

    def some_at(self, at: IntArray) -> BoolArray:
        """[K], volumes are left that some kind of claim needs there."""
        mask = np.zeros(len(at), dtype=np.bool_)
        for kind, within in zip(self._kinds, self._within, strict=True):
            mask |= kind.needed[at] & (within[at] > 0)
        return mask

    def take(self, index: int, node: int, wanted: Mapping[int, int]) -> None:
        if not wanted:
            return
        chosen = self._choice(wanted, node)
        assert chosen is not None  # the caller has asked first
        self._taken[index, node].append(chosen)
        self._shift(chosen, -1)

    def give_back(self, index: int, node: int) -> None:
        taken = self._taken[index, node]
        if taken:
            self._shift(taken.pop(), 1)

    def _choice(self, wanted: Mapping[int, int], node: int) -> Counter[int] | None:
        """Volumes to take from each group, the scarcest first; None when there are not enough."""
        chosen: Counter[int] = Counter()
        for number, volumes in sorted(wanted.items(), key=lambda w: len(self._kinds[w[0]].groups)):
            if not self._kinds[number].needed[node]:
                continue
            for group in self._groups_at[number][node]:
                taken = min(volumes, self.left[group] - chosen[group])
                chosen[group] += taken
                volumes -= taken
            if volumes:
                return None
        return chosen

    def _shift(self, chosen: Counter[int], step: int) -> None:
        for group, volumes in chosen.items():
            self.left[group] += step * volumes
            for number in self._kinds_of[group]:
                self._within[number][self._groups[group].reach] += step * volumes
