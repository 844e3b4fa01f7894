"""B1.5 prioritize, and what whole nodes do to the scheduler's own scores (B0.1), in kube-scheduler v1.34.1.

Each time a pod prefers one node, and the extender or the load of the nodes speaks for the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import builders as b
from tests.e2e.harness.scripted import Reply, as_json
from tests.e2e.harness.wire import WHOLE_NODES, Group, Wire, asking, keep

PREFERRED, OTHER = 0, 1
Score = Callable[[str, str], Reply]


def scored(wire: Wire, name: str, group: Group, score: Score, **spec: Any) -> int:
    """Which of two nodes a pod takes that prefers the first, when the extender gives them these scores."""
    first, second, _ = group.nodes
    wire.main.tell("filter", name, keep(first, second))
    wire.main.tell("prioritize", name, lambda _: score(first, second))
    like = b.node_term(expressions=[b.expression(key=b.HOSTNAME, operator="In", values=[first])])
    wire.pod(name, group, node_affinity=b.preferred_nodes((100, like)), **spec)
    return [first, second].index(wire.node_of(name))


def test_the_shipped_weight_outweighs_what_the_pod_prefers(wire: Wire, group: Group) -> None:
    def whole(_first: str, second: str) -> Reply:
        return as_json([{"Host": second, "Score": 10}])

    assert scored(wire, "weighed", group, whole) == OTHER


@pytest.mark.parametrize(
    ("name", "written"), [("ten", "10.0"), ("half", "5.5"), ("text", '"10"'), ("nan", "NaN")]
)
def test_one_score_that_is_no_integer_discards_the_list_in_silence(
    wire: Wire, group: Group, name: str, written: str
) -> None:
    """B0.4."""

    def odd(_first: str, second: str) -> Reply:
        return Reply(f'[{{"Host": "{second}", "Score": {written}}}]'.encode())

    assert scored(wire, name, group, odd) == PREFERRED


def test_scores_above_ten_count_in_full(wire: Wire, group: Group) -> None:
    def beyond(first: str, second: str) -> Reply:
        return as_json([{"Host": first, "Score": 10}, {"Host": second, "Score": 500}])

    assert scored(wire, "beyond", group, beyond) == OTHER


def test_scores_below_zero_count_in_full(wire: Wire, group: Group) -> None:
    def below(first: str, second: str) -> Reply:
        return as_json([{"Host": first, "Score": -7}, {"Host": second, "Score": 0}])

    assert scored(wire, "below", group, below) == OTHER


def test_it_may_fail(wire: Wire, group: Group) -> None:
    """B0.5."""

    def failed(_first: str, _second: str) -> Reply:
        return as_json({"Error": "out of order"}, 500)

    assert scored(wire, "failed", group, failed) == PREFERRED
    assert wire.main.calls("prioritize", "failed")


def test_it_is_not_called_for_one_node(wire: Wire, group: Group) -> None:
    """B0.5, B1.8."""
    only = group.nodes[2]
    wire.main.tell("filter", "single", keep(only))
    wire.pod("single", group)
    assert wire.node_of("single") == only
    assert not wire.main.calls("prioritize", "single")


def test_after_an_extender_that_got_whole_nodes_every_node_counts_as_empty(wire: Wire, group: Group) -> None:
    """B0.1: the preferred node is the fuller one and has three replicas of the pod, which outweighs that."""
    labels = {"app": "spread"}
    for number in range(3):
        wire.running(f"replica-{number}", group.nodes[0], "1", **labels)

    def alike(_first: str, _second: str) -> Reply:
        return as_json([])

    spread = [b.spread(key=b.HOSTNAME, soft=True, labels=labels)]
    assert scored(wire, "seen", group, alike, spread=spread) == OTHER
    whole = asking(WHOLE_NODES)
    assert scored(wire, "blind", group, alike, spread=spread, containers=whole) == PREFERRED
