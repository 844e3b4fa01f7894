"""The extender contract (X): our answers read the way kube-scheduler reads them. For EX-X6:
``test_newcomers``."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient

from extender.book.verdicts import Refusal
from tests import builders as b
from tests.builders import Raw, f_nodes, snapshot
from tests.extender.desk import JSON, args, client_of, full_args, placed, post, told
from tests.extender.kube_scheduler import CycleFailedError, Filtered, read_filter, read_priorities

DB = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "3"}, owner=("StatefulSet", "db"))
WEB = b.pod(name="web-0", labels={"app": "web"}, requests={"cpu": "2"}, owner=("ReplicaSet", "web"))
NODES = ("a1", "a2", "b1", "b2", "c1")


@pytest.fixture
def client() -> FlaskClient:
    """db-0 is planned on a1 and web-0 on a2, where there is room for one of them each."""
    return client_of(snapshot(*f_nodes(), DB, WEB), placed(db_0="a1", web_0="a2"))


def raw(client: FlaskClient, verb: str, body: Raw) -> bytes:
    return client.post(f"/{verb}", data=json.dumps(body), content_type=JSON).data


def filtered(client: FlaskClient, pod: Raw, nodes: Sequence[str]) -> Filtered:
    return read_filter(raw(client, "filter", args(pod, nodes)), nodes)


def test_ex_x1_kept_nodes_remain_and_refused_ones_carry_their_reason(client: FlaskClient) -> None:
    read = filtered(client, DB, ["a1", "a2"])
    assert read.feasible == ["a1"]
    assert read.unresolvable == {"a2": Refusal.NEEDED}
    theirs = read_filter(b'{"NodeNames": ["a1"], "FailedNodes": {"b1": "x"}}', ["a1", "b1"])
    assert theirs == Filtered(["a1"], {"b1": "x"}, {})


def test_ex_x2_no_node_is_named_that_was_not_asked_about(client: FlaskClient) -> None:
    with pytest.raises(CycleFailedError):
        read_filter(b'{"NodeNames": ["z9"]}', NODES)
    for asked in (["a2"], ["b1", "c1"], [], ["z9"]):
        assert set(filtered(client, DB, asked).feasible) <= set(asked)


def test_ex_x3_no_answer_is_an_empty_object(client: FlaskClient) -> None:
    """``{}`` reads as "no node fits" without a reason; ours says either which nodes or what is wrong."""
    assert read_filter(b"{}", ["a1"]) == Filtered([], {}, {"a1": ""})
    none_left = filtered(client, DB, ["a2"])
    assert none_left.feasible == []
    assert all(none_left.unresolvable.values())
    with pytest.raises(CycleFailedError, match="bulkhead: "):
        read_filter(raw(client, "filter", {}), ["a1"])


def test_ex_x4_scores_are_integers_that_weigh_in_tenfold(client: FlaskClient) -> None:
    assert read_priorities(b'[{"Host": "a1", "Score": 7}]', weight=2) == {"a1": 140}
    gained = read_priorities(raw(client, "prioritize", args(DB, NODES)), weight=2)
    assert gained.keys() == set(NODES)
    assert gained["a1"] == 200
    assert all(0 <= points <= 200 for points in gained.values())


def test_ex_x5_preemption_is_not_tried_on_what_we_refuse(client: FlaskClient) -> None:
    """Every node in a request has passed the filters, so there is no victim to find on it."""
    both = b'{"FailedNodes": {"b1": "x"}, "FailedAndUnresolvableNodes": {"b1": "y"}}'
    assert read_filter(both, ["b1"]) == Filtered([], {}, {"b1": "y"})
    assert filtered(client, DB, NODES).unschedulable == {}


# Both payload modes


def test_node_objects_go_back_as_they_came(client: FlaskClient) -> None:
    nodes = [node | {"spec": {"podCIDR": "10.0.0.0/24", "unknown": [1.5, None]}} for node in f_nodes()]
    answer = post(client, "filter", full_args(DB, nodes))
    assert answer["NodeNames"] is None
    assert answer["Nodes"]["items"] == [node for node in nodes if node["metadata"]["name"] != "a2"]
    assert told(answer) == dict.fromkeys(("a1", "b1", "b2", "c1"), "kept") | {"a2": Refusal.NEEDED}


def test_both_modes_say_the_same(client: FlaskClient) -> None:
    named, full = args(DB, NODES), full_args(DB, f_nodes())
    assert told(post(client, "filter", named)) == told(post(client, "filter", full))
    assert post(client, "prioritize", named) == post(client, "prioritize", full)


@pytest.mark.parametrize("keys", [str, str.lower, str.upper])
def test_letter_case_of_keys_does_not_matter(client: FlaskClient, keys: type[str]) -> None:
    body = {keys(k): v for k, v in args(DB, NODES).items()}
    assert told(post(client, "filter", body)) == told(post(client, "filter", args(DB, NODES)))


def test_unknown_fields_are_tolerated(client: FlaskClient) -> None:
    body = {**args(DB, NODES), "FutureField": {"deep": [[[]]]}}
    assert told(post(client, "filter", body))["a1"] == "kept"


def test_a_node_asked_about_twice_is_answered_once(client: FlaskClient) -> None:
    twice = args(DB, ["a1", "a2", "a1", "a2"])
    assert post(client, "filter", twice)["NodeNames"] == ["a1"]
    assert [entry["Host"] for entry in post(client, "prioritize", twice)] == ["a1", "a2"]


def test_unknown_nodes_are_refused_by_name_in_either_mode(client: FlaskClient) -> None:
    stranger = b.node(name="z9", zone="za")
    assert told(post(client, "filter", args(DB, ["a1", "z9"])))["z9"] == Refusal.NOT_KNOWN
    assert told(post(client, "filter", full_args(DB, [stranger]))) == {"z9": Refusal.NOT_KNOWN}
    assert post(client, "prioritize", args(DB, ["a1", "z9"])) == [
        {"Host": "a1", "Score": 10},
        {"Host": "z9", "Score": 0},
    ]


def test_no_nodes_at_all_is_a_question_like_any_other(client: FlaskClient) -> None:
    assert post(client, "filter", args(DB, []))["NodeNames"] == []
    assert post(client, "filter", full_args(DB, []))["Nodes"]["items"] == []
    assert post(client, "filter", {"Pod": DB, "Nodes": {"items": None}})["Nodes"]["items"] == []
    assert post(client, "prioritize", args(DB, [])) == []


def test_asking_again_changes_nothing(client: FlaskClient) -> None:
    """X12."""
    first = raw(client, "filter", args(DB, NODES))
    post(client, "filter", args(WEB, NODES))
    post(client, "prioritize", args(WEB, NODES))
    assert raw(client, "filter", args(DB, NODES)) == first


def test_a_pod_of_the_same_name_with_other_needs_is_planned_as_new(client: FlaskClient) -> None:
    """Its own slot on a1 is in nobody's way; on a2 it would be in the way of web-0."""
    larger = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "4"}, owner=("StatefulSet", "db"))
    answer = told(post(client, "filter", args(larger, NODES)))
    assert answer == dict.fromkeys(("a1", "b1", "b2", "c1"), "kept") | {"a2": Refusal.NEEDED}


# Bad input

POD = json.dumps(DB)
NESTED = "[" * 100_000
BAD = {
    "nothing": (b"", "is empty"),
    "blanks": (b" \n ", "is empty"),
    "no JSON": (b"nonsense", "cannot be read"),
    "half a body": (f'{{"Pod": {POD}, "NodeNa'.encode(), "cannot be read"),
    "two bodies": (b"{} {}", "cannot be read"),
    "not UTF-8": (b'{"Pod": "\xff"}', "not UTF-8"),
    "null": (b"null", "cannot be read"),
    "a list": (b"[]", "cannot be read"),
    "a number": (b"1", "cannot be read"),
    "an empty object": (b"{}", "has no Pod"),
    "a null pod": (b'{"Pod": null, "NodeNames": []}', "has no Pod"),
    "a pod that is a word": (b'{"Pod": "db-0", "NodeNames": []}', "not a JSON object"),
    "a pod that is a list": (b'{"Pod": [], "NodeNames": []}', "not a JSON object"),
    "a pod without a name": (b'{"Pod": {}, "NodeNames": []}', "metadata.name"),
    "a pod without a spec": (b'{"Pod": {"metadata": {"name": "p"}}, "NodeNames": []}', "a pod spec"),
    "a pod with a broken field": (
        json.dumps(args({**DB, "spec": {"containers": 7}}, ["a1"])).encode(),
        "spec.containers",
    ),
    "a pod with a broken quantity": (
        json.dumps(args(b.pod(name="p", requests={"cpu": "much"}), ["a1"])).encode(),
        "requests.cpu",
    ),
    "neither mode": (f'{{"Pod": {POD}}}'.encode(), "neither Nodes nor NodeNames"),
    "both modes null": (f'{{"Pod": {POD}, "Nodes": null, "NodeNames": null}}'.encode(), "neither"),
    "both modes": (f'{{"Pod": {POD}, "Nodes": {{"items": []}}, "NodeNames": []}}'.encode(), "both"),
    "names that are no list": (f'{{"Pod": {POD}, "NodeNames": "a1"}}'.encode(), "NodeNames"),
    "a name that is a number": (f'{{"Pod": {POD}, "NodeNames": ["a1", 2]}}'.encode(), "NodeNames"),
    "a null name": (f'{{"Pod": {POD}, "NodeNames": [null]}}'.encode(), "NodeNames"),
    "nodes that are a list": (f'{{"Pod": {POD}, "Nodes": []}}'.encode(), "Nodes"),
    "a node without a name": (f'{{"Pod": {POD}, "Nodes": {{"items": [{{}}]}}}}'.encode(), "items[0]"),
    "a null node": (f'{{"Pod": {POD}, "Nodes": {{"items": [null]}}}}'.encode(), "items[0]"),
    "deep nesting": (f'{{"Pod": {POD}, "NodeNames": {NESTED}'.encode(), "nesting"),
    "deep nesting in the pod": (f'{{"Pod": {{"metadata": {NESTED}'.encode(), "nesting"),
    "deep nesting beside": (f'{{"Pod": {POD}, "NodeNames": [], "x": {NESTED}'.encode(), "nesting"),
}


@pytest.mark.parametrize(("body", "word"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_with_what_is_wrong(client: FlaskClient, body: bytes, word: str) -> None:
    response = client.post("/filter", data=body, content_type=JSON)
    assert response.status_code == 200
    answer = json.loads(response.data)
    assert answer["Error"].startswith("bulkhead: ")
    assert word in answer["Error"]
    assert len(answer["Error"]) <= 1000
    response = client.post("/prioritize", data=body, content_type=JSON)
    assert (response.status_code, response.data) == (200, b"[]")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_bad_input(client: FlaskClient, content_type: str) -> None:
    body = json.dumps(args(DB, NODES))
    response = client.post("/filter", data=body, content_type=content_type)
    assert response.status_code == 200
    assert "content type" in json.loads(response.data)["Error"]


def test_a_charset_beside_the_content_type_is_fine(client: FlaskClient) -> None:
    body = json.dumps(args(DB, NODES))
    response = client.post("/filter", data=body, content_type="application/json; charset=utf-8")
    assert json.loads(response.data)["Error"] == ""


def test_a_body_over_the_limit_is_bad_input() -> None:
    client = client_of(snapshot(*f_nodes(), DB), placed(db_0="a1"), max_body_bytes=2000)
    assert told(post(client, "filter", args(DB, NODES)))["a1"] == "kept"
    answer = post(client, "filter", args(DB, [f"node-{i}" for i in range(500)]))
    assert "the limit is 2000" in answer["Error"]


def test_bad_input_leaves_the_next_call_alone(client: FlaskClient) -> None:
    client.post("/filter", data=b"nonsense", content_type=JSON)
    assert told(post(client, "filter", args(DB, ["a1"]))) == {"a1": "kept"}
