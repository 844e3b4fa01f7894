"""The model one would write first: a boolean for every pod and node it may use, and the rules over them.

Same integers and rules as the planner's own: capacity, node eligibility, spread, anti-affinity, volume
access, static volumes, attach limits. Affinity to other pods, shared claims and orders of creation are left
out; where an instance has them, the check says what the answer breaks. No classes, no construction, no
hints: what remains is left to CP-SAT.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from benchmarks.peers.answer import Answer, judged
from solver.compile import Problem, compile_problem
from solver.compile.problem import UNLIMITED, ClaimKind, IntArray, SeparationRule, SpreadRule
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.placement import Assignment
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot

_Booleans = list[cp_model.IntVar]


def answer(snapshot: Snapshot, question: Question, limit_s: float) -> Answer:
    started = time.monotonic()
    model = Naive(compile_problem(snapshot, question, SolveConfig()))
    left_s = max(1.0, limit_s - (time.monotonic() - started))
    found = model.solve(left_s, workers=SolveConfig().workers)
    note = judged(snapshot, question, found.assignments)
    if not note and not found.proved:
        note = f"not proved after {limit_s:g} s"
    seconds = found.last_s - started if found.assignments else time.monotonic() - started
    return Answer(placed=len(found.assignments), seconds=seconds, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    assignments: list[Assignment]
    proved: bool
    last_s: float
    """When the last improvement came, by the monotonic clock."""


class _Watch(cp_model.CpSolverSolutionCallback):
    """Remembers when the last answer came, and ends the search once ``enough`` pods are placed."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.last_s = 0.0
        self._enough = enough

    def on_solution_callback(self) -> None:
        self.last_s = time.monotonic()
        if round(self.objective_value) >= self._enough:
            self.stop_search()


@dataclass(slots=True)
class _Place:
    """One boolean and what it stands for."""

    pod: Pod
    pod_class: int
    node: int
    chosen: cp_model.IntVar = field(repr=False)


class Naive:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._model = cp_model.CpModel()
        self._places = list(self._make_places())
        self._on: dict[tuple[int, int], _Booleans] = defaultdict(list)
        for place in self._places:
            self._on[place.pod_class, place.node].append(place.chosen)
        self._one_node_per_pod()
        self._capacity()
        for spread in problem.spreads:
            self._spread(spread)
        for separation in problem.separations:
            self._separation(separation)
        for first, second in problem.conflicts:
            for node in range(len(problem.nodes)):
                self._exclude(self._on[first, node], self._on[second, node])
        self._attach_limits()
        self._static_volumes()
        self._model.maximize(cp_model.LinearExpr.sum([place.chosen for place in self._places]))

    def solve(self, limit_s: float, *, workers: int, enough: int | None = None) -> Found:
        """Until proved, until ``limit_s`` wall seconds are over or ``enough`` pods are placed."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.max_time_in_seconds = limit_s
        watch = _Watch(self._problem.pods_asked if enough is None else enough)
        status = solver.solve(self._model, watch)
        known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        chosen = [p for p in self._places if solver.boolean_value(p.chosen)] if known else []
        nodes = self._problem.nodes
        return Found(
            assignments=[Assignment(pod=place.pod.key, node=nodes[place.node]) for place in chosen],
            proved=status == cp_model.OPTIMAL or len(chosen) == self._problem.pods_asked,
            last_s=watch.last_s,
        )

    def _make_places(self) -> Iterable[_Place]:
        for index, pod_class in enumerate(self._problem.classes):
            nodes = np.flatnonzero(self._problem.limit[index]).tolist()
            for pod in pod_class.members:
                for node in nodes:
                    yield _Place(pod, index, node, self._model.new_bool_var(""))

    def _one_node_per_pod(self) -> None:
        by_pod: dict[str, _Booleans] = defaultdict(list)
        for place in self._places:
            by_pod[place.pod.key].append(place.chosen)
        for choices in by_pod.values():
            self._model.add_at_most_one(choices)

    def _capacity(self) -> None:
        for resource in range(len(self._problem.resources)):
            self._at_most(self._problem.request[:, resource], self._problem.free[:, resource])

    def _attach_limits(self) -> None:
        for limit in self._problem.volume_limits:
            self._at_most(limit.added, limit.free)

    def _at_most(self, weights: IntArray, room: IntArray) -> None:
        """``weights`` [C] of the pods on each node within ``room`` [N]."""
        terms: dict[int, _Booleans] = defaultdict(list)
        factors: dict[int, list[int]] = defaultdict(list)
        for place in self._places:
            if weights[place.pod_class]:
                terms[place.node].append(place.chosen)
                factors[place.node].append(int(weights[place.pod_class]))
        for node, several in terms.items():
            if room[node] < UNLIMITED:
                self._model.add(cp_model.LinearExpr.weighted_sum(several, factors[node]) <= int(room[node]))

    def _spread(self, rule: SpreadRule) -> None:
        counts = []
        by_domain = self._by_domain(rule.counted, rule.domain_of)
        for domain, present in enumerate(rule.present.tolist()):
            counts.append(cp_model.LinearExpr.sum(by_domain[domain]) + present)
        if rule.minimum_is_zero:
            for count in counts:
                self._model.add(count <= rule.max_skew)
            return
        least = self._model.new_int_var(0, self._problem.pods_asked + int(rule.present.max(initial=0)), "")
        for count in counts:
            self._model.add(count >= least)
            self._model.add(count <= least + rule.max_skew)

    def _separation(self, rule: SeparationRule) -> None:
        own = self._by_domain((rule.owner,), rule.domain_of)
        others = self._by_domain(rule.others, rule.domain_of)
        for domain, mine in own.items():
            if rule.itself:
                self._model.add_at_most_one(mine)
            self._exclude(mine, others[domain])

    def _by_domain(self, classes: Sequence[int], domain_of: IntArray) -> dict[int, _Booleans]:
        found: dict[int, _Booleans] = defaultdict(list)
        for node in np.flatnonzero(domain_of >= 0).tolist():
            for index in classes:
                found[int(domain_of[node])] += self._on.get((index, node), [])
        return found

    def _exclude(self, first: _Booleans, second: _Booleans) -> None:
        """Pods of one or of the other, not of both."""
        if first and second:
            side = self._model.new_bool_var("")
            for chosen in first:
                self._model.add_implication(chosen, side)
            for chosen in second:
                self._model.add_implication(chosen, ~side)

    def _static_volumes(self) -> None:
        """Every claim that needs an existing volume takes one of a group that reaches its node."""
        taken: dict[int, _Booleans] = defaultdict(list)
        for kind in self._problem.claim_kinds:
            for node in np.flatnonzero(kind.needed).tolist():
                self._supply(kind, node, taken)
        for group, volumes in taken.items():
            self._model.add(cp_model.LinearExpr.sum(volumes) <= self._problem.volume_groups[group].size)

    def _supply(self, kind: ClaimKind, node: int, taken: dict[int, _Booleans]) -> None:
        demand, factors = [], []
        for index in np.flatnonzero(kind.per_pod).tolist():
            for chosen in self._on.get((index, node), []):
                demand.append(chosen)
                factors.append(int(kind.per_pod[index]))
        if not demand:
            return
        supply = []
        for group in kind.groups:
            volumes = self._problem.volume_groups[group]
            if volumes.reach[node]:
                used = self._model.new_int_var(0, volumes.size, "")
                supply.append(used)
                taken[group].append(used)
        self._model.add(cp_model.LinearExpr.weighted_sum(demand, factors) <= cp_model.LinearExpr.sum(supply))
