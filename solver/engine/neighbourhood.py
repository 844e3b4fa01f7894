"""Part of a placement taken up again: a small problem around some nodes, with everything else left as it is.

Pods on the chosen nodes and pods that have no node may be placed anew; pods elsewhere stay and are what
"already there" is to the small problem. Pods that others depend on in ways the small problem could not state
(``movable``) stay, too, wherever they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver.compile.problem import (
    BoolArray,
    IntArray,
    Problem,
    SharedVolume,
    SpreadRule,
    VolumeGroup,
)
from solver.engine.shares import Shares
from solver.engine.state import State
from solver.engine.unions import Unions

_MOST_WAITING = 60
"""Classes: with a thousand of them, no search of a neighbourhood gets anywhere."""


def movable(problem: Problem) -> BoolArray:
    """[C], classes whose pods may be moved alone.

    Not so where order or company decides: affinity between asked pods, claims they share, ordered creation,
    and spread constraints that count pods which do not carry them or which stay for one of these reasons.
    """
    mask = np.ones(len(problem.classes), dtype=np.bool_)
    for attraction in problem.attractions:
        mask[[attraction.owner, *attraction.supporters]] = False
    for claim in problem.shared_claims:
        mask[list(claim.users)] = False
    for chain in problem.chains:
        mask[list(chain)] = False
    for rule in problem.spreads:
        if not rule.exact:
            mask[[*rule.constrained, *rule.counted]] = False
    for together in spreading_together(problem):  # who waits for others may count on pods that would move
        mask[together] = mask[together].all()
    return mask


def spreading_together(problem: Problem) -> list[list[int]]:
    """The classes, those that spread constraints connect together."""
    parts = Unions(len(problem.classes))
    for rule in problem.spreads:
        parts.join(*rule.constrained)
    return [list(part) for part in parts.sets()]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbourhood:
    """``problem`` has the ``classes`` [c] and ``nodes`` [n] of the whole, by index; ``counts`` [c, n] is what
    they held."""

    problem: Problem
    classes: IntArray
    nodes: IntArray
    counts: IntArray


class Neighbourhoods:
    """Makes neighbourhoods of one placement; ``state`` is changed by ``open`` and ``close``."""

    def __init__(self, problem: Problem, state: State) -> None:
        self._problem = problem
        self._state = state
        self.movable = movable(problem)
        """[C]"""
        self._rank = _small_and_important_first(problem)
        self._asked = np.array([c.count for c in problem.classes], dtype=np.int64)
        self._separations = _by_class((n, (rule.owner,)) for n, rule in enumerate(problem.separations))
        self._conflicts = _by_class((n, pair) for n, pair in enumerate(problem.conflicts))
        self._shared_volumes = _by_class((n, v.users) for n, v in enumerate(problem.shared_volumes))
        self._groups = _by_class((n, np.flatnonzero(g.reach)) for n, g in enumerate(problem.volume_groups))
        """By node."""

    def open(self, nodes: IntArray, wanted: int | None = None) -> Neighbourhood:
        """Take the nodes' pods out of the placement; ``close`` puts them, or better ones, back.

        Of classes that wait and have no pod there, only some may take part: ``wanted``, and a few more of
        which many find room.
        """
        state = self._state
        here = np.asarray(state.counts[:, nodes].any(axis=1))
        waiting = self._admitted((self._asked > state.placed) & ~here, nodes)
        waiting = waiting[np.argsort(self._rank[waiting] * (waiting != wanted))][:_MOST_WAITING]
        classes = np.sort(np.concatenate([self._admitted(here, nodes), waiting]))
        counts = state.counts[np.ix_(classes, nodes)]
        self._each(classes, nodes, counts, state.remove)
        return Neighbourhood(
            problem=self._frozen(classes, nodes), classes=classes, nodes=nodes, counts=counts
        )

    def _admitted(self, classes: BoolArray, nodes: IntArray) -> IntArray:
        """Of the ``classes`` [C], those that may be moved to some of the nodes."""
        found = np.flatnonzero(classes & self.movable)
        return np.asarray(found[self._problem.limit[np.ix_(found, nodes)].any(axis=1)])

    def close(self, neighbourhood: Neighbourhood, counts: IntArray) -> None:
        """Place ``counts`` [c, n] there."""
        self._each(neighbourhood.classes, neighbourhood.nodes, counts, self._state.put)

    @staticmethod
    def _each(classes: IntArray, nodes: IntArray, counts: IntArray, do: Callable[[int, int], None]) -> None:
        for row, column in np.argwhere(counts):
            for _ in range(counts[row, column]):
                do(int(classes[row]), int(nodes[column]))

    def _frozen(self, classes: IntArray, nodes: IntArray) -> Problem:
        """The small problem; ``state`` holds the pods that stay."""
        here = _Excerpt(classes, nodes)
        return self._with_rules(self._with_volumes(self._bare(here), here), here)

    def _bare(self, here: _Excerpt) -> Problem:
        """Pods and room, and none of the rules that name classes or volumes; those that do not apply to pods
        that move stay out."""
        problem, state, (classes, nodes) = self._problem, self._state, (here.classes, here.nodes)
        left = self._asked[classes] - state.placed[classes]
        fits = np.array([state.fits(int(i), nodes) for i in classes]).reshape(len(classes), len(nodes))
        most = np.minimum(problem.limit[np.ix_(classes, nodes)], left[:, None])
        return replace(
            problem,
            nodes=tuple(problem.nodes[n] for n in nodes),
            zone_of=problem.zone_of[nodes],
            classes=tuple(
                replace(problem.classes[i], members=problem.classes[i].members[:pods])
                for i, pods in zip(classes, left, strict=True)
            ),
            limit=np.where(fits, most, 0),
            request=problem.request[classes],
            free=state.free[nodes],
            node_class=problem.node_class[nodes],
            shared_claims=(),
            attractions=(),
            chains=(),
            node_cost=problem.node_cost[np.ix_(classes, nodes)],
            soft_spreads=(),
            soft_pairs=(),
            balances=(),
        )

    def _with_volumes(self, small: Problem, here: _Excerpt) -> Problem:
        problem, state, (classes, nodes) = self._problem, self._state, (here.classes, here.nodes)
        groups = _of(self._groups, nodes)
        position = {group: number for number, group in enumerate(groups)}
        return replace(
            small,
            volume_limits=tuple(
                replace(limit, added=limit.added[classes], free=left[nodes])
                for limit, left in zip(problem.volume_limits, state.attached.left, strict=True)
            ),
            shared_volumes=tuple(
                self._shared_volume(problem.shared_volumes[n], here)
                for n in _of(self._shared_volumes, classes)
            ),
            claim_kinds=tuple(
                replace(
                    kind,
                    per_pod=kind.per_pod[classes],
                    needed=kind.needed[nodes],
                    groups=tuple(position[group] for group in kind.groups if group in position),
                )
                for kind in problem.claim_kinds
            ),
            volume_groups=tuple(
                VolumeGroup(size=state.volumes.left[group], reach=problem.volume_groups[group].reach[nodes])
                for group in groups
            ),
        )

    def _with_rules(self, small: Problem, here: _Excerpt) -> Problem:
        """Rules between pods that may move; what those that stay ask of them is in ``State.fits``."""
        problem, classes = self._problem, here.classes
        pairs = (problem.conflicts[n] for n in _of(self._conflicts, classes))
        separations = (problem.separations[n] for n in _of(self._separations, classes))
        return replace(
            small,
            conflicts=tuple(
                (here.position[one], here.position[other])
                for one, other in pairs
                if one in here.position and other in here.position
            ),
            spreads=tuple(self._spread(n, here) for n in _of(self._state.spread.constraining, classes)),
            separations=tuple(
                replace(
                    rule,
                    owner=here.position[rule.owner],
                    others=here.ours(rule.others),
                    domain_of=rule.domain_of[here.nodes],
                )
                for rule in separations
            ),
        )

    def _spread(self, number: int, here: _Excerpt) -> SpreadRule:
        rule, counts = self._problem.spreads[number], self._state.spread.counts[number]
        staying = self._state.counts[list(rule.constrained)].any(axis=0) & (rule.domain_of >= 0)
        settled = np.zeros(len(counts), dtype=np.bool_)
        settled[rule.domain_of[staying]] = True
        return replace(
            rule,
            constrained=here.ours(rule.constrained),
            counted=here.ours(rule.counted),
            domain_of=rule.domain_of[here.nodes],
            present=counts.copy(),
            settled=settled,
        )

    def _shared_volume(self, volume: SharedVolume, here: _Excerpt) -> SharedVolume:
        used = self._state.counts[list(volume.users)][:, here.nodes].any(axis=0)
        return replace(
            volume, users=here.ours(volume.users), added=np.where(used, 0, volume.added[here.nodes])
        )


def _small_and_important_first(problem: Problem) -> IntArray:
    """[C], ranks from 1 on."""
    priority = np.array([c.priority for c in problem.classes], dtype=np.int64)
    size = Shares(problem).request.max(axis=1, initial=0.0)
    rank = np.empty(len(priority), dtype=np.int64)
    rank[np.lexsort((size, -priority))] = np.arange(1, len(priority) + 1)
    return rank


class _Excerpt:
    """``classes`` and ``nodes`` of the whole, and the ``position`` of each class among them."""

    def __init__(self, classes: IntArray, nodes: IntArray) -> None:
        self.classes = classes
        self.nodes = nodes
        self.position = {int(index): position for position, index in enumerate(classes)}

    def ours(self, indices: Iterable[int]) -> tuple[int, ...]:
        return tuple(self.position[i] for i in indices if i in self.position)


def _by_class(named: Iterable[tuple[int, Iterable[int]]]) -> dict[int, list[int]]:
    """Which of the numbered things name an index."""
    found: dict[int, list[int]] = defaultdict(list)
    for number, indices in named:
        for index in indices:
            found[int(index)].append(number)
    return found


def _of(things: Mapping[int, list[int]], indices: IntArray) -> list[int]:
    """Numbers of the things that name any of the indices, each once, ascending."""
    return sorted({number for index in indices for number in things.get(int(index), ())})
