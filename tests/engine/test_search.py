"""One run of CP-SAT, and the time it may take."""

from __future__ import annotations

import os
import random
import signal
from threading import Event

import pytest
from ortools.sat.python import cp_model

from solver.engine.budget import Budget
from solver.engine.build import build
from solver.engine.search import run, search
from solver.errors import InternalError
from solver.model.outcome import StoppedBy
from tests.builders import node, pod, snapshot
from tests.constraints.judge import compiled


def limits(deterministic=10.0, stop=None):
    return Budget(60, stop=stop).limits(deterministic, seed=0)


def small_model():
    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 9, "x"), model.new_int_var(0, 9, "y")
    model.add(x + y <= 12)
    model.maximize(2 * x + y)
    return model, x, y


def market_split():
    """A few equations over many literals: hopeless within any limit used here."""
    model, rng = cp_model.CpModel(), random.Random(0)
    shares = [model.new_bool_var("") for _ in range(50)]
    for _ in range(6):
        weights = [rng.randrange(100) for _ in shares]
        model.add(cp_model.LinearExpr.weighted_sum(shares, weights) == sum(weights) // 2)
    return model


def test_optimum_is_found_and_proved():
    model, x, y = small_model()
    answer = run(model, limits())
    assert answer.proved
    assert (answer.value(x), answer.value(y)) == (9, 3)
    assert answer.objective == answer.bound == 21
    assert answer.values == [9, 3]


def test_infeasible_is_proved_and_has_no_values():
    model, x, _ = small_model()
    model.add(x >= 13)
    answer = run(model, limits())
    assert answer.proved
    assert answer.value is None


def test_hint_can_be_followed_to_the_letter():
    model, x, y = small_model()
    model.add_hint(x, 2)
    answer = run(model, limits(), follow_hint=True)
    assert (answer.value(x), answer.value(y), answer.objective) == (2, 9, 13)


def test_work_limit_leaves_the_question_open():
    answer = run(market_split(), limits(deterministic=0.0))
    assert not answer.proved
    assert answer.value is None
    assert not answer.hit_wall


def test_wish_to_stop_ends_a_search():
    stop = Event()
    stop.set()
    answer = run(market_split(), limits(deterministic=1e9, stop=stop))
    assert not answer.proved


def test_invalid_model_is_our_own_fault():
    model = cp_model.CpModel()
    x = model.new_int_var(0, 2**62, "x")
    model.add(4 * x + 4 * x <= 2**62)
    with pytest.raises(InternalError, match="not valid"):
        run(model, limits())


def test_counts_are_read_back_by_class_and_node():
    problem = compiled(snapshot(node(name="a1", pods="1"), node(name="b1"), *(pod(name=n) for n in "pqr")))
    built = build(problem, complete=True)
    found = search(built.model, built.variables, problem, limits())
    assert found.proved
    assert found.counts.sum() == 3
    assert (found.counts <= problem.limit).all()


def test_budget_remembers_the_strongest_reason():
    budget = Budget(60)
    assert budget.stopped_by is StoppedBy.COMPLETE
    budget.note(hit_wall=False)
    assert budget.stopped_by is StoppedBy.DETERMINISTIC
    budget.within(10).note(hit_wall=True)
    assert budget.stopped_by is StoppedBy.WALL
    budget.note(hit_wall=False)
    assert budget.stopped_by is StoppedBy.WALL


def test_part_of_a_budget_never_outlasts_it():
    budget = Budget(1)
    assert budget.within(100).left_s <= 1
    assert budget.within(0).spent
    assert Budget(-1).left_s == 0


def test_spent_budget_says_so():
    assert not Budget(60).spent
    empty = Budget(0)
    assert empty.spent
    assert empty.stopped_by is StoppedBy.WALL
    stop = Event()
    stop.set()
    stopped = Budget(60, stop=stop)
    assert stopped.spent
    assert stopped.stopped_by is StoppedBy.INTERRUPT


def test_a_search_leaves_interrupts_to_whoever_hears_them():
    """CP-SAT would otherwise end with the default action in place: the next Ctrl-C kills the process."""
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number))
    try:
        run(small_model()[0], limits())
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
