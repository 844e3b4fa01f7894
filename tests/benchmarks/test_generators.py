"""Every family: the same arguments give the same objects, and the hidden placement is a real one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from benchmarks.case import Instance, Raw
from benchmarks.generators.churn import churn
from benchmarks.generators.claims import claims
from benchmarks.generators.deep import deep
from benchmarks.generators.empty import empty
from benchmarks.generators.planted import planted
from benchmarks.generators.pools import pools
from benchmarks.generators.rich import rich
from benchmarks.generators.steady import steady
from solver.model.config import SolveConfig
from solver.verify import verify
from solver.verify.replay import replay
from tests.benchmarks.instances import hidden_of, question_of, read, text_of

Build = Callable[..., Instance]
FAMILIES: dict[str, Build] = {
    "planted": partial(planted, nodes=30, zones=3, workloads=12, slack=0.05),
    "planted, two zones": partial(planted, nodes=7, zones=2, workloads=5, slack=0.5),
    "planted, many zones": partial(planted, nodes=60, zones=12, workloads=10, slack=0.1),
    "planted, crowded": partial(planted, nodes=9, zones=3, workloads=30, slack=0.0),
    "rich": partial(rich, nodes=40, workloads=20, slack=0.1),
    "empty": partial(empty, nodes=50, zones=3, workloads=4, replicas=7),
    "pools": partial(pools, nodes=60, workloads=25, slack=0.1),
    "claims": partial(claims, nodes=20, workloads=12, slack=0.1),
    "deep": partial(deep, zones=3, racks=4, hosts_per_rack=3, workloads=10, slack=0.1),
    "steady": partial(steady, nodes=60, zones=3, running=600, workloads=5, replicas=6, utilisation=0.7),
}
every_family = pytest.mark.parametrize("build", FAMILIES.values(), ids=FAMILIES)


@every_family
def test_the_same_seed_gives_the_same_objects_and_placement(build: Build) -> None:
    once, again = build(seed=3), build(seed=3)
    assert text_of(once) == text_of(again)
    assert once.hidden == again.hidden


@every_family
def test_another_seed_gives_another_instance(build: Build) -> None:
    one, other = build(seed=3), build(seed=4)
    assert (text_of(one), one.hidden) != (text_of(other), other.hidden)


@every_family
def test_the_hidden_placement_is_complete_and_breaks_no_rule(build: Build) -> None:
    instance = build(seed=1)
    snapshot, plan = read(instance), hidden_of(instance)
    asked = question_of(snapshot)
    assert asked.pods
    assert set(plan.node_of) == set(asked.pods)
    assert verify(snapshot, asked, plan, SolveConfig()) == ()


@every_family
def test_kube_schedulers_filters_accept_the_hidden_placement_pod_by_pod(build: Build) -> None:
    instance = build(seed=1)
    snapshot, plan = read(instance), hidden_of(instance)
    assert replay(snapshot, plan, SolveConfig()).stuck == ()


@every_family
def test_nothing_in_an_instance_is_skipped_by_the_reader(build: Build) -> None:
    assert read(build(seed=1)).skipped == ()


def test_slack_is_what_a_planted_cluster_has_to_spare() -> None:
    tight, roomy = (
        read(planted(nodes=30, zones=3, workloads=12, slack=slack, seed=1)) for slack in (0.0, 0.5)
    )
    cpu_tight, cpu_roomy = (sum(n.allocatable["cpu"] for n in s.nodes) for s in (tight, roomy))
    asked = sum(pod.requests["cpu"] for pod in tight.pending)
    assert asked <= cpu_tight < 1.2 * asked
    assert cpu_roomy > 1.4 * asked


def test_a_steady_cluster_is_as_full_as_asked() -> None:
    snapshot = read(FAMILIES["steady"](seed=1))
    used = sum(pod.requests["cpu"] for pod in snapshot.running)
    assert used / sum(node.allocatable["cpu"] for node in snapshot.nodes) == pytest.approx(0.7, abs=0.03)
    assert len(snapshot.running) == 600
    assert {pod.workload.kind for pod in snapshot.pending if pod.workload} == {"StatefulSet"}


def test_a_steady_cluster_may_have_more_zones_than_a_workload_has_replicas() -> None:
    snapshot = read(steady(nodes=20, zones=5, running=100, workloads=4, replicas=2, utilisation=0.5, seed=1))
    assert len(snapshot.pending) == 8


def test_rich_clusters_have_the_rules_they_promise() -> None:
    snapshot = read(rich(nodes=80, workloads=60, slack=0.1, seed=1))
    keys = {rule.topology_key for pod in snapshot.pending for rule in pod.spread}
    assert keys == {"topology.kubernetes.io/zone", "example.com/rack", "kubernetes.io/hostname"}
    assert {len(pod.claims) for pod in snapshot.pending} == {0, 1, 2}
    assert any(node.taints for node in snapshot.nodes)
    assert snapshot.capacities
    assert snapshot.csi_nodes


def test_churn_stays_possible_event_after_event() -> None:
    instance = FAMILIES["steady"](seed=1)
    objects = {_identity(item): item for item in instance.objects}
    events = churn(instance.objects, events=200, arrivals=40, seed=5)
    assert len(events) == 200
    for event in events:
        name = _identity(event["object"])
        assert (name in objects) == (event["type"] == "DELETED")
        if event["type"] == "DELETED":
            del objects[name]
        else:
            objects[name] = event["object"]
    after = read(Instance(objects=list(objects.values())))
    used = {node.name: 0 for node in after.nodes}
    for pod in after.running:
        assert pod.node_name is not None
        used[pod.node_name] += pod.requests["cpu"]
    assert all(used[node.name] <= node.allocatable["cpu"] for node in after.nodes)
    assert churn(instance.objects, events=200, arrivals=40, seed=5) == events


def _identity(item: Raw) -> tuple[str, str]:
    return item["kind"], item["metadata"]["name"]


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="2 nodes cannot fill 3 zones"):
        planted(nodes=2, zones=3, workloads=1, slack=0.1, seed=1)
    with pytest.raises(ValueError, match="5 replicas on different nodes do not fit 4 nodes"):
        empty(nodes=4, zones=2, workloads=1, replicas=5, seed=1)
