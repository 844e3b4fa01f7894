"""What a state knows follows every pod that comes and goes."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings

from solver.engine.state import State
from tests.builders import affinity_term, claim, csi_node, in_zones, node, pod, required_terms, snapshot
from tests.builders import volume as stored_volume
from tests.constraints.judge import compiled
from tests.engine.growth import LARGE, SEEDS, answers, grown, problem_of, state_with
from tests.strategies import World, worlds

WEB = {"app": "web"}


@settings(max_examples=150)
@given(LARGE | worlds(max_pods=8), SEEDS)
def test_pods_that_come_and_go_again_leave_no_trace(world: World, seed: int):
    problem = problem_of(world)
    _, order = grown(problem, Random(seed))
    state, before = State(problem), []
    for step in order:
        before.append(answers(problem, state))
        state.put(*step)
    for step in reversed(order):
        state.remove(*step)
        assert answers(problem, state) == before.pop()


def test_the_last_pod_to_leave_a_domain_opens_it_again():
    """Anti-affinity by zone, where a zone has two nodes."""
    apart = required_terms(affinity_term(labels=WEB))
    problem = compiled(
        snapshot(
            *(node(name=name, zone="za") for name in ("a1", "a2")),
            *(pod(name=f"web-{i}", labels=WEB) for i in range(2)),
            pod(name="shy", pod_anti_affinity=apart),
        )
    )
    state = state_with(problem, ("web-0", "a1"), ("web-1", "a2"))
    shy = next(i for i, c in enumerate(problem.classes) if c.sample.name == "shy")
    for number in range(2):
        assert not state.open_to(shy, np.arange(2)).any()
        state.remove(1 - shy, number)
    assert state.open_to(shy, np.arange(2)).all()


def test_shared_volume_is_detached_with_its_last_user():
    made = [
        stored_volume(name="pv", claim="c", driver="csi.example.com", modes=["ReadWriteMany"]),
        claim(name="c", volume="pv", modes=["ReadWriteMany"]),
        stored_volume(name="own", claim="o", driver="csi.example.com", affinity=[in_zones("za")]),
        claim(name="o", volume="own"),
    ]
    users = [pod(name=f"u{i}", claims=["c"]) for i in range(2)]
    problem = compiled(
        snapshot(
            node(name="a1", zone="za"),
            csi_node(name="a1", limits={"csi.example.com": 1}),
            *made,
            *users,
            pod(name="other", claims=["o"]),
        )
    )
    state = state_with(problem, ("u0", "a1"), ("u1", "a1"))
    user, other = (
        next(i for i, c in enumerate(problem.classes) if c.sample.name == n) for n in ("u0", "other")
    )
    open_after = []
    for _ in range(2):
        state.remove(user, 0)
        open_after.append(bool(state.open_to(other, np.array([0])).all()))
    assert open_after == [False, True]
