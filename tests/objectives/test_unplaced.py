"""Priorities as weights: each level outweighs everything below it."""

from __future__ import annotations

from solver.engine.build import build
from solver.objectives import unplaced
from tests.builders import node, pod, snapshot
from tests.constraints.judge import compiled, solve


def of_priorities(*priorities):
    pods = [pod(name=f"p{i}", priority=p) for i, p in enumerate(priorities)]
    return compiled(snapshot(node(name="a1"), *pods))


def test_one_level_counts_pods():
    assert unplaced.level_weights(of_priorities(0, 0, 0)) == {0: 1}


def test_one_pod_outweighs_all_of_lower_priority():
    weights = unplaced.level_weights(of_priorities(0, 0, 0, 10, 10, 1000))
    assert weights == {0: 1, 10: 4, 1000: 12}
    assert weights[1000] > 2 * weights[10] + 3 * weights[0]


def test_too_many_levels_have_no_common_weight():
    assert unplaced.level_weights(of_priorities(*range(41))) is None
    assert len(unplaced.level_weights(of_priorities(*range(40)))) == 40


def test_reward_is_largest_when_everyone_is_placed():
    problem = of_priorities(0, 0, 10)
    built = build(problem)
    reward = unplaced.reward(problem, built.variables)
    assert sorted(weight for weight, _ in reward) == [1, 3]
    unplaced.forbid(problem, built.variables)
    assert solve(built)


def test_forbidding_unplaced_pods_is_infeasible_where_one_has_no_room():
    problem = compiled(snapshot(node(name="a1", pods="1"), pod(name="p"), pod(name="q")))
    built = build(problem)
    unplaced.forbid(problem, built.variables)
    assert not solve(built)
