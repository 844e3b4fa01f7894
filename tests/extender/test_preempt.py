"""The preempt verb (A6, B1.6): which evictions are worth it, and what may go over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.outcome import Verdict
from tests import builders as b
from tests.builders import ZONE, Raw, snapshot
from tests.extender.desk import JSON, client_of, placed
from tests.extender.test_joint_safety import planned_by_chance
from tests.strategies import World, worlds

ONE_PER_ZONE = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))
NODES = [b.node(name=f"{zone}1", zone=f"z{zone}") for zone in "abc"]


def low(node: str, priority: int = 0, **more: Any) -> Raw:
    return b.pod(name=f"low-{node}", node=node, requests={"cpu": "4"}, priority=priority, **more)


def db(name: str, **more: Any) -> Raw:
    return b.pod(
        name=name,
        labels={"app": "db"},
        requests={"cpu": "3"},
        priority=10,
        owner=("StatefulSet", "db"),
        pod_anti_affinity=ONE_PER_ZONE,
        **more,
    )


def uid(pod: Raw) -> str:
    return str(pod["metadata"]["uid"])


def asked(pod: Raw, victims: Mapping[str, Sequence[Raw]]) -> Raw:
    metas = {
        n: {"Pods": [{"UID": uid(p)} for p in pods], "NumPDBViolations": 1} for n, pods in victims.items()
    }
    return {"Pod": pod, "NodeNameToVictims": None, "NodeNameToMetaVictims": metas}


def asked_with_objects(pod: Raw, victims: Mapping[str, Sequence[Raw]]) -> Raw:
    found = {n: {"Pods": list(pods), "NumPDBViolations": 1} for n, pods in victims.items()}
    return {"Pod": pod, "NodeNameToVictims": found, "NodeNameToMetaVictims": None}


def answer(client: FlaskClient, body: Any) -> dict[str, Any]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = client.post("/preempt", data=text, content_type=JSON)
    assert response.status_code == 200
    answered = json.loads(response.data)
    assert answered.keys() == {"NodeNameToMetaVictims"}
    found: dict[str, Any] = answered["NodeNameToMetaVictims"]
    assert isinstance(found, dict)
    for meta in found.values():  # a null ends kube-scheduler
        assert isinstance(meta["NumPDBViolations"], int)
        assert all(isinstance(pod["UID"], str) for pod in meta["Pods"])
    return found


def client_for(*objects: Raw, **slots: str) -> FlaskClient:
    return client_of(snapshot(*objects), placed(**slots), Verdict.DOES_NOT_FIT)


@pytest.mark.parametrize("mode", [asked, asked_with_objects])
def test_an_eviction_that_lets_the_pod_in_is_kept_as_it_was_proposed(mode: Any) -> None:
    victims = {"a1": [low("a1")], "b1": [low("b1")]}
    client = client_for(*NODES, low("a1"), low("b1"), low("c1", priority=20), db("db-0"))
    assert answer(client, mode(db("db-0"), victims)) == {
        name: {"Pods": [{"UID": uid(low(name))}], "NumPDBViolations": 1} for name in victims
    }


def test_an_eviction_that_does_not_let_the_pod_in_is_not_kept() -> None:
    """Somebody runs in za that the pod may not meet; kube-scheduler may have seen that later than we."""
    foe = b.pod(name="db-9", labels={"app": "db"}, node="a1", requests={"cpu": "1m"}, priority=20)
    client = client_for(*NODES, low("a1"), low("b1"), foe, db("db-0"))
    assert answer(client, asked(db("db-0"), {"a1": [low("a1")], "b1": [low("b1")]})).keys() == {"b1"}


def test_an_eviction_that_leaves_a_sibling_without_a_place_is_not_kept() -> None:
    """db-1 has its disk in za, and one zone holds one of them."""
    world = [
        *NODES,
        low("a1"),
        low("b1"),
        low("c1", priority=20),
        b.storage_class(name="fast"),
        b.volume(name="pv", storage_class="fast", claim="data-1", affinity=[b.in_zones("za")]),
        b.claim(name="data-1", storage_class="fast", volume="pv"),
        db("db-0"),
        db("db-1", claims=["data-1"]),
    ]
    client = client_for(*world)
    assert answer(client, asked(db("db-0"), {"a1": [low("a1")], "b1": [low("b1")]})).keys() == {"b1"}


def test_siblings_may_need_evictions_of_their_own() -> None:
    client = client_for(*NODES, *(low(n) for n in ("a1", "b1", "c1")), *(db(f"db-{i}") for i in range(3)))
    victims = {n: [low(n)] for n in ("a1", "b1", "c1")}
    assert answer(client, asked(db("db-0"), victims)).keys() == victims.keys()


def test_no_eviction_is_worth_it_when_the_cohort_never_fits() -> None:
    """Four replicas, one per zone, three zones: without the verb three victims would be evicted (B0.6)."""
    client = client_for(*NODES, *(low(n) for n in ("a1", "b1", "c1")), *(db(f"db-{i}") for i in range(4)))
    assert answer(client, asked(db("db-0"), {n: [low(n)] for n in ("a1", "b1", "c1")})) == {}


def test_an_eviction_where_somebody_else_has_to_go_is_not_kept() -> None:
    """Both may run if the first one leaves the cheaper node to the second."""
    urgent = {"requests": {"cpu": "3"}, "priority": 10}
    anywhere = b.pod(name="anywhere", **urgent)  # type: ignore[arg-type]
    picky = b.pod(name="picky", node_selector={b.HOSTNAME: "a1"}, **urgent)  # type: ignore[arg-type]
    victims = {"a1": [low("a1")], "b1": [low("b1", priority=5)]}
    running = [pod for pods in victims.values() for pod in pods]
    client = client_for(*NODES[:2], *running, anywhere, picky)
    assert answer(client, asked(anywhere, victims)).keys() == {"b1"}
    assert answer(client, asked(picky, {"a1": victims["a1"]})).keys() == {"a1"}


def test_somebody_less_urgent_who_waits_changes_no_eviction() -> None:
    anywhere = b.pod(name="anywhere", requests={"cpu": "3"}, priority=10)
    picky = b.pod(name="picky", requests={"cpu": "3"}, priority=9, node_selector={b.HOSTNAME: "a1"})
    victims = {"a1": [low("a1")], "b1": [low("b1", priority=5)]}
    client = client_for(*NODES[:2], low("a1"), low("b1", priority=5), anywhere, picky)
    assert answer(client, asked(anywhere, victims)).keys() == {"a1", "b1"}


def test_an_eviction_that_costs_somebody_else_a_slot_is_not_kept() -> None:
    """f-0 is planned beside low-a1, which it needs."""
    needy = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "low"}))
    cheap = b.pod(name="low-a1", labels={"app": "low"}, node="a1", requests={"cpu": "2"})
    follower = b.pod(name="f-0", requests={"cpu": "100m"}, pod_affinity=needy)
    client = client_for(*NODES, cheap, low("b1"), db("db-0"), follower, f_0="a1")
    victims = {"a1": [cheap], "b1": [low("b1")]}
    assert answer(client, asked(db("db-0"), victims)).keys() == {"b1"}


def test_a_node_without_victims_is_legal_in_and_out() -> None:
    client = client_for(*NODES, low("a1"), db("db-0"))
    assert answer(client, asked(db("db-0"), {"b1": []})) == {"b1": {"Pods": [], "NumPDBViolations": 1}}
    nothing = {"Pod": db("db-0"), "NodeNameToMetaVictims": {"b1": {"Pods": None}}}
    assert answer(client, nothing) == {"b1": {"Pods": [], "NumPDBViolations": 0}}
    null = {"Pod": db("db-0"), "NodeNameToMetaVictims": {"b1": None, "a1": None}}
    assert answer(client, null) == {"b1": {"Pods": [], "NumPDBViolations": 0}}


def test_no_candidates_are_no_candidates() -> None:
    client = client_for(*NODES, db("db-0"))
    for empty in ({}, {"NodeNameToMetaVictims": {}}, {"NodeNameToVictims": None}):
        assert answer(client, {"Pod": db("db-0"), **empty}) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"null",
        b"[]",
        b"{}",
        b'{"Pod": null}',
        b'{"Pod": {}, "NodeNameToMetaVictims": {}}',
        json.dumps({"Pod": db("db-0"), "NodeNameToMetaVictims": []}).encode(),
        json.dumps({"Pod": db("db-0"), "NodeNameToMetaVictims": {"a1": 7}}).encode(),
        json.dumps({"Pod": db("db-0"), "NodeNameToMetaVictims": {"a1": {"Pods": [{}]}}}).encode(),
        json.dumps({"Pod": db("db-0"), "NodeNameToMetaVictims": {"a1": {"Pods": [None]}}}).encode(),
        json.dumps({"Pod": db("db-0"), "NodeNameToVictims": {"a1": {"Pods": [{"metadata": {}}]}}}).encode(),
        b'{"Pod": {"metadata": {"name": "p"}, "spec": {"containers": []}}, "x": ' + b"[" * 100_000,
    ],
)
def test_with_bad_input_nobody_is_evicted(body: bytes) -> None:
    client = client_for(*NODES, low("a1"), db("db-0"))
    assert answer(client, body) == {}


@settings(max_examples=60, deadline=None)
@given(worlds(max_pods=5, ordered=False), st.randoms(use_true_random=False), st.data())
def test_the_answer_is_always_decodable_and_a_subset(world: World, chance: Any, data: st.DataObject) -> None:
    """Whatever kube-scheduler proposes, stale or odd: candidates come back as they were, or not at all."""
    known = world.read()
    client = client_of(known, planned_by_chance(known, chance), Verdict.UNKNOWN)
    pods = [item for item in world.objects if item["kind"] == "Pod"]
    if not pods:
        return
    names = [*(node.name for node in known.nodes), "z9"]
    metas = st.fixed_dictionaries(
        {
            "Pods": st.one_of(
                st.none(),
                st.lists(st.fixed_dictionaries({"UID": st.sampled_from([*map(uid, pods), "gone"])})),
            ),
            "NumPDBViolations": st.integers(0, 3),
        }
    )
    proposed = data.draw(st.dictionaries(st.sampled_from(names), st.one_of(st.none(), metas), max_size=4))
    body = {"Pod": data.draw(st.sampled_from(pods)), "NodeNameToMetaVictims": proposed}
    for name, meta in answer(client, body).items():
        before = proposed[name] or {}
        assert name in known.node_by_name
        assert meta["Pods"] == (before.get("Pods") or [])
        assert meta["NumPDBViolations"] == before.get("NumPDBViolations", 0)
