"""Independent parts: solved apart they give what they give together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from ortools.sat.python import cp_model

from solver.engine.build import build
from solver.engine.components import components, restrict
from solver.variables import total
from tests.builders import (
    ZONE,
    affinity_term,
    claim,
    container,
    csi_node,
    f_nodes,
    in_zones,
    pod,
    pod_spec,
    preferred_terms,
    required_terms,
    snapshot,
    spread,
    stateful_set,
    storage_class,
    volume,
)
from tests.constraints.judge import compiled
from tests.strategies import World
from tests.wild import wild_worlds

WEB, DB = {"app": "web"}, {"app": "db"}
LOCAL = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")


def in_zone(zone, name, **more):
    return pod(name=name, node_selector={ZONE: zone}, **more)


def parts(*objects, manifests=()):
    """Names of the pods of each part."""
    problem = compiled(snapshot(*f_nodes(), *objects, manifests=manifests))
    return [
        sorted(member.name for index in part for member in problem.classes[index].members)
        for part in components(problem)
    ]


def test_pods_that_share_no_node_and_no_rule_are_apart():
    assert parts(in_zone("za", "p"), in_zone("zb", "q")) == [["p"], ["q"]]
    assert parts(in_zone("za", "p"), in_zone("za", "q", requests={"cpu": "1"})) == [["p", "q"]]


@pytest.mark.parametrize(
    "rules",
    [
        {"spread": [spread(labels=WEB)]},
        {"spread": [spread(labels=WEB, soft=True)]},
        {"pod_affinity": required_terms(affinity_term(labels=WEB))},
        {"pod_anti_affinity": required_terms(affinity_term(labels=WEB))},
        {"pod_affinity": preferred_terms((1, affinity_term(labels=WEB)))},
    ],
)
def test_rules_between_pods_join_them(rules):
    assert parts(in_zone("za", "p", labels=WEB), in_zone("zb", "q", labels=DB)) == [["p"], ["q"]]
    assert parts(in_zone("za", "p", labels=WEB), in_zone("zb", "q", labels=DB, **rules)) == [["p", "q"]]


def test_shared_claims_and_ordinals_join_pods():
    shared = [claim(name="c", volume="pv", modes=["ReadWriteMany"]), volume(name="pv", claim="c")]
    assert parts(*shared, in_zone("za", "p", claims=["c"]), in_zone("zb", "q", claims=["c"])) == [["p", "q"]]
    db = stateful_set(name="db", replicas=2, spec=pod_spec(node_selector={ZONE: "za"}))
    assert parts(manifests=[db]) == [["db-0", "db-1"]]


def static(zone, name, *, storage_class="local", users=1):
    """Pods in a zone whose one claim needs a ready-made volume."""
    made = [claim(name=f"c-{name}", storage_class=storage_class)]
    return made + [in_zone(zone, f"{name}{i}", claims=[f"c-{name}"]) for i in range(users)]


@pytest.mark.parametrize("users", [1, 2])
def test_pods_that_want_the_same_volumes_are_joined(users):
    """Also when the claim that wants one is shared."""
    wide = volume(name="wide", storage_class="local", affinity=[in_zones("za", "zb")])
    other = storage_class(name="other", provisioner="kubernetes.io/no-provisioner")
    own = volume(name="own", storage_class="other", affinity=[in_zones("za", "zb")])
    first = static("za", "p", users=users)
    assert len(parts(LOCAL, wide, *first, *static("zb", "q"))) == 1
    assert len(parts(LOCAL, wide, other, own, *first, *static("zb", "q", storage_class="other"))) == 2


def test_volume_used_in_two_parts_is_split_between_them():
    """A shared volume counts node by node, so users without a common node may be apart."""
    disk = [{"name": "d", "gcePersistentDisk": {"pdName": "d1", "readOnly": True}}]
    limited = [csi_node(name=n, limits={"pd.csi.storage.gke.io": 1}) for n in ("a1", "a2", "b1", "b2")]
    pods = [in_zone("za", "p", volumes=disk), in_zone("zb", "q", volumes=disk)]
    problem = compiled(snapshot(*f_nodes(), *limited, *pods))
    assert [v.users for v in problem.shared_volumes] == [(0, 1)]
    assert len(components(problem)) == 2
    for number, part in enumerate(components(problem)):
        mine = restrict(problem, part)
        assert [v.users for v in mine.shared_volumes] == [(0,)]
        assert mine.classes == (problem.classes[number],)


def test_restriction_keeps_conflicts_and_rows_of_its_classes():
    port = [container(ports=[{"containerPort": 80, "hostPort": 80}])]
    pods = [
        in_zone("za", "p", containers=port),
        in_zone("zb", "q"),
        in_zone("za", "r", containers=port, priority=1),
    ]
    problem = compiled(snapshot(*f_nodes(), *pods))
    assert components(problem) == [(0, 2), (1,)]
    mine = restrict(problem, (0, 2))
    assert mine.conflicts == ((0, 0), (0, 1), (1, 1))
    assert np.array_equal(mine.limit, problem.limit[[0, 2]])
    assert restrict(problem, (1,)).conflicts == ()


def best(problem):
    """The largest reward of the whole model, in weights of the whole question."""
    built = build(problem)
    built.model.maximize(total((weight(c), built.variables.placed(i)) for i, c in enumerate(problem.classes)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(built.model) == cp_model.OPTIMAL
    return round(solver.objective_value)


def weight(pod_class):
    """Priorities of wild worlds are -5, 0 and 10; each outweighs all pods of the lower ones."""
    return {-5: 1, 0: 10, 10: 100}[pod_class.priority]


@settings(max_examples=100, deadline=None)
@given(wild_worlds())
def test_parts_together_place_as_much_as_the_whole(world: World):
    problem = compiled(world.read())
    found = components(problem)
    assert sorted(index for part in found for index in part) == list(range(len(problem.classes)))
    if problem.classes:
        assert sum(best(restrict(problem, part)) for part in found) == best(problem)
