"""Smallest sets of facts that cannot hold together, for one question. Every claim here was solved.

A set is *minimal* when it still fails with all else left out, and leaving out any one of it as well was seen
to fit. It is *decisive* when leaving out any one of it, all else in force, was seen to fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from solver.compile import Problem
from solver.engine.bound import most_placed
from solver.engine.budget import Budget
from solver.engine.explain import Family, Rule, first_core, shrink
from solver.engine.placing import is_tightened
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.snapshot import Snapshot
from solver.planning.why.facts import ORDER, Fact, FactKind
from solver.planning.why.fitting import Fitting, fails, fits, formulated
from solver.planning.why.gather import facts_of
from solver.planning.why.relax import without
from solver.planning.why.slim import slim

MOST_CORES = 3
"""Of one question."""


@dataclass(frozen=True, kw_only=True)
class Core:
    """``facts`` as they are told, ``parts`` as they were left out: facts about zones apart."""

    pods: tuple[PodKey, ...]
    """The question that fails."""
    facts: tuple[Fact, ...]
    parts: tuple[Fact, ...]
    minimal: bool
    decisive: bool


class Checker:
    """One question under any choice of facts; each choice is solved once."""

    def __init__(
        self, snapshot: Snapshot, keys: Sequence[PodKey], config: SolveConfig, budget: Budget
    ) -> None:
        self.snapshot = slim(snapshot, keys)
        self.keys = tuple(keys)
        self.facts = facts_of(snapshot, keys)
        self.config = config
        self.budget = budget
        self._seen: dict[frozenset[Fact], bool] = {}
        self._failed: dict[frozenset[Fact], bool] = {}

    def dropping(self, facts: Iterable[Fact]) -> bool | None:
        """Does it fit without these facts?"""
        gone = frozenset(facts)
        if gone not in self._seen:
            found = self.fitting(gone).possible
            if found is None:  # out of time perhaps: not worth remembering
                return None
            self._seen[gone] = found
        return self._seen[gone]

    def fails_with(self, facts: Iterable[Fact]) -> bool:
        """Proved not to fit with these facts only; quicker than ``dropping`` the others."""
        gone = frozenset(self.facts) - frozenset(facts)
        if gone not in self._failed:
            world = without(self.snapshot, gone)
            self._failed[gone] = fails(world, self.keys, self.config, self.budget)
        return self._failed[gone]

    def is_minimal(self, facts: Sequence[Fact]) -> bool:
        """Any one fact less was seen to fit."""
        others = frozenset(self.facts) - frozenset(facts)
        return all(self.dropping(others | {fact}) is True for fact in facts)

    def fitting(self, gone: Iterable[Fact]) -> Fitting:
        return fits(without(self.snapshot, gone), self.keys, self.config, self.budget)


def cores(checker: Checker) -> list[Core]:
    """Cores that share no fact, until leaving them all out makes the question fit."""
    found: list[Core] = []
    gone: frozenset[Fact] = frozenset()
    while len(found) < MOST_CORES and not checker.budget.spent:
        core = _core(checker, gone)
        if core is None:
            break
        found.append(core)
        gone |= frozenset(core.parts)
        if checker.dropping(gone) is not False:
            break
    return found


def _core(checker: Checker, gone: frozenset[Fact]) -> Core | None:
    """Of two orders of leaving out, what is decisive, then shorter, then found first."""
    candidates = _candidates(checker, gone)
    best: Core | None = None
    for order in (candidates, candidates[::-1]):
        kept = shrink(order, checker.fails_with, checker.budget)
        if not kept:
            continue
        told = merged(kept)
        core = Core(
            pods=checker.keys,
            facts=tuple(told),
            parts=kept,
            minimal=checker.is_minimal(kept),
            decisive=all(checker.dropping(gone | parts) is True for parts in told.values()),
        )
        if best is None or _rank(core) < _rank(best):
            best = core
        if core.decisive and core.minimal:
            break
    return best


def _rank(core: Core) -> tuple[bool, bool, int]:
    return (not core.minimal, not core.decisive, len(core.facts))


def _candidates(checker: Checker, gone: frozenset[Fact]) -> list[Fact]:
    """What a bound or a first core names, where that fails on its own; else all facts left."""
    left = [fact for fact in checker.facts if fact not in gone]
    problem = formulated(without(checker.snapshot, gone), checker.keys, checker.config)
    lacking = _lacking(problem, checker.budget)
    few = [f for f in left if f.name in lacking and f.kind in _ROOM]
    if few and checker.fails_with(few):
        return few
    rules = first_core(problem, checker.budget, checker.config.seed)
    if rules is None:
        return left
    named = list(_Table(problem.resources, [v.driver for v in problem.volume_limits]).suspects(rules, left))
    return named if checker.fails_with(named) else left


_ROOM = frozenset({FactKind.REQUEST, FactKind.ALLOCATABLE, FactKind.ATTACH_LIMIT})


def _lacking(problem: Problem, budget: Budget) -> frozenset[str]:
    """Resources and drivers of which a relaxation over zones proves that there is too little."""
    if is_tightened(problem) or not problem.limit.any():
        return frozenset()
    bound = most_placed(problem, budget)
    return frozenset(lack.what for lack in bound.lacking) if bound is not None else frozenset()


_KINDS: dict[Family, frozenset[FactKind]] = {
    Family.OPEN_NODES: frozenset(FactKind) - {FactKind.ORDER},
    Family.ROOM: frozenset({FactKind.REQUEST, FactKind.ALLOCATABLE}),
    Family.CONFLICTS: frozenset({FactKind.HOST_PORT, FactKind.DISK}),
    Family.ATTACHING: frozenset({FactKind.ATTACH_LIMIT}),
    Family.STATIC_VOLUMES: frozenset({FactKind.CLAIM, FactKind.VOLUME_PLACE}),
    Family.SHARED_CLAIM: frozenset({FactKind.ACCESS_MODE}),
    Family.SPREAD: frozenset({FactKind.SPREAD}),
    Family.SEPARATION: frozenset({FactKind.ANTI_AFFINITY}),
    Family.ATTRACTION: frozenset({FactKind.AFFINITY}),
    Family.ORDER: frozenset({FactKind.ORDER}),
}
"""Which facts a rule of the problem may come from."""


class _Table:
    """From rules of a problem back to the facts they were made of."""

    def __init__(self, resources: Sequence[str], drivers: Sequence[str]) -> None:
        self._names = {Family.ROOM: resources, Family.ATTACHING: drivers}

    def suspects(self, rules: Iterable[Rule], facts: Sequence[Fact]) -> Iterator[Fact]:
        rules = list(rules)
        return (fact for fact in facts if any(self._may_come_from(rule, fact) for rule in rules))

    def _may_come_from(self, rule: Rule, fact: Fact) -> bool:
        if fact.kind not in _KINDS[rule.family]:
            return False
        names = self._names.get(rule.family)
        return names is None or fact.name == names[rule.index]


def merged(facts: Sequence[Fact]) -> dict[Fact, frozenset[Fact]]:
    """Facts as they are told, each with those it stands for: what only zones tell apart is one fact."""
    groups: dict[object, list[Fact]] = {}
    for fact in facts:
        zonal = fact.kind in (FactKind.ALLOCATABLE, FactKind.ATTACH_LIMIT)
        groups.setdefault((fact.kind, fact.name) if zonal else fact, []).append(fact)
    told = [(_one(parts), frozenset(parts)) for parts in groups.values()]
    return dict(sorted(told, key=lambda item: (ORDER[item[0].kind], item[0].id)))


def _one(parts: Sequence[Fact]) -> Fact:
    first = parts[0]
    if len(parts) == 1:
        return first
    return replace(
        first,
        objects=tuple(name for part in parts for name in part.objects),
        nodes=frozenset(name for part in parts for name in part.nodes),
        place=", ".join(part.place for part in parts),
    )
