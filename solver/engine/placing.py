"""The first objective: as many pods placed as possible, the most important priority first.

In this order, stopping as soon as nothing is left to gain: construction, a bound on what can be gained at
all, construction with small pods first where not all can be placed, repair around the pods left over, a short
search of the whole model, node patterns for a complete placement of few nodes, more repair, the whole model
again for the best part and its bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from solver.compile.problem import IntArray, Problem
from solver.engine import guided
from solver.engine.bound import Bound, most_placed, openable
from solver.engine.budget import Budget
from solver.engine.build import Built, build
from solver.engine.construct import construct, worth
from solver.engine.repair import PATIENT, QUICK, Repair
from solver.engine.search import Found, search
from solver.engine.state import State
from solver.model.config import SolveConfig
from solver.model.progress import Phase, Progress
from solver.objectives import unplaced
from solver.variables import total

MOST_PLACES = 60_000
"""Pairs of class and open node beyond which a whole model is not built: building it takes 20 µs a pair."""
MOST_GUIDED = 100
"""Nodes beyond which patterns are too many to guide the search of the whole."""

_NEARLY_ALL = 0.98
"""Of all pods: what is left over is more likely misplaced than too many."""
_FIRST_REPAIR = 1.0
_SHORT = 0.5
_LONG = 30.0
"""Deterministic work: for repair before the bound, and before the model of the whole where that is small; for
the first look at the whole, and for the last."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """``counts`` [C, N]; ``bound`` pods at most; ``proved``: nothing better exists, priorities considered."""

    counts: IntArray
    bound: int
    proved: bool
    variables: int = 0
    too_large: bool = False
    """The model of the whole was not built."""
    shortage: Bound | None = None
    """Proved, whatever else moves."""


def most_pods(problem: Problem, budget: Budget, config: SolveConfig, late_s: float = 0.0) -> Placed:
    """``late_s`` wall seconds more than the budget may go into what is worth little when left half done."""
    late = budget.overtime(late_s)
    state, bound = construct(problem, late), openable(problem)
    if bound.is_met(worth(problem, state.placed)):
        return _as_many_as_can_be(state)
    _tell(budget, int(state.placed.sum()), bound)
    if not _is_small(problem) and _is_nearly_all(problem, state):
        first = Repair(problem, state, config.seed)  # quicker than the bound, mostly enough
        first.run(QUICK[:1], late, work=_FIRST_REPAIR)
    if not bound.is_met(worth(problem, state.placed)) and not is_tightened(problem):
        bound = most_placed(problem, budget) or bound
        if bound.pods < bound.wanted and not _is_nearly_all(problem, state) and not budget.spent:
            other = construct(problem, budget, small_first=True)  # large ones first leave out too many
            state = max(state, other, key=lambda each: worth(problem, each.placed))
        _tell(budget, int(state.placed.sum()), bound)
    if bound.is_met(worth(problem, state.placed)):
        placed = _as_many_as_can_be(state)
    else:
        placed = _searched(problem, budget, config, state, bound)
    return replace(placed, shortage=bound) if bound.pods < bound.wanted else placed


def _is_nearly_all(problem: Problem, state: State) -> bool:
    return bool(state.placed.sum() > _NEARLY_ALL * problem.pods_asked)


def _tell(budget: Budget, placed: int, bound: Bound) -> None:
    budget.watch(Progress(phase=Phase.SEARCH, placed=placed, at_best=bound.pods))


def _as_many_as_can_be(state: State) -> Placed:
    return Placed(counts=state.counts, bound=int(state.placed.sum()), proved=True)


def _searched(problem: Problem, budget: Budget, config: SolveConfig, state: State, bound: Bound) -> Placed:
    """The best placement found from ``state`` on."""
    repair = Repair(problem, state, config.seed)
    repair.run((*QUICK, *PATIENT), budget, work=_FIRST_REPAIR if _is_small(problem) else math.inf)
    if bound.is_met(worth(problem, state.placed)):
        return _as_many_as_can_be(state)
    if problem.places > MOST_PLACES:
        return Placed(counts=state.counts, bound=bound.pods, proved=False, too_large=True)
    return _Searching(problem, budget, config, repair, bound).run()


def _is_small(problem: Problem) -> bool:
    return len(problem.nodes) <= MOST_GUIDED


class _Searching:
    def __init__(
        self,
        problem: Problem,
        budget: Budget,
        config: SolveConfig,
        repair: Repair,
        bound: Bound,
    ) -> None:
        self._problem = problem
        self._budget = budget
        self._config = config
        self._repair = repair
        self._counts = repair.counts.copy()
        self._bound = bound
        self._weights = unplaced.level_weights(problem)
        self._built = self._rewarded(relaxed=False)

    def run(self) -> Placed:
        first = self._improve(_SHORT)
        if first.proved:
            return self._answer(proved=True)
        if _is_small(self._problem) and self._place_rest():
            return self._answer(proved=True)
        last = self._improve(_LONG)
        return self._answer(proved=last.proved, bound=last.bound if last.counts is not None else None)

    def _place_rest(self) -> bool:
        """Guided by patterns, if there is a chance for all; then by patience."""
        if self._bound.pods == self._problem.pods_asked:
            counts = guided.place_all(
                self._problem,
                build(self._problem, complete=True),
                self._budget.within(0.45 * self._budget.left_s),
                workers=self._config.workers,
                seed=self._config.seed,
            )
            if counts is not None:
                self._counts = counts
                return True
        self._repair.run(PATIENT, self._budget.within(0.6 * self._budget.left_s))
        self._counts = max(self._counts, self._repair.counts, key=self._value)
        return self._bound.is_met(self._value(self._counts))

    def _rewarded(self, *, relaxed: bool) -> Built:
        built = build(self._problem, relaxed=relaxed)
        built.model.maximize(total(unplaced.reward(self._problem, built.variables)))
        return built

    def _improve(self, deterministic: float) -> Found:
        """Search the whole model from the best counts so far."""
        self._built.variables.hint(self._counts)
        found = self._search(self._built, deterministic)
        if found.counts is not None and self._value(found.counts) >= self._value(self._counts):
            self._counts = found.counts
            _tell(self._budget, int(self._counts.sum()), self._bound)
        return found

    def _search(self, built: Built, deterministic: float) -> Found:
        limits = self._budget.limits(deterministic, self._config.seed)
        found = search(built.model, built.variables, self._problem, limits)
        if not found.proved:
            self._budget.note(hit_wall=found.hit_wall)
        return found

    def _value(self, counts: IntArray) -> tuple[int, ...]:
        return worth(self._problem, counts.sum(axis=1))

    def _answer(self, *, proved: bool, bound: int | None = None) -> Placed:
        placed = int(self._counts.sum())
        complete = placed == self._problem.pods_asked
        proved = complete or (proved and self._weights is not None and self._holds_relaxed())
        if proved:
            bound = placed
        elif bound is None or self._weights is None or len(self._weights) > 1:
            bound = self._bound.pods
        return Placed(
            counts=self._counts,
            bound=min(max(bound, placed), self._bound.pods),
            proved=proved,
            variables=len(self._built.model.proto.variables),
        )

    def _holds_relaxed(self) -> bool:
        """Where the model is stricter than the rules, a shortage counts as proved only if the relaxed model
        has it too."""
        if not self._problem.approximations:
            return True
        found = self._search(self._rewarded(relaxed=True), _LONG)
        return (
            found.proved
            and not is_tightened(self._problem)
            and (found.counts is not None and self._value(found.counts) == self._value(self._counts))
        )


def is_tightened(problem: Problem) -> bool:
    """Approximations that have no relaxed form: the model is tighter in both."""
    return any(not note.startswith(_RELAXABLE) for note in problem.approximations)


_RELAXABLE = ("a spread constraint counts", "affinity between workloads")
