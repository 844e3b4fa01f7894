"""Plans on tiny clusters: every prefix is admissible, the goal holds at the end, and nothing cheaper does."""

from __future__ import annotations

from itertools import combinations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.model.config import SolveConfig
from solver.model.names import HOSTNAME, NodeName, PodKey
from solver.model.outcome import Question, Verdict
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.carried_out import carried_out
from solver.planning.lift import lifted, movable
from solver.planning.rebalance.goal import Empty
from solver.planning.rebalance.rebalance import rebalance
from solver.planning.rebalance.wish import Wish
from solver.verify.replay import replay
from tests.builders import owner_reference
from tests.strategies import World, question_of, worlds

CONFIG = SolveConfig(time_limit_s=20.0)


@st.composite
def running_worlds(draw: st.DrawFn) -> Snapshot:
    """A tiny cluster in which all that could be placed runs, every pod owned by a ReplicaSet."""
    world: World = draw(worlds(max_pods=4, ordered=False))
    owned = [
        {
            **one,
            "metadata": {
                **one["metadata"],
                "ownerReferences": [owner_reference(kind="ReplicaSet", name="r")],
            },
        }
        if one["kind"] == "Pod"
        else one
        for one in world.objects
    ]
    snapshot = World(objects=tuple(owned)).read()
    plan = place(snapshot, question_of(snapshot), CONFIG)
    return carried_out(snapshot, plan.placement)


def cordoned(snapshot: Snapshot, node: NodeName) -> Snapshot:
    from dataclasses import replace

    nodes = tuple(replace(n, unschedulable=True) if n.name == node else n for n in snapshot.nodes)
    return replace(snapshot, nodes=nodes)


@given(running_worlds(), st.data())
@settings(max_examples=40)
def test_every_prefix_of_a_drain_is_admissible_and_no_drain_is_shorter(
    snapshot: Snapshot, data: st.DataObject
) -> None:
    hosts = sorted({pod.node_name for pod in movable(snapshot) if pod.node_name is not None})
    assume(hosts)
    node = data.draw(st.sampled_from(hosts))
    label = snapshot.node_by_name[node].labels.get(HOSTNAME)
    assume(label is not None and [n.labels.get(HOSTNAME) for n in snapshot.nodes].count(label) == 1)
    answer = rebalance(snapshot, Wish(goals=(Empty(topology_key=HOSTNAME, domain=str(label)),)), CONFIG)
    must_leave = {pod.key for pod in movable(snapshot) if pod.node_name == node}
    moves = len(answer.steps) if answer.steps is not None else len(movable(snapshot)) + 1
    if answer.steps is not None:
        current = cordoned(snapshot, node)
        for step in answer.steps:
            plan = Placement(assignments=(Assignment(pod=step.pod, node=step.target),))
            begun = lifted(current, [step.pod])
            assert not replay(begun, plan, CONFIG).stuck
            current = carried_out(begun, plan)
        assert not must_leave & {pod.key for pod in current.running if pod.node_name == node}
        assert not answer.in_the_way
        assert current.pods == answer.after.pods
    if answer.proved:
        assert not shorter(cordoned(snapshot, node), must_leave, moves)


def shorter(snapshot: Snapshot, must_leave: set[PodKey], moves: int) -> bool:
    """Some smaller set of pods, those that have to leave among them, has a place when it is lifted."""
    others = [pod.key for pod in movable(snapshot) if pod.key not in must_leave]
    for extra in range(max(0, moves - len(must_leave))):
        for more in combinations(others, extra):
            pods = (*sorted(must_leave), *more)
            if place(lifted(snapshot, pods), Question(pods=pods), CONFIG).verdict is Verdict.FITS:
                return True
    return False
