"""The state between placements: what is counted follows every pod that comes and goes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.names import NodeName, PodKey
from solver.scheduler import ClusterState, verdict
from solver.scheduler.framework import passing
from solver.scheduler.journal import Change, Journal
from solver.scheduler.tally import Places, Tally
from tests.builders import (
    HOSTNAME,
    affinity_term,
    attachment,
    claim,
    container,
    csi_node,
    f_nodes,
    node,
    pod,
    preferred_terms,
    required_terms,
    selector,
    snapshot,
    spread,
    storage_class,
)
from tests.scheduler.judge import ask, by_node, place

WEB = {"app": "web"}
D = "d.csi.example.com"


def busy_world():
    """Pods whose verdicts depend on one another through every rule that counts pods."""
    port = {"containerPort": 80, "hostPort": 80}
    rules = {
        "labels": WEB,
        "requests": {"cpu": "1"},
        "spread": [spread(labels=WEB), spread(key=HOSTNAME, labels=WEB, soft=True)],
        "pod_affinity": preferred_terms((10, affinity_term(labels={"app": "db"}))),
    }
    friends = required_terms(affinity_term(labels=WEB))
    foes = required_terms(affinity_term(key=HOSTNAME, label_selector=selector(labels={"app": "db"})))
    pods = [pod(name=f"web-{i}", claims=[f"data-{i}"], **rules) for i in range(3)]
    pods += [
        pod(name=f"db-{i}", labels={"app": "db"}, pod_affinity=friends, pod_anti_affinity=foes)
        for i in range(3)
    ]
    pods += [pod(name=f"agent-{i}", containers=[container(ports=[port])]) for i in range(2)]
    pods += [pod(name=f"solo-{i}", claims=["single"]) for i in range(2)]
    return snapshot(
        *f_nodes(),
        storage_class(name="fast", provisioner=D),
        *(claim(name=f"data-{i}", storage_class="fast") for i in range(3)),
        claim(name="single", storage_class="fast", modes=["ReadWriteOncePod"]),
        *(csi_node(name=name, limits={D: 1}) for name in ("a1", "b1")),
        attachment(name="va", attacher=D, node="c1", volume="gone"),
        *pods,
    )


def all_verdicts(state):
    return [verdict(asked, state) for asked in state.snapshot.pending]


def test_taking_pods_off_again_restores_every_verdict():
    state = ClusterState.of(busy_world())
    before = all_verdicts(state)
    names = [p.key for p in state.snapshot.pending]
    for index, key in enumerate(names):
        place(state, key, ("a1", "b1", "c1")[index % 3])
    assert all_verdicts(state) != before
    for key in names:
        state.remove(key)
    assert all_verdicts(state) == before


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_tables_kept_up_to_date_agree_with_tables_built_afresh(seed):
    dice = random.Random(seed)
    world = busy_world()
    followed = ClusterState.of(world)
    seats: dict[PodKey, NodeName] = {}
    for _ in range(8):
        asked = dice.choice(world.pending)
        if asked.key in seats:
            key, _ = seats.popitem()  # the last one: what a placement assumed is undone in reverse
            followed.remove(key)
        else:
            seats[asked.key] = NodeName(dice.choice(["a1", "a2", "b1", "c1"]))
            followed.add(asked, seats[asked.key])
        verdict(dice.choice(world.pending), followed)  # some tables are read early, some late
    fresh = ClusterState.of(world)
    for key, home in seats.items():
        fresh.add(world.pod_by_key[key], home)
    assert all_verdicts(followed) == all_verdicts(fresh)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_fork_and_its_origin_go_their_own_ways(seed):
    """Whatever is added to or taken from either, both say what a state built afresh says."""
    dice = random.Random(seed)
    world = busy_world()
    seats: list[list[tuple[PodKey, NodeName]]] = [[]]
    states = [ClusterState.of(world)]
    for _ in range(12):
        which = dice.randrange(len(states))
        asked = dice.choice(world.pending)
        if seats[which] and dice.random() < 0.3:
            states[which].remove(seats[which].pop()[0])
        elif states[which].node_of(asked.key) is None:
            seats[which].append((asked.key, NodeName(dice.choice(["a1", "a2", "b1", "c1"]))))
            states[which].add(asked, seats[which][-1][1])
        verdict(dice.choice(world.pending), states[which])  # some tables are there to be taken over
        if len(states) < 4 and dice.random() < 0.4:
            states.append(states[which].fork())
            seats.append(list(seats[which]))
    for state, seated in zip(states, seats, strict=True):
        fresh = ClusterState.of(world)
        for key, home in seated:
            fresh.add(world.pod_by_key[key], home)
        assert all_verdicts(state) == all_verdicts(fresh)


def test_passing_nodes_are_those_every_filter_lets_the_pod_on():
    state = ClusterState.of(busy_world())
    place(state, "web-0", "a1")
    for asked in state.snapshot.pending:
        found = [n.node.name for n, ok in zip(state.nodes, passing(asked, state), strict=True) if ok]
        assert sorted(found) == list(verdict(asked, state).feasible)


def test_the_order_of_running_pods_does_not_matter():
    def world(*order):
        crowd = [pod(name=f"w{i}", node=("a1", "a1", "b1")[i], labels=WEB) for i in order]
        asked = pod(name="p", labels=WEB, spread=[spread(labels=WEB, soft=True)])
        return all_verdicts(ClusterState.of(snapshot(*f_nodes(), *crowd, asked)))

    assert world(0, 1, 2) == world(2, 0, 1)


def test_node_of_follows_the_pod():
    state = ClusterState.of(busy_world())
    key = PodKey("prod/web-0")
    assert state.node_of(key) is None
    place(state, "web-0", "a1")
    assert state.node_of(key) == "a1"
    state.remove(key)
    assert state.node_of(key) is None


def test_unknown_nodes_are_refused():
    state = ClusterState.of(busy_world())
    with pytest.raises(KeyError):
        state.node(NodeName("z9"))


def journal_of(*labels):
    pods = snapshot(*f_nodes(), *(pod(name=f"p{i}", labels=some) for i, some in enumerate(labels))).pods
    journal = Journal()
    for each in pods:
        journal.record(Change(each, 0, 1))
    return journal, pods


def test_cursor_yields_every_change_once():
    journal, pods = journal_of({"app": "a"}, {"app": "b"})
    cursor = journal.everything()
    assert [change.pod for change in cursor.fresh()] == list(pods)
    assert list(cursor.fresh()) == []
    journal.record(Change(pods[0], 0, -1))
    assert [change.delta for change in cursor.fresh()] == [-1]


def test_journal_files_changes_by_the_labels_a_selector_names():
    journal, pods = journal_of({"app": "a"}, {"app": "b"}, {"app": "c", "tier": "x"})
    term = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "c", "a"]}]}
    asked = snapshot(*f_nodes(), pod(name="q", spread=[spread(label_selector=term)])).pods[0]
    chosen = asked.spread[0].selector
    assert [change.pod for change in journal.about(chosen, ("prod",)).fresh()] == [pods[0], pods[2]]
    assert [change.pod for change in journal.about(chosen).fresh()] == [pods[0], pods[2]]
    assert list(journal.about(chosen, ("ops",)).fresh()) == []
    assert len(list(journal.about(None, ("prod",)).fresh())) == 3


def test_tally_knows_empty_places_and_its_minimum():
    journal, pods = journal_of({"app": "a"})
    tally = Tally(journal.everything(), lambda _: True, Places(("za", "zb", None)))
    assert (tally.minimum, dict(tally.by_place)) == (0, {"za": 0, "zb": 0})
    assert tally.refresh().at("za") == 1
    journal.record(Change(pods[0], 1, 1))
    journal.record(Change(pods[0], 2, 1))
    assert (tally.refresh().minimum, tally.total, tally.at(None)) == (1, 2, 0)


def test_sums_that_outgrow_64_bits_stay_exact():
    """Sums are read again for nodes that something happened on, and are too large only then."""
    pods = [pod(name=name, requests={"memory": "3Ei"}) for name in "pqrs"]
    world = snapshot(node(name="a1", memory="8Ei"), *pods)
    state = ClusterState.of(world)
    assert by_node(verdict(world.pods[3], state)) == {"a1": "ok"}
    for name in "pqr":
        place(state, name, "a1")
    assert by_node(verdict(world.pods[3], state)) == {"a1": "U Insufficient memory"}
    assert ask(state, "s", "a1") == "U Insufficient memory"
