"""Ask the posted rules about pods on nodes: compile a small world, build the model, fix every variable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from ortools.sat.python import cp_model

from solver.compile import Problem, compile_problem
from solver.compile.problem import IntArray
from solver.engine.build import Built, build
from solver.model.config import SolveConfig
from solver.model.names import NodeName
from solver.model.pod import Pod, Toleration
from solver.model.snapshot import Snapshot
from solver.objectives import Objective
from solver.variables import total
from tests.strategies import question_of
from tests.verify.judge import key_of

STRICT, LENIENT = SolveConfig(workers=1), SolveConfig(workers=1, strict_rwo=False)


def compiled(world: Snapshot, config: SolveConfig = STRICT) -> Problem:
    """The problem of placing every pending pod."""
    return compile_problem(world, question_of(world), config)


def allows(
    world: Snapshot,
    seats: Mapping[str, str],
    *,
    config: SolveConfig = STRICT,
    relaxed: bool = False,
) -> bool:
    """Do the rules allow exactly these pods on these nodes, all others unplaced?"""
    problem = compiled(with_bystanders(world), config)
    built = build(problem, relaxed=relaxed)
    return fix(problem, built, seats) and solve(built)


def price(objective: Objective, world: Snapshot, seats: Mapping[str, str]) -> int:
    """What an objective costs with exactly these pods on these nodes, which the rules must allow: by its
    model, and by its value, which must agree."""
    problem = compiled(with_bystanders(world))
    built = build(problem)
    assert fix(problem, built, seats)
    cost = total(objective.cost(problem, built.variables))
    built.model.minimize(cost)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(built.model) == cp_model.OPTIMAL
    found = round(solver.objective_value)
    assert objective.value(problem, counts_of(problem, seats)) == found
    return found


def with_bystanders(world: Snapshot) -> Snapshot:
    """Bystanders that may go anywhere join the world, so that no node is left out as surplus."""
    tolerations = (Toleration(operator="Exists"),)
    bystanders = (
        Pod(key=key_of(f"by/{n.name}"), namespace="by", name=n.name, tolerations=tolerations)
        for n in world.nodes
    )
    return replace(world, pods=(*world.pods, *bystanders))


def solve(built: Built) -> bool:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(built.model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
    return status != cp_model.INFEASIBLE


def fix(problem: Problem, built: Built, seats: Mapping[str, str]) -> bool:
    """Fix the variables; False when a pod is on a node that is closed to it from the start."""
    wanted = {key_of(pod): node for pod, node in seats.items()}
    asked = {pod.key for pod_class in problem.classes for pod in pod_class.members}
    assert wanted.keys() <= asked, "no such pod"
    for index, pod_class in enumerate(problem.classes):
        counts = Counter(wanted[pod.key] for pod in pod_class.members if pod.key in wanted)
        open_nodes = {problem.nodes[n]: variable for n, variable in built.variables.nodes(index).items()}
        if not counts.keys() <= open_nodes.keys():
            return False
        for node, variable in open_nodes.items():
            built.model.add(variable == counts[node])
    return True


def counts_of(problem: Problem, seats: Mapping[str, str]) -> IntArray:
    """[C, N]"""
    wanted = {key_of(pod): problem.nodes.index(NodeName(node)) for pod, node in seats.items()}
    counts = np.zeros_like(problem.limit)
    for index, pod_class in enumerate(problem.classes):
        for pod in pod_class.members:
            if pod.key in wanted:
                counts[index, wanted[pod.key]] += 1
    return counts
