"""B1.1 configuration, B1.2 transport: what kube-scheduler v1.34.1 does, where our answers rest on it."""

from __future__ import annotations

import pytest

from tests.e2e.harness.scripted import Call, Reply, as_json, echo
from tests.e2e.harness.watching import poll
from tests.e2e.harness.wire import MODERN, WAIT_S, Group, Wire, asking


def test_a_call_is_a_json_post_with_its_length_in_one_of_the_modes(wire: Wire, group: Group) -> None:
    """B1.4."""
    wire.pod("plain", group)
    assert wire.node_of("plain") in group.nodes
    (call,) = wire.main.calls("filter", "plain")
    assert (call.method, call.target) == ("POST", "/filter")
    assert call.headers["Content-Type"] == "application/json"
    assert int(call.headers["Content-Length"]) > 0
    assert sorted(call.body["NodeNames"]) == group.nodes
    assert call.body["Nodes"] is None


def test_without_a_ca_any_certificate_is_good_enough(wire: Wire, group: Group) -> None:
    """B0.8."""
    wire.pod("secure", group)
    wire.node_of("secure")
    assert wire.extenders.secure.calls("filter", "secure")


def test_with_tls_http_2_is_taken_when_offered_and_http_1_is_fine(wire: Wire, group: Group) -> None:
    """The one that offers it cannot speak it; it may fail."""
    wire.pod("modern", group, containers=asking(MODERN))
    wire.node_of("modern")
    assert set(wire.extenders.modern.negotiated) == {"h2"}
    assert not wire.extenders.modern.calls("filter", "modern")
    assert wire.extenders.secure.calls("filter", "modern")
    assert set(wire.extenders.secure.negotiated) == {None}


def test_the_proxy_of_kube_scheduler_gets_the_call(wire: Wire, group: Group) -> None:
    wire.pod("proxied", group)
    wire.node_of("proxied")
    (call,) = wire.extenders.proxied.calls("filter", "proxied")
    assert call.target == "http://extender.example.com/filter"


def test_errors_of_an_ignorable_extender_are_skipped(wire: Wire, group: Group) -> None:
    wire.pod("ignoring", group)
    wire.node_of("ignoring")
    assert wire.extenders.failing.calls("filter", "ignoring")


KEPT = {
    "usual": Reply(b""),
    "newline": Reply(b"\n"),
    "chunked": Reply(b"", headers={"Transfer-Encoding": "chunked"}),
    "large": Reply(b"", headers={"X-Padding": "250000"}),
}
"""What comes after the answer, and how it is sent; the connection is used again."""
LEFT = {
    "closed": Reply(b"", headers={"Connection": "close"}),
    "blank": Reply(b" " * 65_536),
    "unread": Reply(b"x" * 4096, 400),
}


@pytest.mark.parametrize("name", [*KEPT, *LEFT])
def test_a_connection_serves_the_next_call_unless_the_answer_was_not_read_to_its_end(
    wire: Wire, group: Group, name: str
) -> None:
    how = (KEPT | LEFT)[name]

    def say(call: Call) -> Reply:
        padding = "x" * int(how.headers.get("X-Padding", 0))
        answer = as_json({"NodeNames": call.body["NodeNames"], "FailedNodes": {"none": padding}})
        return Reply(answer.body + how.body, how.status, how.headers)

    wire.main.tell("filter", name, say)
    wire.main.tell("prioritize", name, lambda _: as_json([]))
    wire.pod(name, group)
    answered = wire.main.until_called("filter", name)[0].port
    poll("the pod is done with", lambda: how.status != 200 or bool(wire.node_of(name)), WAIT_S)
    wire.main.tell("filter", name, echo)
    wire.pod(f"after-{name}", group)
    wire.node_of(f"after-{name}")
    calls = wire.main.calls("filter", f"after-{name}")
    assert (calls[0].port == answered) == (name in KEPT)


def test_a_redirect_is_followed_and_302_loses_the_question(wire: Wire, group: Group) -> None:
    for status, name in ((302, "moved"), (307, "repeated")):
        there = {"Location": f"/elsewhere/{name}"}
        wire.main.tell("filter", name, lambda _, s=status, t=there: Reply(b"", s, t))
        wire.main.tell("elsewhere", name, echo_or_error)
        wire.pod(name, group)
    assert wire.main.until_called("elsewhere", "moved")[0].method == "GET"
    assert not wire.main.calls("elsewhere", "moved")[0].body
    assert wire.main.until_called("elsewhere", "repeated")[0].method == "POST"
    assert wire.node_of("repeated") in group.nodes


def echo_or_error(call: Call) -> Reply:
    return as_json({"NodeNames": call.body["NodeNames"]}) if call.body else as_json({"Error": "no question"})
