"""Why not: whether all pods can be placed at all, which rules a proof of no rests on, and cores made small.

Solves of its own: no objective, one worker, and for the first core no presolve, each rule behind a guard
literal that our own table leads back. What a fact is, and what leaving one out means, is the asker's
business (``solver.planning.why``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TypeVar

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.problem import IntArray, Problem
from solver.constraints import CONSTRAINTS, one_node_per_pod
from solver.engine.bound import most_placed
from solver.engine.budget import Budget
from solver.engine.build import build
from solver.engine.components import components, restrict
from solver.engine.construct import construct
from solver.engine.placing import MOST_PLACES, is_tightened
from solver.engine.repair import QUICK, Repair
from solver.engine.search import search
from solver.objectives import unplaced
from solver.variables import Variables

_WORK = 4.0
"""Deterministic work for one decision about one component."""
_GUARD_WORK = 1.0
_GUARD_SHARE = 0.1
"""Deterministic work for a first core, and its share of the time left. Without one all facts are suspects."""
_MOST_GUARDED = 20_000
"""Pairs of class and node beyond which no model with guards is built: all of them are open there."""

F = TypeVar("F", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """``counts`` [C, N] holds every pod where ``possible``; None: not known within the limits."""

    possible: bool | None
    counts: IntArray | None = None


_UNKNOWN = Decision(possible=None)
_NO = Decision(possible=False)


def decide(problem: Problem, budget: Budget, seed: int = 0) -> Decision:
    """Can all pods be placed? A yes is not replayed yet; a no is proved."""
    if _is_short(problem):
        return _NO
    counts = np.zeros_like(problem.limit)
    for part in components(problem):
        decided = _decide_part(restrict(problem, part), budget, seed)
        if decided.counts is None:
            return decided
        counts[list(part)] = decided.counts
    return Decision(possible=True, counts=counts)


def _is_short(problem: Problem) -> bool:
    """Some class has fewer places, all nodes together, than pods."""
    counts = np.array([c.count for c in problem.classes], dtype=np.int64)
    return bool((problem.limit.sum(axis=1, dtype=np.int64) < counts).any())


def _decide_part(problem: Problem, budget: Budget, seed: int) -> Decision:
    state = construct(problem, budget)
    if _is_complete(problem, state.counts):
        return Decision(possible=True, counts=state.counts)
    if not is_tightened(problem):
        bound = most_placed(problem, budget)
        if bound is not None and bound.pods < problem.pods_asked:
            return _NO
    if problem.places > MOST_PLACES:
        repair = Repair(problem, state, seed)
        repair.run(QUICK, budget)
        complete = _is_complete(problem, repair.counts)
        return Decision(possible=True, counts=repair.counts) if complete else _UNKNOWN
    return _search(problem, budget, seed)


def _is_complete(problem: Problem, counts: IntArray) -> bool:
    return int(counts.sum()) == problem.pods_asked


def _search(problem: Problem, budget: Budget, seed: int) -> Decision:
    if budget.spent:
        return _UNKNOWN
    limits = budget.limits(_WORK, seed)
    built = build(problem, complete=True)
    found = search(built.model, built.variables, problem, limits)
    if found.counts is not None:
        return Decision(possible=True, counts=found.counts)
    if not found.proved:
        budget.note(hit_wall=found.hit_wall)
        return _UNKNOWN
    if not problem.approximations:
        return _NO
    if is_tightened(problem) or budget.spent:
        return _UNKNOWN
    relaxed = build(problem, relaxed=True, complete=True)
    found = search(relaxed.model, relaxed.variables, problem, budget.limits(_WORK, seed))
    return _NO if found.proved and found.counts is None else _UNKNOWN


# the first core


class Family(StrEnum):
    """Kinds of rules of a problem that are guarded apart."""

    OPEN_NODES = "open nodes"
    """Of one class: nodes that the pod, its claims, the node or pods there close, or limit."""
    ROOM = "room"
    """Of one resource on all nodes."""
    CONFLICTS = "conflicts"
    ATTACHING = "attaching"
    """Of one driver on all nodes."""
    STATIC_VOLUMES = "static volumes"
    SHARED_CLAIM = "shared claim"
    SPREAD = "spread"
    SEPARATION = "separation"
    ATTRACTION = "attraction"
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Rule:
    """One rule of a problem: a family and an index into the problem's own table of it."""

    family: Family
    index: int = 0


def first_core(problem: Problem, budget: Budget, seed: int = 0) -> frozenset[Rule] | None:
    """Rules that together leave no complete placement; not minimal. None where that is not seen in time."""
    if len(problem.classes) * len(problem.nodes) > _MOST_GUARDED or budget.spent:
        return None
    opened = _opened(problem)
    model = cp_model.CpModel()
    variables = Variables(model, opened)
    guarded = _Guarded(model, variables)
    for rule, alone in _apart(opened):
        guarded.post(rule, partial(_post, alone, variables))
    for index in range(len(problem.classes)):
        guarded.post(Rule(family=Family.OPEN_NODES, index=index), partial(_close, problem, variables, index))
    one_node_per_pod.post(opened, variables, relaxed=True)
    unplaced.forbid(opened, variables)
    return guarded.solve(budget, seed)


def _opened(problem: Problem) -> Problem:
    """Every node open for all pods of every class; ``_close`` takes that back, behind a guard."""
    counts = np.array([c.count for c in problem.classes], dtype=problem.limit.dtype)
    return replace(problem, limit=np.repeat(counts[:, None], len(problem.nodes), axis=1))


def _close(problem: Problem, variables: Variables, index: int) -> None:
    for node, variable in variables.nodes(index).items():
        most = int(problem.limit[index, node])
        if most < problem.classes[index].count:
            variables.model.add(variable <= most)


def _emptied(problem: Problem) -> Problem:
    return replace(
        problem,
        resources=(),
        request=problem.request[:, :0],
        free=problem.free[:, :0],
        conflicts=(),
        volume_limits=(),
        shared_volumes=(),
        claim_kinds=(),
        volume_groups=(),
        shared_claims=(),
        spreads=(),
        separations=(),
        attractions=(),
        chains=(),
    )


def _apart(problem: Problem) -> Iterator[tuple[Rule, Problem]]:
    """Each rule, and a problem that has no other."""
    bare = _emptied(problem)
    for i, name in enumerate(problem.resources):
        columns = slice(i, i + 1)
        yield (
            Rule(family=Family.ROOM, index=i),
            replace(
                bare, resources=(name,), request=problem.request[:, columns], free=problem.free[:, columns]
            ),
        )
    for i, limit in enumerate(problem.volume_limits):
        shared = tuple(replace(v, limit=0) for v in problem.shared_volumes if v.limit == i)
        yield (
            Rule(family=Family.ATTACHING, index=i),
            replace(bare, volume_limits=(limit,), shared_volumes=shared),
        )
    for i, claim in enumerate(problem.shared_claims):
        alone = replace(claim, claim_kind=None)
        yield Rule(family=Family.SHARED_CLAIM, index=i), replace(bare, shared_claims=(alone,))
    for i, spread in enumerate(problem.spreads):
        yield Rule(family=Family.SPREAD, index=i), replace(bare, spreads=(spread,))
    for i, separation in enumerate(problem.separations):
        yield Rule(family=Family.SEPARATION, index=i), replace(bare, separations=(separation,))
    for i, attraction in enumerate(problem.attractions):
        yield Rule(family=Family.ATTRACTION, index=i), replace(bare, attractions=(attraction,))
    yield Rule(family=Family.CONFLICTS), replace(bare, conflicts=problem.conflicts)
    yield Rule(family=Family.ORDER), replace(bare, chains=problem.chains)
    volumes = replace(
        bare,
        claim_kinds=problem.claim_kinds,
        volume_groups=problem.volume_groups,
        shared_claims=tuple(replace(c, one_node=False, one_pod=False) for c in problem.shared_claims),
    )
    yield Rule(family=Family.STATIC_VOLUMES), volumes


def _post(problem: Problem, variables: Variables) -> None:
    for constraint in CONSTRAINTS:
        if constraint is not one_node_per_pod:
            constraint.post(problem, variables, relaxed=True)


class _Guarded:
    """Rules posted behind a literal each, and the table that leads a literal back to its rule."""

    def __init__(self, model: cp_model.CpModel, variables: Variables) -> None:
        self._model = model
        self._variables = variables
        self._rule_of: dict[int, Rule] = {}

    def post(self, rule: Rule, post: Callable[[], None]) -> None:
        before = len(self._model.proto.constraints)
        post()
        guard = self._model.new_bool_var(f"{rule.family}_{rule.index}")
        self._rule_of[guard.index] = rule
        for number in range(before, len(self._model.proto.constraints)):
            if number not in self._variables.definitions:
                self._model.proto.constraints[number].enforcement_literal.append(guard.index)

    def solve(self, budget: Budget, seed: int) -> frozenset[Rule] | None:
        self._model.add_assumptions([self._model.get_bool_var_from_proto_index(i) for i in self._rule_of])
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.cp_model_presolve = False
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = _GUARD_WORK
        solver.parameters.max_time_in_seconds = max(_GUARD_SHARE * budget.left_s, 0.01)
        solver.parameters.catch_sigint_signal = False
        if solver.solve(self._model) != cp_model.INFEASIBLE:
            return None
        literals = solver.sufficient_assumptions_for_infeasibility()
        return frozenset(self._rule_of[literal] for literal in literals)


# small cores


def shrink(facts: Sequence[F], fails: Callable[[frozenset[F]], bool], budget: Budget) -> tuple[F, ...]:
    """Leave out what need not be there, large pieces first, the earlier facts first.

    Args:
        facts: in the order to leave them out.
        fails: no placement exists while only these facts hold; False also where that is not known.

    What is left fails; where there was time and every answer was known, no smaller part of it does. Empty
    when not even all facts together are known to fail.
    """
    kept = list(facts)
    if not fails(frozenset(kept)):
        return ()
    size = len(kept)
    while size > 1:
        size = -(-size // 2)
        position = 0
        while position < len(kept) and not budget.spent:
            rest = kept[:position] + kept[position + size :]
            if rest and fails(frozenset(rest)):
                kept = rest
            else:
                position += size
    return tuple(kept)
