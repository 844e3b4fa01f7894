"""The first placement, and the sequential reading of the rules behind it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.compile import compile_problem
from solver.engine.budget import Budget
from solver.engine.construct import construct, worth
from solver.engine.extract import assignments
from solver.engine.state import State
from solver.model.config import SolveConfig
from solver.model.placement import Placement
from solver.pipeline import place
from solver.scheduler import ClusterState, check
from solver.verify import verify
from solver.verify.replay import replay
from tests.builders import (
    HOSTNAME,
    ZONE,
    claim,
    csi_node,
    f_nodes,
    in_zones,
    node,
    pod,
    snapshot,
    spread,
    storage_class,
    volume,
)
from tests.constraints.judge import compiled
from tests.engine.growth import volumes_overlap
from tests.strategies import RACK, World, question_of
from tests.wild import wild_worlds

CONFIG = SolveConfig(workers=1)
WEB = {"app": "web"}
ORDER_MATTERS_MORE = ("a claim may take a static volume", "attachment of a volume")
"""Notes about rules whose exact order the replay finds only in part (V28, V14)."""


def constructed(problem):
    return construct(problem, Budget(60)).counts


@settings(max_examples=100, deadline=None)
@given(wild_worlds())
def test_construction_breaks_no_rule_and_can_be_replayed(world: World):
    here = world.read()
    question = question_of(here)
    problem = compile_problem(here, question, CONFIG)
    placement = Placement(assignments=assignments(problem, constructed(problem)))
    assert verify(here, question, placement, CONFIG) == ()
    if not any(note.startswith(ORDER_MATTERS_MORE) for note in problem.approximations):
        assert replay(here, placement, CONFIG).stuck == ()


@settings(max_examples=100, deadline=None)
@given(wild_worlds(max_pods=4), st.data())
def test_nodes_open_to_one_more_pod_pass_the_filters(world: World, data: st.DataObject):
    """Pods are put one by one wherever the state says they may go, and kube-scheduler agrees."""
    here = world.read()
    problem = compile_problem(here, question_of(here), CONFIG)
    if problem.approximations or volumes_overlap(problem):
        return  # of several volumes within reach kube-scheduler takes the smallest (V33)
    growing, state = State(problem), ClusterState.of(here)
    left = [list(c.members) for c in problem.classes]
    while True:
        choices = [
            (i, int(n))
            for i, c in enumerate(left)
            if c
            for n in np.flatnonzero(growing.open_to(i, np.arange(len(problem.nodes))))
        ]
        if not choices:
            return
        index, number = data.draw(st.sampled_from(choices))
        chosen = left[index].pop(0)
        assert check(chosen, problem.nodes[number], state) is None
        growing.put(index, number)
        state.add(chosen, problem.nodes[number])


def test_small_pods_first_leave_out_fewer_where_there_is_not_room_for_all():
    small = [pod(name=f"s{i}", requests={"cpu": "1"}) for i in range(4)]
    problem = compiled(snapshot(node(name="a1", cpu="4"), *small, pod(name="big", requests={"cpu": "3"})))
    assert construct(problem, Budget(60)).placed.sum() == 2
    assert construct(problem, Budget(60), small_first=True).placed.sum() == 4


def test_small_pods_do_not_go_before_more_important_ones():
    here = snapshot(
        node(name="a1", cpu="4"),
        pod(name="small", requests={"cpu": "2"}),
        pod(name="big", priority=10, requests={"cpu": "3"}),
    )
    state = construct(compiled(here), Budget(60), small_first=True)
    assert worth(compiled(here), state.placed) == (1, 0)


def test_higher_priority_is_placed_first():
    small = [pod(name=f"s{i}", requests={"cpu": "2"}) for i in range(2)]
    here = snapshot(node(name="a1", cpu="4"), *small, pod(name="big", priority=10, requests={"cpu": "3"}))
    problem = compiled(here)
    counts = constructed(problem)
    assert [c.sample.name for c, row in zip(problem.classes, counts, strict=True) if row.any()] == ["big"]
    assert worth(problem, counts.sum(axis=1)) == (1, 0)


def test_spread_pods_take_turns_between_zones():
    web = {"app": "web"}
    pods = [pod(name=f"p{i}", labels=web, spread=[spread(labels=web)]) for i in range(6)]
    problem = compiled(snapshot(*f_nodes(), *pods))
    assert constructed(problem).sum() == 6


def test_two_claims_of_one_pod_do_not_take_the_same_volume():
    local = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
    volumes = [
        volume(name="v10", storage="10Gi", storage_class="local", affinity=[in_zones("za")]),
        volume(name="v6", storage="6Gi", storage_class="local", affinity=[in_zones("zb")]),
    ]
    claims = [claim(name=f"c{s}", storage=f"{s}Gi", storage_class="local") for s in (5, 8)]
    both = pod(name="p", claims=["c5", "c8"])
    assert constructed(compiled(snapshot(*f_nodes(), local, *volumes, *claims, both))).sum() == 0


def test_all_shared_volumes_of_a_pod_must_find_a_place():
    made = []
    for i in (1, 2):
        made += [
            volume(name=f"pv{i}", claim=f"c{i}", driver="csi.example.com", modes=["ReadWriteMany"]),
            claim(name=f"c{i}", volume=f"pv{i}", modes=["ReadWriteMany"]),
        ]
    pods = [pod(name=name, claims=["c1", "c2"]) for name in "pq"]
    for limit, placed in ((1, 0), (2, 2)):
        one_node = [node(name="a1"), csi_node(name="a1", limits={"csi.example.com": limit})]
        assert constructed(compiled(snapshot(*one_node, *made, *pods))).sum() == placed


def test_pods_taken_away_for_one_rule_are_missed_by_another():
    """Each pod has one node. Those that leave the crowded rack were the least of any zone."""
    rules = [spread(labels=WEB, key=key, affinity_policy="Ignore") for key in (ZONE, RACK)]
    homes = {"n2": 2, "n1": 1, "n3": 2}
    here = snapshot(
        node(name="n1", zone="za", labels={RACK: "r0"}),
        node(name="n2", zone="zb", labels={RACK: "r1"}),
        node(name="n3", zone="za", labels={RACK: "r1"}),
        *(
            pod(name=f"{home}-{i}", labels=WEB, spread=rules, node_selector={HOSTNAME: home})
            for home, pods in homes.items()
            for i in range(pods)
        ),
    )
    problem = compiled(here)
    placement = Placement(assignments=assignments(problem, constructed(problem)))
    assert verify(here, question_of(here), placement, CONFIG) == ()
    assert placement.assignments
    assert len(place(here, question_of(here), CONFIG).placement.assignments) == 3
