"""The rows of a posted model, and which pod variables may stand for each other."""

from __future__ import annotations

from solver.engine.build import build
from solver.engine.rows import sort_rows
from tests.builders import HOSTNAME, affinity_term, f_nodes, node, pod, required_terms, snapshot, spread
from tests.constraints.judge import compiled

WEB = {"app": "web"}


def sorted_rows(*objects):
    problem = compiled(snapshot(*objects))
    built = build(problem, complete=True)
    return problem, built, sort_rows(problem, built)


def test_capacity_is_local_and_spread_is_not():
    pods = [
        pod(name=f"p{i}", labels=WEB, requests={"cpu": "3"}, spread=[spread(labels=WEB)]) for i in range(3)
    ]
    problem, _, rows = sorted_rows(*f_nodes(), *pods, pod(name="q", requests={"cpu": "2"}))
    a1 = problem.nodes.index("a1")
    (capacity,) = rows.local[a1]
    assert capacity.most == problem.free[a1, problem.resources.index("cpu")]
    assert {rows.place[index] for index, _ in capacity.terms} == {(0, a1), (1, a1)}
    coupled = {index for row in rows.coupling for index, _ in row.terms}
    assert coupled >= {index for index, (pod_class, _) in rows.place.items() if pod_class == 0}


def test_every_pod_variable_has_a_place_and_a_group():
    pods = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(4)]
    problem, built, rows = sorted_rows(*f_nodes(), *pods)
    variables = {v.index for c in range(len(problem.classes)) for v in built.variables.nodes(c).values()}
    assert rows.place.keys() == rows.group_of.keys() == variables
    assert sum(len(group.members) for group in rows.groups) == len(variables)


def test_nodes_of_one_zone_stand_for_each_other_and_those_of_two_do_not():
    pods = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(5)]
    problem, _, rows = sorted_rows(*f_nodes(), *pods)
    groups = [{str(problem.nodes[n]) for _, n in group.members} for group in rows.groups]
    assert sorted(map(sorted, groups)) == [["a1", "a2"], ["b1", "b2"], ["c1"]]
    assert all(group.most == 5 for group in rows.groups)


def test_variable_of_a_conditional_rule_stands_for_itself_alone():
    """q's zone closes to p once q is there: a condition on presence, not a plain row."""
    apart = required_terms(affinity_term(labels=WEB))
    objects = [*f_nodes(), *(pod(name=f"p{i}", labels=WEB) for i in range(2))]
    _, _, rows = sorted_rows(*objects, pod(name="q", pod_anti_affinity=apart))
    assert rows.coupling
    joined = required_terms(affinity_term(labels=WEB, key=HOSTNAME))
    _, _, rows = sorted_rows(
        node(name="x"), node(name="y"), *(objects[5:]), pod(name="r", pod_affinity=joined)
    )
    assert {len(group.members) for group in rows.groups} == {1}
