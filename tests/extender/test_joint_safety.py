"""Whatever pods choose within what they may have, no planned pod is stranded."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from extender.book.newcomers import Newcomers
from extender.book.slots import Slots
from extender.book.verdicts import SlotJudge
from solver.model.names import NodeName
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from tests.extender.arrivals import Ask, arrive, everything, stranded
from tests.strategies import World, worlds


def planned_by_chance(snapshot: Snapshot, chance: Random) -> Placement:
    """An admissible placement of some of the pending pods."""
    pods = [pod for pod in snapshot.pending if chance.random() < 0.8]
    chance.shuffle(pods)
    return arrive(snapshot, pods, everything, chance.choice)


def on_plan(plan: Placement) -> Ask:
    """Nothing but the planned node."""
    return lambda pod, nodes: [n for n in nodes if n == plan.node_of[pod.key]]


def by_slots(slots: Slots) -> Ask:
    """What the extender answers, for pods in the plan and others."""
    judge, newcomers = SlotJudge(slots), Newcomers(slots, limit=100)

    def ask(pod: Pod, nodes: Sequence[NodeName]) -> list[NodeName]:
        group = slots.group_of.get(pod.key)
        refused = newcomers.judge(pod, nodes) if group is None else judge.refusals(group, nodes)
        return [name for name in nodes if name not in refused]

    return ask


def in_queue_order(snapshot: Snapshot, plan: Placement) -> list[Pod]:
    """The planned pods, as they come up (Q2)."""
    planned = (pod for pod in snapshot.pending if pod.key in plan.node_of)
    return sorted(planned, key=lambda pod: -pod.priority)


@settings(max_examples=150, deadline=None)
@given(worlds(max_pods=7, ordered=False), st.randoms(use_true_random=False))
def test_no_choice_among_kept_nodes_strands_a_planned_pod(world: World, chance: Random) -> None:
    snapshot = world.read()
    plan = planned_by_chance(snapshot, chance)
    queue = in_queue_order(snapshot, plan)
    assume(len(queue) > 1)
    assume(
        not stranded(snapshot, plan, queue, on_plan(plan), chance.choice)
    )  # J2: some plans need another order
    slots = Slots(snapshot, plan, shared_nodes=4)
    event("choices" if any(len(group.nodes) > 1 for group in slots.groups) else "no choice")
    for _ in range(4):
        assert not stranded(snapshot, plan, queue, by_slots(slots), chance.choice)


@settings(max_examples=150, deadline=None)
@given(worlds(max_pods=7, ordered=False), st.randoms(use_true_random=False))
def test_no_newcomer_strands_a_planned_pod(world: World, chance: Random) -> None:
    """Pods outside the plan come in between, as often as they like."""
    snapshot = world.read()
    plan = planned_by_chance(snapshot, chance)
    queue = in_queue_order(snapshot, plan)
    assume(queue and len(queue) < len(snapshot.pending))
    assume(not stranded(snapshot, plan, queue, on_plan(plan), chance.choice))
    slots = Slots(snapshot, plan, shared_nodes=4)
    everybody = list(snapshot.pending)
    ask = by_slots(slots)
    for _ in range(3):
        chance.shuffle(everybody)
        own_order = [pod for pod in everybody if pod.key in plan.node_of]
        if not stranded(snapshot, plan, own_order, on_plan(plan), chance.choice):
            assert not stranded(snapshot, plan, everybody, ask, chance.choice)


@settings(max_examples=50, deadline=None)
@given(worlds(max_pods=6, ordered=False), st.randoms(use_true_random=False))
def test_the_planned_node_is_kept_and_answers_repeat(world: World, chance: Random) -> None:
    snapshot = world.read()
    plan = planned_by_chance(snapshot, chance)
    names = [node.name for node in snapshot.nodes]
    first, second = (SlotJudge(Slots(snapshot, plan, shared_nodes=4)) for _ in range(2))
    one, other = (Slots(snapshot, plan, shared_nodes=4) for _ in range(2))
    for pod, node in plan.node_of.items():
        answer = first.refusals(one.group_of[pod], names)
        assert node not in answer
        assert second.refusals(other.group_of[pod], list(reversed(names))) == answer
