"""B1.3 rules of JSON, B1.4 filter, and B1.9 what is said to the user: as kube-scheduler v1.34.1 does it."""

from __future__ import annotations

import pytest

from tests import builders as b
from tests.e2e.harness.scripted import Reply, as_json
from tests.e2e.harness.wire import NODES, WHOLE_NODES, Group, Wire, asking, keep, refuse


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no-member", b"{}"),
        ("null", b"null"),
        ("null-names", b'{"NodeNames": null}'),
        ("no-names", b'{"NodeNames": []}'),
    ],
)
def test_an_answer_without_nodes_means_that_none_fits_and_gives_no_reason(
    wire: Wire, group: Group, name: str, text: bytes
) -> None:
    """B1.3; B1.4, a node in neither list."""
    wire.main.tell("filter", name, lambda _: Reply(text))
    wire.pod(name)
    message = wire.message(name, "Unschedulable")
    nobody = f"0/{NODES} nodes are available:"
    beside = " no new claims to deallocate,"  # a plugin's, about preemption
    assert message.split(" preemption:")[0] in (nobody, nobody + beside)


def test_letter_case_and_additions_do_not_matter(wire: Wire, group: Group) -> None:
    """B1.3."""
    (first, *_) = group.nodes
    wire.main.tell("filter", "lower", lambda _: as_json({"nodenames": [first], "more": {"deep": [1]}}))
    wire.pod("lower", group)
    assert wire.node_of("lower") == first


def test_a_node_that_was_not_asked_about_is_an_error(wire: Wire, group: Group) -> None:
    """Even one that the scheduler knows."""
    other = wire.group().nodes
    wire.main.tell("filter", "strange", keep(*other))
    wire.pod("strange", group)
    assert other[0] in wire.message("strange", "SchedulerError")


def test_with_whole_nodes_a_node_that_does_not_exist_passes(wire: Wire, group: Group) -> None:
    """Why no mode but names is shipped; and B1.1: only pods with the resource are asked about."""
    whole = wire.extenders.whole
    ghost = b.node(name="ghost", labels=dict(group.labels))
    whole.tell("filter", "haunted", lambda _: as_json({"Nodes": {"metadata": {}, "items": [ghost]}}))
    wire.pod("haunted", group, containers=asking(WHOLE_NODES))
    assert wire.node_of("haunted") == "ghost"
    (call,) = whole.calls("filter", "haunted")
    assert call.body["NodeNames"] is None
    assert len(call.body["Nodes"]["items"]) == 3
    wire.pod("ordinary", group)
    assert wire.node_of("ordinary") in group.nodes
    assert not whole.calls("filter", "ordinary")


def test_equal_reasons_are_counted(wire: Wire, group: Group) -> None:
    wire.main.tell("filter", "refused", refuse("FailedAndUnresolvableNodes", "bulkhead: no"))
    wire.pod("refused", group)
    assert "3 bulkhead: no" in wire.message("refused", "Unschedulable")


@pytest.mark.parametrize(
    ("name", "reply", "told"),
    [
        ("error", as_json({"NodeNames": [], "Error": "bulkhead: a reason"}), "bulkhead: a reason"),
        ("refusal", as_json({"Error": "bulkhead: a reason"}, 400), "code 400"),
        ("created", as_json({"NodeNames": []}, 201), "code 201"),
        ("nothing", Reply(b""), "EOF"),
        ("array", as_json([]), "cannot unmarshal array"),
        ("number", as_json({"NodeNames": [], "FailedNodes": {"x": 1}}), "cannot unmarshal number"),
    ],
)
def test_only_the_error_of_a_200_reaches_the_user(
    wire: Wire, group: Group, name: str, reply: Reply, told: str
) -> None:
    """B1.2, B1.3, B1.9, B2."""
    wire.main.tell("filter", name, lambda _: reply)
    wire.pod(name, group)
    message = wire.message(name, "SchedulerError")
    assert told in message
    assert ("a reason" in message) == ("a reason" in told)
