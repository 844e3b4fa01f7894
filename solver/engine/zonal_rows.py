"""What every placement keeps zone by zone, as rows of a linear program (``bound``).

A column is the pods of a group in a place; after those comes one for the minimum of each spread rule. What
rows of this kind cannot say is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from solver.compile.problem import PODS, UNLIMITED, BoolArray, IntArray, Problem, VolumeGroup
from solver.engine.zonal import MergedSpread, Zonal
from solver.model.outcome import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Scarce:
    """What there is too little of where a row binds."""

    code: ReasonCode
    what: str
    number: int = 0
    """Tells apart things of one name."""
    unit: int = 1
    """What one of it is in the unit of the resource itself."""
    place: int | None = None
    """None is the cluster."""
    piece: int = 0
    """Where not 0, the row counts pods, of which each needs so much at least on one node."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """The columns times their coefficients add up to ``most`` at most."""

    columns: IntArray
    coefficients: IntArray
    most: int
    scarce: Scarce | None = None
    """None for spread rules, and for the pods there are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Demand:
    needed: IntArray
    """[G], by one pod."""
    free: IntArray
    """[N]"""
    scarce: Scarce


class ZonalRows:
    """``group_at`` and ``place_at`` are those of each column of pods; ``upper`` is of every column."""

    def __init__(self, problem: Problem, zonal: Zonal) -> None:
        self._problem = problem
        self._zonal = zonal
        self.group_at, self.place_at = np.nonzero(zonal.most)
        self._first_column = np.searchsorted(self.group_at, np.arange(len(zonal.count) + 1))
        self._is_open = problem.limit.any(axis=0)
        self._nodes = [np.flatnonzero(self._is_open & (zonal.place_of == p)) for p in range(zonal.places)]
        """By place, those open to any class."""
        self._demands = [*self._resources(), *self._attachments()]
        minimums = np.array([self._highest_minimum(spread) for spread in zonal.spreads], dtype=np.int64)
        self.upper = np.append(self._most_pods(), minimums)

    def __iter__(self) -> Iterator[Row]:
        """Those that could ever bind."""
        for row in (*self._together(), *self._in_pieces(), *self._static_volumes()):
            if row.coefficients @ self.upper[row.columns] > row.most:
                yield row
        for number, spread in enumerate(self._zonal.spreads):
            yield from self._spread(len(self.group_at) + number, spread)
        for group, most in enumerate(self._zonal.count.tolist()):
            columns = self._columns(group)
            yield Row(columns=columns, coefficients=np.ones_like(columns), most=most)

    def _columns(self, group: int) -> IntArray:
        return np.arange(self._first_column[group], self._first_column[group + 1])

    # columns

    def _most_pods(self) -> IntArray:
        """Of the columns of pods. Where a row says what keeps more pods out, that is left to the row."""
        zonal = self._zonal
        fitting = np.full(zonal.most.shape, np.iinfo(np.int64).max)
        for demand in self._demands:
            for place, nodes in enumerate(self._nodes):
                for piece in _pieces(demand):
                    alike = demand.needed == piece
                    pieces = int((demand.free[nodes] // piece).sum())
                    fitting[alike, place] = np.minimum(fitting[alike, place], pieces)
        most = np.where(zonal.most < fitting, zonal.most, zonal.count[:, None])
        return np.asarray(most[self.group_at, self.place_at])

    def _highest_minimum(self, spread: MergedSpread) -> int:
        if spread.sample.minimum_is_zero:
            return 0
        pods = sum(times * int(self._zonal.count[group]) for group, times in spread.counted)
        return pods + spread.rules * int(spread.sample.present.min(initial=0))

    # rows

    def _resources(self) -> Iterator[_Demand]:
        """R8, R10."""
        problem = self._problem
        for column, name in enumerate(problem.resources):
            code = ReasonCode.POD_COUNT if name == PODS else ReasonCode.RESOURCES
            yield _Demand(
                needed=problem.request[self._zonal.sample, column],
                free=problem.free[:, column],
                scarce=Scarce(code=code, what=name, unit=problem.grain[column]),
            )

    def _attachments(self) -> Iterator[_Demand]:
        """V10-V15, volumes that several pods share left out (V12)."""
        for limit in self._problem.volume_limits:
            yield _Demand(
                needed=limit.added[self._zonal.sample],
                free=np.maximum(limit.free, 0),
                scarce=Scarce(code=ReasonCode.VOLUME_LIMIT, what=limit.driver),
            )

    def _together(self) -> Iterator[Row]:
        """What the nodes of a place have in all."""
        for demand, place, free in self._limited():
            scarce = replace(demand.scarce, place=place)
            yield self._needing(demand.needed, int(free.sum()), scarce)

    def _in_pieces(self) -> Iterator[Row]:
        """What a pod needs it needs on one node: what is less than a piece is of no use."""
        for demand, place, free in self._limited():
            for piece in _pieces(demand):
                pieces = int((free // piece).sum())
                if pieces * piece < free.sum():
                    scarce = replace(demand.scarce, place=place, piece=piece)
                    yield self._needing((demand.needed >= piece).astype(np.int64), pieces, scarce)

    def _limited(self) -> Iterator[tuple[_Demand, int, IntArray]]:
        """With what is free on each node of a place."""
        for demand in self._demands:
            for place, nodes in enumerate(self._nodes):
                if not (demand.free[nodes] >= UNLIMITED).any():
                    yield demand, place, demand.free[nodes]

    def _static_volumes(self) -> Iterator[Row]:
        """V29-V33, for claims that cannot have a volume made (V28)."""
        everywhere = np.concatenate(self._nodes)
        for number, kind in enumerate(self._problem.claim_kinds):
            groups = [self._problem.volume_groups[g] for g in kind.groups]
            size = np.array([group.size for group in groups], dtype=np.int64)
            near = np.array([self._near(group) for group in groups]).reshape(len(groups), self._zonal.places)
            for place, nodes in (*enumerate(self._nodes), (None, everywhere)):
                if kind.needed[nodes].all():
                    within = near.any(axis=1) if place is None else near[:, place]
                    room = int(size[within].sum())
                    scarce = Scarce(
                        code=ReasonCode.VOLUME_ACCESS, what="static volumes", number=number, place=place
                    )
                    yield self._needing(kind.per_pod[self._zonal.sample], room, scarce)

    def _near(self, group: VolumeGroup) -> BoolArray:
        """[Z], places where a node open to any class reaches the volumes."""
        places = self._zonal.place_of[group.reach & self._is_open]
        return np.asarray(np.bincount(places, minlength=self._zonal.places) > 0)

    def _needing(self, needed: IntArray, most: int, scarce: Scarce) -> Row:
        """By the pods of a place, or of the cluster."""
        asking = needed[self.group_at] > 0
        if scarce.place is not None:
            asking &= self.place_at == scarce.place
        columns = np.flatnonzero(asking)
        return Row(columns=columns, coefficients=needed[self.group_at[columns]], most=most, scarce=scarce)

    def _spread(self, minimum: int, spread: MergedSpread) -> Iterator[Row]:
        """T7 towards the minimum, which no domain is below (T6)."""
        counted = np.concatenate([self._columns(group) for group, _ in spread.counted])
        times = np.concatenate([np.full(len(self._columns(group)), n) for group, n in spread.counted])
        domain_at = spread.domain_at[self.place_at[counted]]
        for domain, present in enumerate(spread.sample.present.tolist()):
            here = domain_at == domain
            columns, signs = np.append(counted[here], minimum), np.append(times[here], -1)
            yield Row(columns=columns, coefficients=-signs, most=spread.rules * present)
            if present <= spread.sample.max_skew:  # else it may stay above, with no pod added
                room = spread.rules * (spread.sample.max_skew - present)
                yield Row(columns=columns, coefficients=signs, most=room)


def _pieces(demand: _Demand) -> list[int]:
    return [int(piece) for piece in np.unique(demand.needed[demand.needed > 0])]
