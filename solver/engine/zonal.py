"""A problem counted by zone: every zone is one large place with all that its nodes have.

Classes that no row (``zonal_rows``) tells apart are one group, and spread rules that look alike are one rule:
the sum of what each keeps is kept by the sum. So what is left is small whatever the size of the cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from solver.compile.problem import BoolArray, IntArray, Problem, SpreadRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MergedSpread:
    """``rules`` rules that look like ``sample``, as one."""

    sample: SpreadRule
    rules: int
    domain_at: IntArray
    """[Z], the domain that each place lies in, -1 for none."""
    counted: tuple[tuple[int, int], ...]
    """Groups, and how many of the rules count each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Zonal:
    """C classes, G groups, Z places: the zones, then the nodes in none."""

    place_of: IntArray
    """[N]"""
    group_of: IntArray
    """[C]"""
    sample: IntArray
    """[G], a class of each."""
    count: IntArray
    """[G], pods."""
    most: IntArray
    """[G, Z], pods of the group that nodes of the place take, as far as each node and class alone tell."""
    spreads: tuple[MergedSpread, ...]

    @property
    def places(self) -> int:
        return int(self.most.shape[1])


def zonal(problem: Problem) -> Zonal:
    place_of = problem.zone_of % (len(problem.zones) + 1)  # -1 is the last place
    asked = np.array([c.count for c in problem.classes], dtype=np.int64)
    places = len(problem.zones) + 1
    limits = [np.bincount(place_of, weights=row, minlength=places) for row in problem.limit]
    most = np.minimum(np.array(limits, dtype=np.int64), asked[:, None])
    alike = _alike(problem, asked, most > 0)
    merged = _merged(problem, place_of, alike)
    numbers: dict[Hashable, int] = {}
    counted_by = _counted_by(problem, merged)
    group_of = [
        numbers.setdefault((a, tuple(by)), len(numbers)) for a, by in zip(alike, counted_by, strict=True)
    ]
    sample = np.unique(group_of, return_index=True)[1]
    most_of_groups = np.zeros((len(sample), most.shape[1]), dtype=np.int64)
    np.add.at(most_of_groups, group_of, most)
    counted: list[list[tuple[int, int]]] = [[] for _ in merged]
    for group, index in enumerate(sample.tolist()):
        for number, times in Counter(counted_by[index]).items():
            counted[number].append((group, times))
    return Zonal(
        place_of=place_of,
        group_of=np.array(group_of, dtype=np.int64),
        sample=sample,
        count=np.bincount(group_of, weights=asked).astype(np.int64),
        most=most_of_groups,
        spreads=tuple(
            MergedSpread(sample=rules[0], rules=len(rules), domain_at=home, counted=tuple(groups))
            for (home, rules), groups in zip(merged, counted, strict=True)
        ),
    )


def _alike(problem: Problem, asked: IntArray, is_open: BoolArray) -> list[int]:
    """[C], equal numbers for classes that only spread rules may tell apart."""
    priority = np.array([c.priority for c in problem.classes], dtype=np.int64)
    columns = [problem.request, asked, priority, is_open.astype(np.int64)]
    columns += [limit.added for limit in problem.volume_limits]
    columns += [kind.per_pod for kind in problem.claim_kinds]
    numbers = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1]
    return [int(number) for number in numbers.reshape(-1)]


_Merged = list[tuple[IntArray, list[SpreadRule]]]
"""Where the places lie, and rules that look alike."""


def _merged(problem: Problem, place_of: IntArray, alike: list[int]) -> _Merged:
    """Of the rules that hold in the final state as they are (J4), whose domains are made of whole places."""
    topologies = {id(rule.domain_of): rule.domain_of for rule in problem.spreads}  # most rules share one
    homes = {
        key: _domain_at(place_of, len(problem.zones) + 1, domain_of) for key, domain_of in topologies.items()
    }
    ordered = {index for chain in problem.chains for index in chain}
    merged: dict[Hashable, tuple[IntArray, list[SpreadRule]]] = {}
    for rule in problem.spreads:
        home = homes[id(rule.domain_of)]
        plain = rule.exact and rule.counted and not ordered.intersection(rule.counted)
        if home is None or not plain or _strays(problem, rule):
            continue
        counted = tuple(sorted({alike[index] for index in rule.counted}))
        looks = rule.max_skew, rule.minimum_is_zero, rule.present.tobytes(), home.tobytes(), counted
        merged.setdefault(looks, (home, []))[1].append(rule)
    return list(merged.values())


def _domain_at(place_of: IntArray, places: int, domain_of: IntArray) -> IntArray | None:
    """[Z], None where a place lies in several domains."""
    inside = domain_of >= 0
    home = np.full(places, -1, dtype=np.int64)
    home[place_of[inside]] = domain_of[inside]
    return home if (home[place_of] == domain_of)[inside].all() else None


def _strays(problem: Problem, rule: SpreadRule) -> bool:
    """A pod that it counts may be on a node where it does not count."""
    outside = np.flatnonzero(rule.domain_of < 0)
    return bool(outside.size and problem.limit[list(rule.counted)][:, outside].any())


def _counted_by(problem: Problem, merged: _Merged) -> list[list[int]]:
    """[C], numbers of merged rules, once for each of the rules."""
    numbers: list[list[int]] = [[] for _ in problem.classes]
    for number, (_, rules) in enumerate(merged):
        for rule in rules:
            for index in rule.counted:
                numbers[index].append(number)
    return numbers
