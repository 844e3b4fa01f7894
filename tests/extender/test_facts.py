"""The ten facts that decide the design (B0), and what was seen on the wire (B1): what we do about each.

Where another file tests a fact at length, its test here is the shortest form of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from extender.config import ExtenderConfig
from tests import builders as b
from tests.builders import ZONE, Raw, f_nodes, snapshot
from tests.extender.changing import Stage
from tests.extender.desk import JSON, args, client_of, full_args, key, placed, post, told
from tests.extender.kube_scheduler import read_filter, read_priorities
from tests.paths import PROJECT

DB = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "3"}, owner=("StatefulSet", "db"))
WEB = b.pod(name="web-0", labels={"app": "web"}, requests={"cpu": "2"}, owner=("ReplicaSet", "web"))
NODES = ("a1", "a2", "b1", "b2", "c1")
SHIPPED: dict[str, Any] = yaml.safe_load(
    (PROJECT / "deploy/scheduler/kube-scheduler.yaml").read_text(encoding="utf-8")
)


@pytest.fixture
def client() -> FlaskClient:
    return client_of(snapshot(*f_nodes(), DB, WEB), placed(db_0="a1", web_0="a2"))


def raw(client: FlaskClient, verb: str, body: Raw) -> bytes:
    return client.post(f"/{verb}", data=json.dumps(body), content_type=JSON).data


# B0


def test_b0_1_names_are_enough_and_whole_nodes_get_the_same_verdicts(client: FlaskClient) -> None:
    (shipped,) = SHIPPED["extenders"]
    assert shipped["nodeCacheCapable"] is True
    names, objects = args(DB, NODES), full_args(DB, f_nodes())
    assert told(post(client, "filter", names)) == told(post(client, "filter", objects))


def test_b0_2_a_call_ends_well_before_kube_scheduler_gives_up() -> None:
    """The filter call stops the whole scheduler while it lasts."""
    assert SHIPPED["extenders"][0]["httpTimeout"] == "2s"
    assert ExtenderConfig().deadlines.total_s <= 1


def test_b0_3_a_sample_without_the_planned_node_is_answered_within_the_sample(client: FlaskClient) -> None:
    assert SHIPPED["profiles"][0]["percentageOfNodesToScore"] == 100
    assert read_filter(raw(client, "filter", args(DB, ["b1", "b2"])), ["b1", "b2"]).feasible == ["b1", "b2"]


def test_b0_4_scores_are_written_as_integers(client: FlaskClient) -> None:
    """``5.0`` would throw the whole list away."""
    text = raw(client, "prioritize", args(DB, NODES))
    assert b"." not in text
    assert all(type(entry["Score"]) is int and 0 <= entry["Score"] <= 10 for entry in json.loads(text))


def test_b0_5_nothing_depends_on_prioritize_being_called() -> None:
    """With one feasible node it is not, and its errors are ignored: only filter keeps promises."""
    stage = Stage(snapshot(*f_nodes(), *_replicas(3), WEB))
    stage.day(max)  # asks filter alone, and takes the worst node as often as the best
    assert not stage.source.snapshot().pending


def test_b0_6_an_eviction_that_helps_nobody_is_never_kept() -> None:
    low = [b.pod(name=f"low-{n}", node=n, requests={"cpu": "4"}) for n in ("a1", "b1", "c1")]
    nodes = [b.node(name=n, zone=f"z{n[0]}") for n in ("a1", "b1", "c1")]
    client = client_of(snapshot(*nodes, *low, *_replicas(4, priority=9)), placed())
    victims = {n: {"Pods": [{"UID": pod["metadata"]["uid"]}]} for n, pod in zip("abc", low, strict=True)}
    proposed = {f"{n}1": meta for n, meta in victims.items()}
    body = {"Pod": _replicas(1, priority=9)[0], "NodeNameToMetaVictims": proposed}
    text = raw(client, "preempt", body)
    assert json.loads(text) == {"NodeNameToMetaVictims": {}}
    assert b"null" not in text  # one null ends the kube-scheduler process


def test_b0_7_the_same_question_again_gets_the_same_answer(client: FlaskClient) -> None:
    asked = args(b.pod(name="new-0", requests={"cpu": "1"}), NODES)
    assert len({raw(client, "filter", asked) for _ in range(5)}) == 1
    assert len({raw(client, "filter", args(DB, NODES)) for _ in range(5)}) == 1


def test_b0_7_a_slot_that_expires_is_free_at_once_and_needs_no_event() -> None:
    """Nobody is asked again because of it for up to five minutes; the next one who asks must see it."""
    stage = Stage(snapshot(*f_nodes(), DB))
    home = stage.book.plan.slots.node_of[key("db-0")]
    stage.settle(ExtenderConfig().reservations.ttl_s + 1)
    stage.settle(10)
    (web,) = snapshot(*f_nodes(), b.pod(name="big-0", requests={"cpu": "4"})).pods
    stage.source.put(web)
    stage.settle()
    assert home in stage.kept(web)


def test_b0_8_the_shipped_way_to_the_extender_needs_no_certificates() -> None:
    """With ``enableHTTPS`` and no CA nobody is verified, in silence; beside the scheduler there is no TLS."""
    (shipped,) = SHIPPED["extenders"]
    assert shipped["urlPrefix"].startswith("http://127.0.0.1")
    assert not shipped.get("enableHTTPS")


def test_b0_9_pods_of_other_schedulers_are_seen_and_a_race_with_them_is_counted() -> None:
    stage = Stage(snapshot(*f_nodes(), DB))
    home = stage.book.plan.slots.node_of[key("db-0")]
    (other,) = snapshot(*f_nodes(), b.pod(name="other", requests={"cpu": "4"})).pods
    stage.source.bind(replace(other, scheduler_name="other"), home)
    stage.settle()
    assert stage.metrics.value("bulkhead_reservation_conflicts_total") == 1
    assert stage.book.plan.slots.node_of[key("db-0")] != home


def test_b0_10_the_documentation_says_that_autoscalers_never_ask() -> None:
    assert "Autoscalers never ask an extender" in (PROJECT / "README.md").read_text(encoding="utf-8")


def _replicas(number: int, **more: Any) -> Sequence[Raw]:
    apart = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))
    return [
        b.pod(
            name=f"db-{i}",
            labels={"app": "db"},
            requests={"cpu": "3"},
            owner=("StatefulSet", "db"),
            pod_anti_affinity=apart,
            **more,
        )
        for i in range(number)
    ]


# B1.2 Transport; over a real socket in test_serve


def test_b1_2_a_verb_never_answers_anything_but_200_and_never_redirects(client: FlaskClient) -> None:
    """Anything but 200 with a body costs the connection, and a redirect loses the body."""
    for verb in ("filter", "prioritize", "preempt"):
        for body in (b"", b"nonsense", b"{}", json.dumps(args(DB, NODES)).encode()):
            response = client.post(f"/{verb}", data=body, content_type=JSON)
            assert response.status_code == 200
            assert "Connection" not in response.headers
        assert client.post(f"/{verb}/", data=b"{}", content_type=JSON).status_code == 404


def test_b1_2_an_answer_ends_with_its_json(client: FlaskClient) -> None:
    """A few KB of blanks behind it would cost the connection."""
    for verb in ("filter", "prioritize"):
        text = raw(client, verb, args(DB, NODES))
        assert text == text.strip()
        json.loads(text)


def test_b1_2_idle_connections_outlive_those_of_kube_scheduler() -> None:
    assert ExtenderConfig().idle_timeout_s > 90


# B1.3 JSON rules, B1.4 filter


def test_b1_3_no_answer_leaves_room_to_be_read_as_no_node_fits(client: FlaskClient) -> None:
    for body in (args(DB, NODES), args(DB, ["z9"]), args(DB, []), {}, {"Pod": DB}):
        answer = json.loads(raw(client, "filter", body))
        assert answer["NodeNames"] is not None or answer["Error"]


def test_b1_4_every_node_asked_about_is_answered_once_and_no_other(client: FlaskClient) -> None:
    """A stranger is an error or a ghost, a node in neither list a refusal without a reason."""
    asked = [*NODES, "z9", *NODES]
    answer = told(post(client, "filter", args(DB, asked)))
    assert answer.keys() == set(asked)
    assert all(answer.values())


def test_b1_4_reasons_are_few_and_name_no_node(client: FlaskClient) -> None:
    """kube-scheduler counts equal texts."""
    reasons = set(told(post(client, "filter", args(WEB, [*NODES, "z9"]))).values()) - {"kept"}
    assert reasons
    for reason in reasons:
        assert reason.startswith("bulkhead: ")
        assert not any(name in reason for name in (*NODES, "z9"))


def test_b1_4_an_answer_stays_in_the_mode_of_its_question(client: FlaskClient) -> None:
    """Names alone in answer to whole nodes would mean no node."""
    by_name = post(client, "filter", args(DB, NODES))
    by_object = post(client, "filter", full_args(DB, f_nodes()))
    assert (by_name["Nodes"], by_object["NodeNames"]) == (None, None)


# B1.5 prioritize


def test_b1_5_the_planned_node_outweighs_every_score_in_tree_with_the_shipped_weight(
    client: FlaskClient,
) -> None:
    weight = SHIPPED["extenders"][0]["weight"]
    gained = read_priorities(raw(client, "prioritize", args(DB, NODES)), weight)
    in_tree = 1200
    assert gained["a1"] - min(gained.values()) > in_tree
    assert all(points <= 100 * weight for points in gained.values())


def test_b1_5_each_host_is_scored_once(client: FlaskClient) -> None:
    """A host listed twice would be summed."""
    listed = [entry["Host"] for entry in post(client, "prioritize", args(DB, [*NODES, *NODES]))]
    assert listed == list(NODES)


# B1.6 preempt: in test_preempt


def test_b1_6_nodes_we_refuse_are_no_place_for_preemption(client: FlaskClient) -> None:
    """In-tree filters let them pass, so a dry run there would find no victim and complain."""
    answer = json.loads(raw(client, "filter", args(DB, NODES)))
    assert answer["FailedNodes"] == {}
    assert answer["FailedAndUnresolvableNodes"].keys() == {"a2"}


def test_b1_6_the_shipped_configuration_has_the_verb() -> None:
    assert SHIPPED["extenders"][0]["preemptVerb"] == "preempt"


# B1.7 bind


def test_b1_7_there_is_no_bind(client: FlaskClient) -> None:
    assert "bindVerb" not in SHIPPED["extenders"][0]
    assert client.post("/bind", data=b"{}", content_type=JSON).status_code == 404


# B1.8 order of calls, B1.9 errors and requeue


def test_b1_8_a_nominated_node_is_asked_about_alone() -> None:
    stage = Stage(snapshot(*f_nodes(), DB))
    for node in stage.source.snapshot().nodes:
        assert stage.kept(stage.pod(key("db-0")), [node.name]) == (node.name,)


def test_b1_9_an_error_of_one_call_is_forgotten_at_the_next(client: FlaskClient) -> None:
    assert post(client, "filter", {"Pod": {}})["Error"]
    assert post(client, "filter", args(DB, NODES))["Error"] == ""


def test_b1_9_the_error_text_is_what_reaches_the_user(client: FlaskClient) -> None:
    error = post(client, "filter", {"Pod": DB})["Error"]
    assert error.startswith("bulkhead: ")
    assert len(error) < 1024


# B1.11 payload


def test_b1_11_images_and_managed_fields_of_whole_nodes_go_back_untouched(client: FlaskClient) -> None:
    image = {"names": ["registry.example.com/app@sha256:0"], "sizeBytes": 12345}
    nodes = [node | {"status": {**node["status"], "images": [image] * 50}} for node in f_nodes()]
    nodes = [node | {"metadata": {**node["metadata"], "managedFields": [{"x": None}]}} for node in nodes]
    kept = post(client, "filter", full_args(DB, nodes))["Nodes"]["items"]
    assert kept == [node for node in nodes if node["metadata"]["name"] != "a2"]
