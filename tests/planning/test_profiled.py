"""A joint plan under a profile: rules added and left out reach model, verification and replay alike (G14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from frozendict import frozendict

from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Outcome, Proof, Verdict
from solver.model.pod import SpreadConstraint
from solver.model.profile import FILTERS, Profile, Profiles
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.profiled import joint_view
from solver.scheduler import ClusterState, check
from tests import builders as b
from tests.strategies import question_of
from tests.verify.judge import violations


def under(profile: Profile, world: Snapshot) -> Snapshot:
    return replace(world, profiles=Profiles(otherwise=profile))


def planned(world: Snapshot) -> Outcome:
    """The plan, after its every step was put to the profile's own filters."""
    question = question_of(world)
    view = joint_view(world, question)
    outcome = view.honest(place(view.snapshot, question, SolveConfig(workers=1)))
    state = ClusterState.of(world)
    for step in outcome.placement.assignments:
        pod = world.pod_by_key[step.pod]
        assert check(pod, step.node, state) is None
        state.add(pod, step.node)
    return outcome


def zones(outcome: Outcome) -> Counter[str]:
    return Counter(str(node)[0] for node in outcome.placement.node_of.values())


def without(*filters: str) -> Profile:
    return Profile(filters=tuple(name for name in FILTERS if name not in filters))


def in_zone(zone: str) -> NodeSelector:
    only = Requirement(key=b.ZONE, operator=Operator.IN, values=(zone,))
    return NodeSelector(terms=(NodeSelectorTerm(expressions=(only,)),))


def web(replicas: int, **spec: Any) -> dict[str, Any]:
    return b.deployment(name="web", replicas=replicas, spec=b.pod_spec(**spec))


def test_hard_default_constraints_spread_pods_that_state_none() -> None:
    zonal = SpreadConstraint(topology_key=b.ZONE, max_skew=1, hard=True, selector=None)
    world = b.snapshot(*b.f_nodes(), manifests=[web(6, requests={"cpu": "1"})])
    outcome = planned(under(Profile(default_constraints=(zonal,)), world))
    assert outcome.verdict is Verdict.FITS
    assert zones(outcome) == {"a": 2, "b": 2, "c": 2}


def test_hard_default_constraints_can_make_pods_wait() -> None:
    zonal = SpreadConstraint(topology_key=b.ZONE, max_skew=1, hard=True, selector=None)
    world = b.snapshot(*b.f_nodes(), manifests=[web(5, requests={"cpu": "3"})])
    assert planned(world).verdict is Verdict.FITS
    outcome = planned(
        under(
            Profile(default_constraints=(zonal,)),
            b.snapshot(*b.f_nodes(), manifests=[web(6, requests={"cpu": "3"})]),
        )
    )
    assert (outcome.verdict, len(outcome.placement.assignments)) == (Verdict.DOES_NOT_FIT, 5)


def test_added_affinity_binds_the_plan_and_its_verification() -> None:
    profile = Profile(added_affinity=in_zone("zb"))
    world = under(profile, b.snapshot(*b.f_nodes(), manifests=[web(2, requests={"cpu": "1"})]))
    assert zones(planned(world)) == {"b": 2}
    assert {v.rule for v in violations(world, {"web-0": "a1"})} == {"L2"}


def test_added_affinity_is_no_part_of_who_counts_for_spreading() -> None:
    """T4(b): zones the profile rules out still hold the minimum at 0."""
    spec = {"requests": {"cpu": "1"}, "spread": [b.spread(labels={"app": "web"})]}
    world = b.snapshot(*b.f_nodes(), manifests=[web(3, **spec)])
    outcome = planned(under(Profile(added_affinity=in_zone("zb")), world))
    assert len(outcome.placement.assignments) == 1


def test_taints_nobody_asks_about_keep_nothing_out() -> None:
    nodes = b.f_nodes()
    for node in nodes:
        node["spec"]["taints"] = [b.taint(key="team", value="x")]
        node["spec"]["unschedulable"] = True
    world = b.snapshot(*nodes, manifests=[web(2, requests={"cpu": "1"})])
    assert planned(world).verdict is Verdict.DOES_NOT_FIT
    assert planned(under(without("TaintToleration", "NodeUnschedulable"), world)).verdict is Verdict.FITS
    assert {v.rule for v in violations(world, {"web-0": "a1"})} >= {"K2", "N2"}
    free = under(without("TaintToleration", "NodeUnschedulable"), world)
    assert not violations(free, {"web-0": "a1"})


def test_hard_spread_nobody_asks_about_is_dropped() -> None:
    spec = {
        "requests": {"cpu": "1"},
        "spread": [b.spread(labels={"app": "web"})],
        "node_selector": {b.ZONE: "za"},
    }
    spec["spread"][0]["nodeAffinityPolicy"] = "Ignore"  # type: ignore[index]
    world = b.snapshot(*b.f_nodes(), manifests=[web(3, **spec)])
    assert planned(world).verdict is Verdict.DOES_NOT_FIT
    assert planned(under(without("PodTopologySpread"), world)).verdict is Verdict.FITS


def test_a_no_is_not_proved_where_the_plan_asks_for_more_than_the_scheduler() -> None:
    world = b.snapshot(*b.f_nodes(), manifests=[web(6, requests={"cpu": "3"})])
    assert planned(world).verdict is Verdict.DOES_NOT_FIT
    free = under(without("NodeResourcesFit"), world)
    outcome = planned(free)
    assert (outcome.verdict, outcome.proof) == (Verdict.UNKNOWN, Proof.NOT_PROVED)
    view = joint_view(free, question_of(free))
    assert [row.code for row in view.skipped] == ["SKIP-034"]
    assert "filter NodeResourcesFit" in view.skipped[0].feature


def test_a_plan_that_fits_stays_a_yes_though_it_keeps_a_filter() -> None:
    world = b.snapshot(*b.f_nodes(), manifests=[web(2, requests={"cpu": "3"})])
    assert planned(under(without("NodeResourcesFit"), world)).verdict is Verdict.FITS


def test_resources_that_every_asked_pod_ignores_hold_nobody_back() -> None:
    spec = {"requests": {"cpu": "1", "example.com/gpu": "1"}}
    world = b.snapshot(*b.f_nodes(), manifests=[web(2, **spec)])
    assert planned(world).verdict is Verdict.DOES_NOT_FIT
    assert (
        planned(under(Profile(ignored_resources=frozenset({"example.com/gpu"})), world)).verdict
        is Verdict.FITS
    )


def test_resources_that_only_some_pods_ignore_are_counted_and_named() -> None:
    spec = b.pod_spec(requests={"example.com/gpu": "1"})
    other = b.pod_spec(requests={"example.com/gpu": "1"})
    other["schedulerName"] = "packer"
    manifests = [b.deployment(name="web", spec=spec), b.deployment(name="ml", spec=other)]
    profiles = Profiles(by_name=frozendict(packer=Profile(ignored_resources=frozenset({"example.com/gpu"}))))
    world = replace(b.snapshot(*b.f_nodes(), manifests=manifests), profiles=profiles)
    view = joint_view(world, question_of(world))
    assert [row.feature.partition(":")[0] for row in view.skipped] == ["ignored resource example.com/gpu"]
    assert view.snapshot.pod_by_key[PodKey("prod/ml-0")].requests == {"example.com/gpu": 1}
