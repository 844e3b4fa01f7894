"""Verdicts to scores: the planned node first, then by the room each choice leaves."""

from __future__ import annotations

from collections.abc import Sequence

from extender.book.answers import Answer
from extender.book.verdicts import Refusal
from extender.verbs.scores import scores
from solver.model.names import NodeName
from tests import builders as b
from tests.builders import Raw, f_nodes, snapshot
from tests.extender.desk import key, placed, plan_of

POD = b.pod(name="p-0", requests={"cpu": "1"})


def scored(
    *objects: Raw, kept: Sequence[str], refused: Sequence[str] = (), planned: str | None = "a1"
) -> dict[str, int]:
    plan = plan_of(snapshot(*objects, POD), placed(p_0="a1"))
    slots = plan.slots
    answer = Answer.of(
        slots.snapshot.pod_by_key[key("p-0")],
        tuple(NodeName(name) for name in (*kept, *refused)),
        {NodeName(name): Refusal.NEEDED for name in refused},
        slots.roster,
        planned=NodeName(planned) if planned else None,
    )
    return dict(zip(answer.nodes, scores(plan, answer).tolist(), strict=True))


def running(node: str, cpu: str) -> Raw:
    return b.pod(name=f"on-{node}", node=node, requests={"cpu": cpu})


def test_the_whole_range_is_used() -> None:
    busy = [running("a2", "1"), running("b1", "2"), running("b2", "3")]
    found = scored(*f_nodes(), *busy, kept=["a1", "a2", "b1", "b2", "c1"])
    assert found == {"a1": 10, "c1": 9, "a2": 6, "b1": 3, "b2": 0}


def test_refused_nodes_score_below_all_others() -> None:
    assert scored(*f_nodes(), kept=["a1", "a2", "b1"], refused=["c1"]) == {
        "a1": 10,
        "a2": 1,
        "b1": 1,
        "c1": 0,
    }


def test_without_its_planned_node_the_roomiest_is_first() -> None:
    assert scored(*f_nodes(), running("a2", "1"), kept=["a2", "b1"]) == {"a2": 0, "b1": 10}
    assert scored(*f_nodes(), running("a2", "1"), kept=["a2", "b1"], planned=None) == {"a2": 0, "b1": 10}


def test_a_single_node_scores_full() -> None:
    assert scored(*f_nodes(), kept=["a1"]) == {"a1": 10}


def test_with_nothing_kept_every_host_scores_zero() -> None:
    assert scored(*f_nodes(), kept=[], refused=["a1", "z9"]) == {"a1": 0, "z9": 0}


def test_scores_are_integers_in_range_however_odd_the_room() -> None:
    busy = [running("a2", "333m"), running("b1", "1777m"), running("b2", "2999m"), running("c1", "123m")]
    found = scored(*f_nodes(), *busy, kept=["a1", "a2", "b1", "b2", "c1"])
    assert all(type(score) is int and 0 <= score <= 10 for score in found.values())
    assert {max(found.values()), min(found.values())} == {10, 0}
