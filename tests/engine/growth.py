"""Placements grown pod by pod, and what a state answers."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import strategies as st

from solver.compile import compile_problem
from solver.compile.problem import IntArray, Problem
from solver.engine.state import State
from solver.model.config import SolveConfig
from tests.strategies import World, question_of
from tests.wild import wild_worlds

CONFIG = SolveConfig(workers=1)
SEEDS = st.integers(0, 10**9)
LARGE = wild_worlds(max_pods=10, max_nodes=6)


def problem_of(world: World) -> Problem:
    here = world.read()
    return compile_problem(here, question_of(here), CONFIG)


def grown(problem: Problem, random: Random) -> tuple[State, list[tuple[int, int]]]:
    """Some of the pods, wherever the state lets them, and (class, node) in the order they came."""
    state, order = State(problem), []
    while (choices := open_places(problem, state)) and random.random() < 0.9:
        order.append(random.choice(choices))
        state.put(*order[-1])
    return state, order


def open_places(problem: Problem, state: State) -> list[tuple[int, int]]:
    """(class, node) that one more pod may go to."""
    everywhere = np.arange(len(problem.nodes))
    return [
        (index, int(node))
        for index, pod_class in enumerate(problem.classes)
        if state.placed[index] < pod_class.count
        for node in np.flatnonzero(state.open_to(index, everywhere))
    ]


def state_with(problem: Problem, *seats: tuple[str, str]) -> State:
    """One pod of the class of each named pod on the named node, in this order, as the rules let them."""
    state = State(problem)
    for pod_name, node_name in seats:
        index = next(i for i, c in enumerate(problem.classes) if pod_name in {p.name for p in c.members})
        number = [str(name) for name in problem.nodes].index(node_name)
        assert state.open_to(index, np.array([number])).all()
        state.put(index, number)
    return state


def answers(problem: Problem, state: State, *, volumes: bool = True) -> list[list[int]]:
    """All that the state says of itself, and where it lets each class go; without ``volumes`` nothing that
    depends on which of several volumes a claim has."""
    everywhere = np.arange(len(problem.nodes))
    arrays: list[IntArray] = [
        state.counts,
        state.free,
        state.placed,
        *state.spread.counts,
        *state.attached.left,
        np.array(state.volumes.left).sum(keepdims=True),
    ]
    for index in range(len(problem.classes)):
        if volumes:
            arrays += [state.volumes_left(index, everywhere), state.open_to(index, everywhere)]
        arrays += [state.spread.allows(index, everywhere), state.lacks_only_room(index, everywhere)]
    return [array.tolist() for array in arrays]


def volumes_overlap(problem: Problem) -> bool:
    """Are there nodes where a claim may have a choice?"""
    reaches = [group.reach for group in problem.volume_groups]
    return bool((np.sum(reaches, axis=0) > 1).any())


def some_nodes(problem: Problem, random: Random) -> IntArray:
    """At least one."""
    size = random.randint(1, len(problem.nodes))
    return np.array(sorted(random.sample(range(len(problem.nodes)), size)), dtype=np.int64)
