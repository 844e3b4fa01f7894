"""Every placed pod has exactly one node."""

from __future__ import annotations

from solver.engine.build import build
from tests.builders import node, pod, snapshot
from tests.constraints.judge import allows, compiled, solve


def two_alike():
    return snapshot(node(name="a1"), node(name="b1"), pod(name="p"), pod(name="q"))


def test_pods_may_go_anywhere_or_stay_out():
    for seats in ({}, {"p": "a1"}, {"p": "a1", "q": "a1"}, {"p": "a1", "q": "b1"}):
        assert allows(two_alike(), seats)


def test_no_more_pods_are_on_nodes_than_are_placed():
    problem = compiled(two_alike())
    for placed, possible in ((1, True), (2, False)):
        built = build(problem)
        built.model.add(built.variables.placed(0) == placed)
        built.model.add(built.variables.nodes(0)[0] == 1)
        built.model.add(built.variables.nodes(0)[1] == 0)
        assert solve(built) is possible


def test_complete_model_leaves_nobody_out():
    problem = compiled(two_alike())
    for pods_on, possible in (((1, 1), True), ((2, 0), True), ((1, 0), False)):
        built = build(problem, complete=True)
        for number, pods in enumerate(pods_on):
            built.model.add(built.variables.nodes(0)[number] == pods)
        assert solve(built) is possible
