"""A tight cluster with a hidden complete placement: the search must find one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver.compile import Problem, compile_problem
from solver.engine.budget import Budget
from solver.engine.build import Built, build
from solver.engine.guided import place_all
from solver.engine.relaxation import Relaxation, list_columns
from solver.engine.rows import sort_rows
from solver.model.config import SolveConfig
from solver.model.outcome import Verdict
from solver.pipeline import place
from solver.verify import verify
from tests.constraints.judge import allows
from tests.planted import Planted, planted

CONFIG = SolveConfig(workers=1, time_limit_s=60)


def compiled(world: Planted) -> Problem:
    return compile_problem(world.snapshot, world.question, CONFIG)


def relaxation_of(problem: Problem, built: Built) -> Relaxation:
    random = np.random.default_rng(0)
    rows = sort_rows(problem, built)
    columns = list_columns(problem, rows, random, Budget(60))
    assert columns is not None
    return Relaxation(problem, built, rows, columns)


def without_room(problem: Problem, node: int) -> Problem:
    """The same problem with one node full."""
    free = problem.free.copy()
    free[node] = 0
    limit = problem.limit.copy()
    limit[:, node] = 0
    return replace(problem, free=free, limit=limit)


def test_hidden_placement_obeys_every_rule():
    world = planted(nodes=8, zones=4, workloads=5, slack=0.0, seed=1)
    replicas: dict[str, list[str]] = {}
    for (workload, node), pods in sorted(world.hidden.items()):
        replicas.setdefault(workload, []).extend([node] * pods)
    seats = {f"{name}-{i}": node for name, nodes in replicas.items() for i, node in enumerate(nodes)}
    assert len(seats) == len(world.question.pods)
    assert allows(world.snapshot, seats)


@pytest.mark.parametrize("seed", [0, 1])
def test_relaxation_of_a_feasible_problem_is_feasible(seed):
    problem = compiled(planted(nodes=12, zones=4, workloads=8, slack=0.0, seed=seed))
    relaxation = relaxation_of(problem, build(problem, complete=True))
    costs = np.ones(len(relaxation.columns))
    found = relaxation.cheapest(costs, 10.0)
    assert found is not None
    assert np.bincount(relaxation.node_of, weights=found.used).max() <= 1 + 1e-6
    assert (found.price[found.used > 1e-6] == -1).all()


def test_relaxation_of_an_overfull_cluster_is_infeasible():
    problem = without_room(compiled(planted(nodes=12, zones=4, workloads=8, slack=0.0, seed=0)), 3)
    relaxation = relaxation_of(problem, build(problem, complete=True))
    assert relaxation.cheapest(np.ones(len(relaxation.columns)), 10.0) is None


def test_closed_columns_are_not_used():
    problem = compiled(planted(nodes=12, zones=4, workloads=8, slack=0.3, seed=0))
    relaxation = relaxation_of(problem, build(problem, complete=True))
    costs = np.random.default_rng(1).random(len(relaxation.columns))
    first = relaxation.cheapest(costs, 10.0)
    assert first is not None
    favourite = int(np.argmax(first.used))
    mask = np.ones(len(relaxation.columns), dtype=np.bool_)
    mask[favourite] = False
    relaxation.open(mask)
    second = relaxation.cheapest(costs, 10.0)
    assert second is not None
    assert second.used[favourite] == 0
    assert costs @ second.used >= costs @ first.used - 1e-6


def test_patterns_find_a_complete_placement():
    world = planted(nodes=20, zones=4, workloads=15, slack=0.10, seed=0)
    problem = compiled(world)
    counts = place_all(problem, build(problem, complete=True), Budget(60), workers=1, seed=0)
    assert counts is not None
    assert counts.sum(axis=1).tolist() == [c.count for c in problem.classes]
    assert (counts <= problem.limit).all()
    assert (counts.T @ problem.request <= problem.free).all()


def test_patterns_find_nothing_where_there_is_nothing():
    problem = without_room(compiled(planted(nodes=12, zones=4, workloads=8, slack=0.0, seed=0)), 0)
    assert place_all(problem, build(problem, complete=True), Budget(60), workers=2, seed=0) is None


@pytest.mark.parametrize("seed", [0, 2])
def test_twenty_nodes_with_ten_percent_slack_are_placed_completely(seed):
    world = planted(nodes=20, zones=4, workloads=15, slack=0.10, seed=seed)
    outcome = place(world.snapshot, world.question, CONFIG)
    assert outcome.verdict is Verdict.FITS
    assert len(outcome.placement.assignments) == len(world.question.pods)
    assert verify(world.snapshot, world.question, outcome.placement, CONFIG) == ()


def test_answer_does_not_depend_on_the_number_of_workers_or_on_the_run():
    world = planted(nodes=20, zones=4, workloads=15, slack=0.10, seed=0)
    one = place(world.snapshot, world.question, CONFIG)
    assert place(world.snapshot, world.question, CONFIG) == one
    two = place(world.snapshot, world.question, replace(CONFIG, workers=2))
    assert (two.verdict, two.proof, two.placement) == (one.verdict, one.proof, one.placement)
