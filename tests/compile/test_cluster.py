"""A cluster that follows events answers as one that is read anew."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.compile import Cluster, Problem, compile_problem, formulate
from solver.model.event import Event, Gone, Put, Thing
from solver.model.names import NodeName
from solver.model.outcome import Question
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Attachment, Claim, StorageCapacity, Volume
from solver.pipeline import place
from solver.scheduler import ClusterState, verdict
from tests.builders import (
    HOSTNAME,
    ZONE,
    affinity_term,
    capacity,
    claim,
    container,
    csi_driver,
    csi_node,
    ephemeral_volume,
    f_nodes,
    in_zones,
    node,
    pod,
    required_terms,
    selector,
    snapshot,
    spread,
    storage_class,
    volume,
)
from tests.constraints.judge import STRICT
from tests.strategies import question_of
from tests.wild import some_of, wild_worlds

WEB = {"app": "web"}


def as_data(value: Any) -> Any:
    """Something that compares by content, arrays included."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Pod):
        return value
    if is_dataclass(value):
        return {field.name: as_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [as_data(one) for one in value]
    return value


def differing(one: Problem, other: Problem) -> list[str]:
    """Fields in which two problems differ."""
    mine, theirs = as_data(one), as_data(other)
    return [name for name in mine if mine[name] != theirs[name]]


# Any events


@st.composite
def changed(draw: st.DrawFn, thing: Thing, world: Snapshot) -> Thing:
    """The object as it may look after something happened to it."""
    nodes = [n.name for n in world.nodes]
    match thing:
        case Pod():
            return replace(
                thing,
                node_name=draw(st.sampled_from([None, *nodes, *nodes, NodeName("elsewhere")])),
                phase=draw(st.sampled_from(["Running", "Running", "Pending", "Succeeded"])),
                terminating=draw(st.sampled_from([False, False, True])),
                labels=draw(st.sampled_from([p.labels for p in world.pods])),
            )
        case Claim():
            bound = draw(st.sampled_from([None, *(v.name for v in world.volumes)]))
            return replace(
                thing,
                volume_name=bound,
                bind_completed=draw(st.booleans()),
                deleting=draw(st.sampled_from([False, False, True])),
                selected_node=draw(st.sampled_from([None, None, *nodes])),
            )
        case Volume():
            return replace(
                thing,
                phase=draw(st.sampled_from(["Available", "Available", "Bound", "Released"])),
                claim_ref=draw(st.sampled_from([None, thing.claim_ref])),
                handle=draw(st.sampled_from([thing.handle, *(v.handle for v in world.volumes)])),
                deleting=draw(st.sampled_from([False, False, True])),
            )
        case Attachment():
            return replace(thing, node_name=draw(st.sampled_from(nodes)))
        case StorageCapacity():
            return replace(
                thing,
                capacity_milli=draw(st.sampled_from([None, 0, 1000 * 2**30, 1000 * 2**40])),
                storage_class=draw(st.sampled_from([c.storage_class for c in world.capacities])),
            )


@st.composite
def histories(draw: st.DrawFn, world: Snapshot) -> list[Event]:
    """What happens, one after the other, to a few objects that are there or come later."""
    kinds = [
        kind
        for kind in (world.pods, world.claims, world.volumes, world.attachments, world.capacities)
        if kind
    ]
    things = [draw(st.sampled_from(draw(st.sampled_from([world.pods, *kinds])))) for _ in range(3)]
    events: list[Event] = []
    for _ in range(draw(st.integers(4, 10))):
        thing = draw(st.sampled_from(things))
        what = draw(st.sampled_from(["gone", "as it was", "changed", "changed"]))
        if what == "gone":
            events.append(Gone(thing))
        else:
            events.append(Put(thing if what == "as it was" else draw(changed(thing, world))))
    return events


def pods_asked(asked: Question, cluster: Cluster) -> Question:
    """Those of them that are there and pending."""
    pending = {pod.key for pod in cluster.snapshot().pending}
    return Question(pods=tuple(key for key in asked.pods if key in pending))


@settings(max_examples=100)
@given(st.data())
def test_after_any_event_a_question_compiles_as_from_scratch(data: st.DataObject) -> None:
    world = data.draw(wild_worlds()).read()
    cluster = Cluster(world)
    asked = data.draw(some_of(world))
    formulate(cluster, asked, STRICT)
    for event in data.draw(histories(world)):
        cluster.apply(event)
        question = pods_asked(asked, cluster)
        followed = formulate(cluster, question, STRICT)
        assert differing(followed, compile_problem(cluster.snapshot(), question, STRICT)) == []


@settings(max_examples=50)
@given(st.data())
def test_what_came_and_went_leaves_no_trace(data: st.DataObject) -> None:
    world = data.draw(wild_worlds()).read()
    cluster = Cluster(world)
    for event in data.draw(histories(world)):
        cluster.apply(event)
    for thing in (*world.volumes, *world.claims, *world.pods, *world.attachments, *world.capacities):
        cluster.apply(Gone(thing))
    for thing in (*world.capacities, *world.pods, *world.attachments, *world.claims, *world.volumes):
        cluster.apply(Put(thing))
    assert cluster.snapshot() == world
    question = question_of(world)
    assert differing(formulate(cluster, question, STRICT), compile_problem(world, question, STRICT)) == []


@settings(max_examples=40)
@given(st.data())
def test_plans_in_a_cluster_that_follows_events_are_the_plans_from_scratch(data: st.DataObject) -> None:
    """Asked in between, so that what one question leaves behind is there at the next."""
    world = data.draw(wild_worlds()).read()
    cluster = Cluster(world)
    place(world, question_of(world), STRICT, cluster=cluster)
    events = data.draw(histories(world))
    for number, event in enumerate(events, start=1):
        cluster.apply(event)
        if data.draw(st.booleans()) or number == len(events):
            now = cluster.snapshot()
            question = question_of(now)
            assert place(now, question, STRICT, cluster=cluster) == place(now, question, STRICT)


@settings(max_examples=60)
@given(st.data())
def test_after_any_event_kube_scheduler_says_what_it_says_from_scratch(data: st.DataObject) -> None:
    world = data.draw(wild_worlds()).read()
    cluster = Cluster(world)
    for event in (None, *data.draw(histories(world))):
        if event is not None:
            cluster.apply(event)
        now = cluster.snapshot()
        followed = cluster.companion(ClusterState.of)
        followed.renew(now)
        fresh = ClusterState.of(now)
        for asked in now.pending:
            assert verdict(asked, followed) == verdict(asked, fresh)


def test_v12_volumes_on_nodes_are_counted_anew_when_claims_or_volumes_change() -> None:
    """Room for one volume: a pod that asks for another one is refused, for the same one it is not."""
    world = snapshot(
        node(name="n"),
        csi_node(name="n", limits={DRIVER: 1}),
        *(volume(name=name, driver=DRIVER, handle=name, claim=f"c{name}") for name in ("v", "w")),
        *(claim(name=f"c{name}", volume=name) for name in ("v", "w")),
        on("old", "n", claims=["cv"]),
        pod(name="p", claims=["cw"]),
    )
    old, handle = first(world.volumes, "v"), first(world.volumes, "w").handle
    cluster = Cluster(world)

    def feasible() -> bool:
        state = cluster.companion(ClusterState.of)
        state.renew(cluster.snapshot())
        return bool(verdict(cluster.snapshot().pending[0], state).feasible)

    assert not feasible()
    cluster.apply(Put(replace(old, handle=handle)))
    assert feasible()
    cluster.apply(Put(old))
    assert not feasible()
    cluster.apply(Put(replace(first(world.claims, "cv"), volume_name="w")))
    assert feasible()


def test_a_state_that_follows_for_long_does_not_grow() -> None:
    world = snapshot(node(name="n", cpu="2"), on("old", "n", requests={"cpu": "1"}), pod(name="p"))
    old = first(world.pods, "old")
    cluster = Cluster(world)
    state = cluster.companion(ClusterState.of)
    before = verdict(world.pending[0], state)
    for _ in range(50):
        cluster.apply(Gone(old))
        cluster.apply(Put(old))
        state.renew(cluster.snapshot())
        assert verdict(world.pending[0], state) == before
    assert len(state.journal) < 15


# What the events mean


def stored(*objects: Any) -> Snapshot:
    return snapshot(*f_nodes(), *objects)


def first(things: tuple[Any, ...], name: str) -> Any:
    return next(thing for thing in things if thing.name == name)


def nodes_open(cluster: Cluster) -> set[str]:
    problem = formulate(cluster, question_of(cluster.snapshot()), STRICT)
    return {problem.nodes[n] for n in np.flatnonzero(problem.limit.any(axis=0))}


def on(name: str, home: str, **more: Any) -> Any:
    """A running pod."""
    return pod(name=name, node=home, **more)


def test_what_is_put_again_keeps_its_place() -> None:
    """Pods of equal priority are asked in input order (Q2)."""
    world = stored(*(pod(name=name) for name in ("p", "q")), *(claim(name=name) for name in ("c", "d")))
    cluster = Cluster(world)
    for thing in (world.pods[0], world.claims[0]):
        cluster.apply(Put(thing))
    assert cluster.snapshot() == world


def test_a_pod_that_is_gone_gives_back_its_room() -> None:
    world = snapshot(
        node(name="n", cpu="2"), on("old", "n", requests={"cpu": "2"}), pod(name="p", requests={"cpu": "1"})
    )
    cluster = Cluster(world)
    assert nodes_open(cluster) == set()
    cluster.apply(Gone(first(world.pods, "old")))
    assert nodes_open(cluster) == {"n"}


DRIVER = "csi.example.com"
RULES: dict[str, dict[str, Any]] = {
    "room": {"requests": {"cpu": "3"}},
    "labels": {"labels": WEB},
    "anti-affinity": {"pod_anti_affinity": required_terms(affinity_term(labels=WEB, key=ZONE))},
    "selector of a label that nobody else asks about": {"spread": [spread(labels={"odd": "1"})]},
    "host port": {
        "containers": [container(requests={"cpu": "1"}, ports=[{"containerPort": 80, "hostPort": 80}])]
    },
    "shared volume": {"claims": ["shared"]},
    "claim of another pod": {"volumes": [ephemeral_volume(name="data", storage_class="fast")]},
    "workload": {"owner": ("StatefulSet", "db")},
}


@pytest.mark.parametrize("rule", RULES)
def test_a_pod_that_is_gone_leaves_no_trace_of_its_rules(rule: str) -> None:
    """Another pod with the same rules stays: only what both share may stay too."""
    world = stored(
        *(csi_node(name=name, limits={DRIVER: 3}) for name in ("a1", "a2", "b1", "b2", "c1", "c2")),
        storage_class(name="fast", provisioner=DRIVER),
        volume(name="pv", driver=DRIVER, claim="shared"),
        claim(name="shared", volume="pv", modes=["ReadWriteMany"]),
        *(claim(name=f"{p}-data", storage_class="fast") for p in ("old-0", "old-1")),
        claim(name="c", storage_class="fast"),
        on("old-0", "a1", **RULES[rule]),
        on("old-1", "a1", **{"host port": {}}.get(rule, RULES[rule])),
        pod(
            name="p",
            labels=WEB | {"odd": "1"},
            claims=["c"],
            spread=[spread(labels=WEB)],
            owner=("StatefulSet", "db"),
        ),
        pod(name="q", labels=WEB | {"odd": "2"}, containers=RULES["host port"]["containers"]),
        pod(name="r", labels=WEB | {"odd": "3"}, containers=RULES["host port"]["containers"]),
    )
    cluster = Cluster(world)
    question = question_of(world)
    for old in world.running:
        cluster.apply(Gone(old))
        followed = formulate(cluster, question, STRICT)
        assert differing(followed, compile_problem(cluster.snapshot(), question, STRICT)) == []


def test_a_volume_that_is_gone_is_not_missed_by_those_who_share_a_claim() -> None:
    """V36: an approximation is noted only while the class has volumes."""
    world = stored(
        storage_class(name="fast"),
        volume(name="v", storage_class="fast"),
        claim(name="c", storage_class="fast", modes=["ReadWriteMany"]),
        *(pod(name=name, claims=["c"]) for name in ("p", "q")),
    )
    cluster = Cluster(world)
    assert formulate(cluster, question_of(world), STRICT).approximations
    cluster.apply(Gone(first(world.volumes, "v")))
    assert not formulate(cluster, question_of(world), STRICT).approximations


def test_a_pod_that_is_bound_repels_those_that_avoid_it() -> None:
    apart = required_terms(affinity_term(labels=WEB, key=HOSTNAME))
    two = [node(name=name) for name in ("m", "n")]
    world = snapshot(*two, *(pod(name=p, labels=WEB, pod_anti_affinity=apart) for p in ("p", "q")))
    cluster = Cluster(world)
    assert nodes_open(cluster) == {"m", "n"}
    cluster.apply(Put(replace(first(world.pods, "p"), node_name=NodeName("m"), phase="Running")))
    assert nodes_open(cluster) == {"n"}
    assert [p.name for p in cluster.snapshot().pending] == ["q"]


def test_a_pod_on_a_node_that_nobody_knows_counts_nowhere() -> None:
    world = snapshot(node(name="n"), pod(name="p", spread=[spread(labels=WEB)]))
    cluster = Cluster(world)
    before = formulate(cluster, question_of(world), STRICT)
    cluster.apply(Put(replace(first(world.pods, "p"), key="prod/q", name="q", node_name=NodeName("gone"))))
    assert differing(formulate(cluster, question_of(world), STRICT), before) == []


@pytest.mark.parametrize(("bound_to", "expected"), [("here", set()), ("elsewhere", {"n"})])
def test_a_claim_bound_to_another_volume_changes_what_its_running_pod_uses(
    bound_to: str, expected: set[str]
) -> None:
    """V12: the newcomer's own volume is either on the node already, or the second where one is the limit."""
    world = snapshot(
        node(name="n"),
        csi_node(name="n", limits={DRIVER: 1}),
        storage_class(name="fast", provisioner=DRIVER),
        *(volume(name=v, driver=DRIVER, storage_class="other") for v in ("here", "elsewhere")),
        claim(name="old", storage_class="fast", volume="elsewhere", modes=["ReadWriteMany"]),
        claim(name="new", storage_class="fast", volume="elsewhere", modes=["ReadWriteMany"]),
        on("runs", "n", claims=["old"]),
        pod(name="p", claims=["new"]),
    )
    cluster = Cluster(world)
    old = first(world.claims, "old")
    cluster.apply(Put(replace(old, volume_name="here")))
    assert nodes_open(cluster) == set()
    cluster.apply(Put(replace(old, volume_name=bound_to)))
    assert nodes_open(cluster) == expected


def test_a_new_volume_opens_the_nodes_that_reach_it() -> None:
    local = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
    free = volume(name="v", storage_class="local", affinity=[in_zones("za")], local=True)
    world = stored(local, free, claim(name="c", storage_class="local"), pod(name="p", claims=["c"]))
    cluster = Cluster(world)
    opened = nodes_open(cluster)
    assert opened
    cluster.apply(Gone(first(world.volumes, "v")))
    assert nodes_open(cluster) == set()
    cluster.apply(Put(first(world.volumes, "v")))
    assert nodes_open(cluster) == opened


def test_v35_reported_capacity_counts_from_the_moment_it_is_told() -> None:
    world = snapshot(
        *f_nodes(),
        csi_driver(name=DRIVER, storage_capacity=True),
        storage_class(name="pool", provisioner=DRIVER, waits=True),
        capacity(name="room", storage_class="pool", topology=selector(labels={ZONE: "za"}), capacity="1Gi"),
        claim(name="c", storage_class="pool", storage="5Gi"),
        pod(name="p", claims=["c"]),
    )
    (small,) = world.capacities
    cluster = Cluster(world)

    def places() -> tuple[int, int]:
        """To the search, and to kube-scheduler's filters."""
        now = cluster.snapshot()
        question = Question(pods=(now.pending[0].key,))
        state = cluster.companion(ClusterState.of)
        state.renew(now)
        feasible = verdict(now.pending[0], state).feasible
        return len(place(now, question, STRICT, cluster=cluster).placement.assignments), len(feasible)

    assert places() == (0, 0)
    cluster.apply(Put(replace(small, capacity_milli=1000 * 2**33)))
    assert places() == (1, 2)
    cluster.apply(Gone(small))
    assert places() == (0, 0)
