"""The default scheduler beside the joint plan: the shop in every order, and that nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from solver.errors import InputError
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Proof, Question, Verdict
from solver.model.placement import Placement
from solver.model.profile import Profile, Profiles, Strategy, StrategyType
from solver.model.snapshot import Snapshot
from solver.planning.change import Inputs, apply, inputs_of
from solver.planning.compare import Ask, Attempt, Comparison, OrderName
from solver.planning.compare.compare import compare
from solver.planning.compare.emulate import Emulator
from solver.planning.compare.orders import lanes_of, manifest_order
from solver.scheduler import ClusterState, check
from solver.verify import verify
from tests import builders as b
from tests.paths import PROJECT
from tests.strategies import World, question_of, worlds

SCENARIOS = PROJECT / "tests/data/scenarios"


def shop(*names: str, app: str | None = "shop-app.json") -> Inputs:
    def document(name: str) -> b.Document:
        return b.Document(name, Path(SCENARIOS / name).read_bytes())

    return inputs_of([document(name) for name in names], [document(app)] if app else [])


def compared(inputs: Inputs, ask: Ask | None = None, profile: Profile | None = None) -> Comparison:
    world = inputs.snapshot()
    if profile is not None:
        world = replace(world, profiles=Profiles(otherwise=profile))
    config = SolveConfig(workers=1, time_limit_s=120)  # none of it is needed: the clock shall decide nothing
    return compare(inputs, world, question_of(world), ask or Ask(), config)


def given_as(world: Sequence[b.Raw], manifests: Sequence[b.Raw]) -> Inputs:
    return inputs_of([b.document(*world)], [b.document(*manifests, source="app.json")])


def nodes_of(attempt: Attempt) -> dict[str, str]:
    return {one.pod.partition("/")[2]: str(one.node) for one in attempt.placed}


# the shop: web before the database, as written


def test_in_manifest_order_two_replicas_of_the_database_are_stranded() -> None:
    found = compared(shop("shop-cluster.json"))
    assert (found.joint.verdict, found.joint.proof) == (Verdict.FITS, Proof.OPTIMAL)
    assert (found.target, found.manifest.placed) == (7, (5, 5))
    attempt = found.manifest.worst
    assert attempt.stranded == ("default/db-1", "default/db-2")
    webs = {node for pod, node in nodes_of(attempt).items() if pod.startswith("web")}
    assert len(webs) == 4  # one web on four of five nodes
    assert {*webs, nodes_of(attempt)["db-0"]} == {"a1", "a2", "b1", "b2", "c1"}  # and db-0 on the last
    assert found.helm is None  # Deployments before StatefulSets, as in the manifest


def test_only_few_of_the_35_orders_are_complete() -> None:
    found = compared(shop("shop-cluster.json"), Ask(orders=None))
    tally = found.sampled
    assert tally is not None
    assert found.all_orders
    assert (tally.orders, tally.distinct, tally.runs) == (35, 35, 35)
    assert (tally.complete, tally.fewest, tally.most) == (6, 5, 7)
    assert [(workload.name, number) for workload, number in tally.strands] == [("db", 29)]


def test_it_says_which_placements_closed_the_nodes_and_what_they_lack() -> None:
    wrong = compared(shop("shop-cluster.json")).wrong
    assert wrong is not None
    assert wrong.pod.name == "db-1"
    assert wrong.open_at_first == ("a1", "a2", "b1", "b2", "c1")
    assert [closing.left for closing in wrong.closings] == [4, 3, 2, 1, 0]
    free = {answer.node: {s.resource: s.free for s in answer.short_of}["cpu"] for answer in wrong.answers}
    assert {node: free[node] for node in ("a1", "a2", "c1")} == {"a1": 5250, "a2": 5250, "c1": 5500}
    assert {s.wanted for answer in wrong.answers for s in answer.short_of if s.resource == "cpu"} == {6000}


def test_deploying_the_database_first_or_giving_it_priority_is_enough() -> None:
    inputs = shop("shop-cluster.json")
    found = compared(inputs)
    (remedy,) = found.remedies
    assert [workload.name for workload in remedy.workloads] == ["db"]
    assert (remedy.row.name, remedy.row.placed) == (OrderName.LED, (7, 7))
    assert remedy.by_priority is not None
    changed = compared(apply(inputs, remedy.by_priority))
    assert changed.manifest.placed == (7, 7)
    assert not changed.remedies
    assert not changed.wrong


@pytest.mark.parametrize(("first", "placed"), [("web", 5), ("db", 7)])
def test_the_real_scheduler_placed_as_many_in_six_runs_of_either_order(first: str, placed: int) -> None:
    """Recorded: 5 of 7 with web first, 7 of 7 with db first, six runs each."""
    found = compared(shop(f"shop-{first}-first.json", app=None), Ask(seeds=6))
    assert found.manifest.placed == (placed, placed)


# what else it says


def tight() -> Inputs:
    """Small pods first leave no node for the large ones; several workloads of each size."""
    spec = {"small": {"cpu": "1"}, "large": {"cpu": "4"}}
    names = [("s1", 2, "small"), ("s2", 2, "small"), ("l1", 2, "large"), ("l2", 1, "large")]
    return given_as(
        b.f_nodes(),
        [b.deployment(name=n, replicas=r, spec=b.pod_spec(requests=spec[s])) for n, r, s in names],
    )


def test_where_no_single_workload_helps_a_pair_of_them_does() -> None:
    found = compared(tight())
    assert (found.target, found.manifest.placed) == (7, (5, 5))
    (remedy,) = found.remedies
    assert [workload.name for workload in remedy.workloads] == ["l1", "l2"]
    assert remedy.by_priority is not None
    assert compared(apply(tight(), remedy.by_priority)).manifest.placed == (7, 7)


def test_other_strategies_may_not_need_any_help() -> None:
    packing = Profile(strategy=Strategy(type=StrategyType.MOST), weights=Profile().weights)
    spreading = compared(tight())
    packed = compared(tight(), profile=replace(packing, weights=packing.weights.set("NodeResourcesFit", 50)))
    assert packed.manifest.placed == (7, 7)
    assert not packed.remedies
    assert spreading.manifest.placed < packed.manifest.placed


def test_nothing_went_wrong_where_nothing_can_be_better() -> None:
    found = compared(
        given_as(b.f_nodes(), [b.deployment(name="w", replicas=6, spec=b.pod_spec(requests={"cpu": "4"}))])
    )
    assert (found.target, found.manifest.placed) == (5, (5, 5))
    assert not found.remedies
    assert found.wrong is not None
    assert found.wrong.pod.name == "w-5"


def test_pods_in_the_queue_already_get_no_patch() -> None:
    found = compared(shop("shop-web-first.json", app=None))
    (remedy,) = found.remedies
    assert remedy.by_priority is None
    assert remedy.waiting == 3


def test_all_orders_are_refused_where_they_are_too_many() -> None:
    many = [b.deployment(name=f"d{n}", replicas=1) for n in range(8)]
    with pytest.raises(InputError, match="40320 distinct orders"):
        compared(given_as(b.f_nodes(), many), Ask(orders=None))


def test_the_same_question_and_seed_get_the_same_answer() -> None:
    once, again = (compared(tight(), Ask(orders=6, seeds=3)) for _ in range(2))
    assert once.sampled == again.sampled
    assert once.manifest == again.manifest
    assert once.remedies == again.remedies


def test_processes_give_the_same_answer() -> None:
    inputs = tight()
    world = inputs.snapshot()
    config = SolveConfig(workers=1, time_limit_s=120, executor="processes=2")
    spread = compare(inputs, world, question_of(world), Ask(orders=12), config)
    assert spread.sampled == compared(inputs, Ask(orders=12)).sampled


# properties


def assert_admissible(world: Snapshot, attempt: Attempt, question: Question) -> None:
    """Every step is one that kube-scheduler's filters allow, and nobody left out passes anywhere."""
    state = ClusterState.of(world)
    for step in attempt.placed:
        pod = world.pod_by_key[step.pod]
        assert check(pod, step.node, state) is None
        state.add(pod, step.node)
    left = {*attempt.stranded}
    assert {*question.pods} == left | {step.pod for step in attempt.placed}
    for key in left:
        pod = world.pod_by_key[key]
        if pod.created_after is None or state.node_of(pod.created_after) is not None:
            assert all(check(pod, node.name, state) is not None for node in world.nodes)


@given(worlds())
def test_runs_are_admissible_and_the_joint_plan_is_no_worse(drawn: World) -> None:
    inputs = given_as(drawn.objects, drawn.manifests)
    world = inputs.snapshot()
    question = question_of(world)
    found = compare(inputs, world, question, Ask(orders=4, seeds=1), SolveConfig(workers=1, time_limit_s=120))
    for remedy in found.remedies:
        assert remedy.row.placed[0] >= found.target > found.manifest.placed[0]
    emulator = Emulator(world, (0,))
    pods = tuple(world.pod_by_key[key] for key in question.pods)
    (attempt,) = emulator.attempts(manifest_order(pods, lanes_of(pods)))
    assert attempt == found.manifest.worst
    assert_admissible(world, attempt, question)
    assert not verify(world, question, found.joint.placement, SolveConfig())
    if not verify(world, question, Placement(assignments=attempt.placed), SolveConfig()):  # V44
        assert priorities(world, found.joint.placement.node_of) >= priorities(
            world, [step.pod for step in attempt.placed]
        )


def priorities(world: Snapshot, keys: Sequence[PodKey] | object) -> list[int]:
    return sorted((world.pod_by_key[key].priority for key in keys), reverse=True)  # type: ignore[attr-defined]


def test_deploying_first_comes_before_priorities() -> None:
    """Pods that are not there yet cannot be asked first, however important they are."""
    names = [("s", 5, "1", 1000), ("l", 2, "4", 0)]
    manifests = [b.priority_class(name="high", value=1000)]
    for name, replicas, cpu, priority in names:
        spec = b.pod_spec(requests={"cpu": cpu}, extra={"priorityClassName": "high"} if priority else {})
        manifests.append(b.deployment(name=name, replicas=replicas, spec=spec))
    found = compared(given_as(b.f_nodes(), manifests))
    assert (found.target, found.manifest.placed) == (7, (5, 5))
    (remedy,) = found.remedies
    assert [workload.name for workload in remedy.workloads] == ["l"]
    assert remedy.row.placed == (7, 7)


def test_once_time_is_up_nobody_is_called_stranded_for_certain() -> None:
    world = tight().snapshot()
    pods = tuple(world.pending)
    (attempt,) = Emulator(world, (), lambda: True).attempts(pods)
    assert attempt.cut_short
    assert not attempt.placed
    assert not Emulator(world).attempts(pods)[0].cut_short
