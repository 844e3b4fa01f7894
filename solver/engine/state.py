"""Where one more pod of a class may go, given the pods placed so far: every rule as it holds at that moment.

The sequential reading of the rules that ``constraints`` states for the final state. A placement grown by
``open_to`` and ``put`` is admissible in the order it was grown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from solver.compile.domains import domain_count
from solver.compile.problem import (
    AttractionRule,
    BoolArray,
    IntArray,
    Problem,
    SharedClaim,
    SharedVolume,
    SpreadRule,
)

_Shared = TypeVar("_Shared", SharedClaim, SharedVolume)


class Growing:
    """Mutable: counts [C, N] of pods placed, and whatever the rules need to know about them."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        size = (len(problem.classes), len(problem.nodes))
        self.counts = np.zeros(size, dtype=np.int64)
        self.free = problem.free.copy()
        self.placed = np.zeros(size[0], dtype=np.int64)
        self._volumes = [np.where(v.free < 0, 0, v.free) for v in problem.volume_limits]
        self._groups = [g.size for g in problem.volume_groups]
        self._within = [self._within_reach(number) for number in range(len(problem.claim_kinds))]
        """Per claim kind [N], volumes left for it within reach."""
        self._groups_near: dict[tuple[int, int], list[int]] = {}
        self._kinds_of: dict[int, list[int]] = {}
        for number, kind in enumerate(problem.claim_kinds):
            for group in kind.groups:
                self._kinds_of.setdefault(group, []).append(number)
        self._shared_volumes = _by_user(problem.shared_volumes)
        self._shared_claims = _by_user(problem.shared_claims)
        self._spread = [rule.present.copy() for rule in problem.spreads]
        self._held: dict[int, list[int]] = {}
        self._counting: dict[int, list[int]] = {}
        for number, rule in enumerate(problem.spreads):
            for index in rule.constrained:
                self._held.setdefault(index, []).append(number)
            for index in rule.counted:
                self._counting.setdefault(index, []).append(number)
        self._foes: dict[int, list[tuple[IntArray, list[int]]]] = {}
        for separation in problem.separations:
            owner, others = separation.owner, separation.others
            mine = [*others, *((owner,) if separation.itself else ())]
            self._foes.setdefault(owner, []).append((separation.domain_of, mine))
            for other in others:
                self._foes.setdefault(other, []).append((separation.domain_of, [owner]))
        self._attraction = {rule.owner: rule for rule in problem.attractions}
        self._before = {later: earlier for earlier, later in problem.chains}

    def open_to(self, index: int) -> BoolArray:
        """[N], nodes that one more pod of the class passes every rule on."""
        problem = self._problem
        before = self._before.get(index)
        if before is not None and self.placed[before] < problem.classes[before].count:
            return np.zeros(len(problem.nodes), dtype=np.bool_)
        asked = problem.request[index]
        some = asked > 0
        mask = (self.counts[index] < problem.limit[index]) & (self.free[:, some] >= asked[some]).all(axis=1)
        for one, other in problem.conflicts:
            if index in (one, other) and one != other:
                mask &= self.counts[other if index == one else one] == 0
        for number in self._held.get(index, ()):
            mask &= self._spread_allows(problem.spreads[number], self._spread[number], index)
        mask &= self._apart(index) & self._attachable(index) & self._claims_allow(index)
        mask &= self._static_volumes_left(index)
        if index in self._attraction:
            mask &= self._attracted(self._attraction[index])
        return np.asarray(mask, dtype=np.bool_)

    def put(self, index: int, node: int) -> None:
        """Place one pod."""
        problem = self._problem
        self._take_volumes(index, node)
        self.counts[index, node] += 1
        self.placed[index] += 1
        self.free[node] -= problem.request[index]
        for number in self._counting.get(index, ()):
            domain = problem.spreads[number].domain_of[node]
            if domain >= 0:
                self._spread[number][domain] += 1

    def crowd(self, index: int) -> IntArray:
        """[N], how full each node's domains are by the spread constraints of the class; less is better."""
        total = np.zeros(len(self._problem.nodes), dtype=np.int64)
        for number in self._held.get(index, ()):
            rule = self._problem.spreads[number]
            total = total * 1000 + np.append(self._spread[number], 0)[rule.domain_of]
        return total

    def _spread_allows(self, rule: SpreadRule, counts: IntArray, index: int) -> BoolArray:
        """T7."""
        least = 0 if rule.minimum_is_zero else int(counts.min(initial=2**40))
        domain_fits = counts + (index in rule.counted) - least <= rule.max_skew
        return np.append(domain_fits, False)[rule.domain_of]

    def _apart(self, index: int) -> BoolArray:
        """[N], A7 and A8 between asked pods."""
        mask = np.ones(len(self._problem.nodes), dtype=np.bool_)
        for domain_of, foes in self._foes.get(index, ()):
            if self.placed[foes].any():
                there = self.counts[foes].any(axis=0) & (domain_of >= 0)
                closed = np.zeros(domain_count(domain_of) + 1, dtype=np.bool_)
                closed[domain_of[there]] = True
                closed[-1] = False
                mask &= ~closed[domain_of]
        return mask

    def _attracted(self, rule: AttractionRule) -> BoolArray:
        """[N], A6 and A9."""
        friends = [*rule.supporters, *((rule.owner,) if rule.itself else ())]
        there = (
            self.counts[friends].any(axis=0) if friends else np.zeros(len(self._problem.nodes), dtype=bool)
        )
        keyed = np.logical_and.reduce([term.domain_of >= 0 for term in rule.terms])
        first = rule.itself and not rule.started
        first = first and not any((there & (term.domain_of >= 0)).any() for term in rule.terms)
        if first:
            return np.asarray(keyed, dtype=np.bool_)
        for term in rule.terms:
            opened = np.append(term.occupied, False)
            opened[term.domain_of[there & (term.domain_of >= 0)]] = True
            opened[-1] = False
            keyed = keyed & opened[term.domain_of]
        return np.asarray(keyed, dtype=np.bool_)

    def _attachable(self, index: int) -> BoolArray:
        """[N], attach limits (V15)."""
        mask = np.ones(len(self._problem.nodes), dtype=np.bool_)
        for number, new in self._new_volumes(index).items():
            mask &= (new == 0) | (self._volumes[number] >= new)
        return mask

    def _new_volumes(self, index: int) -> dict[int, IntArray]:
        """Limit to [N], the volumes one more pod of the class would add (V12)."""
        found: dict[int, IntArray] = {}
        for number, limit in enumerate(self._problem.volume_limits):
            if limit.added[index]:
                found[number] = np.full(len(self._problem.nodes), limit.added[index], dtype=np.int64)
        for volume in self._shared_volumes.get(index, ()):
            new_here = np.where(self.counts[list(volume.users)].any(axis=0), 0, volume.added)
            found[volume.limit] = found.get(volume.limit, 0) + new_here
        return found

    def _claims_allow(self, index: int) -> BoolArray:
        """[N], shared claims (V8, V36, V44)."""
        mask = np.ones(len(self._problem.nodes), dtype=np.bool_)
        for claim in self._shared_claims.get(index, ()):
            users = list(claim.users)
            if claim.one_pod and self.placed[users].any():
                mask[:] = False
            elif claim.one_node and self.placed[users].any():
                mask &= self.counts[users].any(axis=0)
        return mask

    def _static_volumes_left(self, index: int) -> BoolArray:
        """[N], V29."""
        wanted = self._wanted(index)
        mask = np.ones(len(self._problem.nodes), dtype=np.bool_)
        for number, volumes in wanted.items():
            mask &= ~self._problem.claim_kinds[number].needed | (self._within[number] >= volumes)
        if len(wanted) > 1:  # kinds may want the same volumes
            for node in np.flatnonzero(mask):
                mask[node] = self._left_after(wanted, int(node)) is not None
        return mask

    def _within_reach(self, kind: int) -> IntArray:
        within = np.zeros(len(self._problem.nodes), dtype=np.int64)
        for group in self._problem.claim_kinds[kind].groups:
            within += self._problem.volume_groups[group].reach * self._groups[group]
        return within

    def _wanted(self, index: int) -> dict[int, int]:
        """Claim kind to the static volumes one more pod of the class needs; a shared claim takes its volume
        with its first user."""
        found = {
            n: int(k.per_pod[index]) for n, k in enumerate(self._problem.claim_kinds) if k.per_pod[index]
        }
        for claim in self._shared_claims.get(index, ()):
            if claim.claim_kind is not None and not self.placed[list(claim.users)].any():
                found[claim.claim_kind] = found.get(claim.claim_kind, 0) + 1
        return found

    def _left_after(self, wanted: dict[int, int], node: int) -> list[int] | None:
        """Volumes left in each group, the scarcest taken first; None when there are not enough."""
        problem, left = self._problem, list(self._groups)
        for number, volumes in sorted(wanted.items(), key=lambda w: len(problem.claim_kinds[w[0]].groups)):
            kind = problem.claim_kinds[number]
            if not kind.needed[node]:
                continue
            for group in self._reachable(number, node):
                taken = min(volumes, left[group])
                left[group] -= taken
                volumes -= taken
            if volumes:
                return None
        return left

    def _reachable(self, kind: int, node: int) -> list[int]:
        """Groups of the kind within reach of the node, the one with the shortest reach first."""
        if (kind, node) not in self._groups_near:
            groups = self._problem.volume_groups
            near = [g for g in self._problem.claim_kinds[kind].groups if groups[g].reach[node]]
            self._groups_near[kind, node] = sorted(near, key=lambda g: int(groups[g].reach.sum()))
        return self._groups_near[kind, node]

    def _take_volumes(self, index: int, node: int) -> None:
        for number, new in self._new_volumes(index).items():
            self._volumes[number][node] -= new[node]
        wanted = self._wanted(index)
        if wanted:
            left = self._left_after(wanted, node)
            assert left is not None  # the caller has asked open_to
            for group, (before, after) in enumerate(zip(self._groups, left, strict=True)):
                if before != after:
                    for number in self._kinds_of[group]:
                        self._within[number] -= (before - after) * self._problem.volume_groups[group].reach
            self._groups = left


def _by_user(things: Iterable[_Shared]) -> dict[int, list[_Shared]]:
    found: dict[int, list[_Shared]] = {}
    for thing in things:
        for user in thing.users:
            found.setdefault(user, []).append(thing)
    return found
