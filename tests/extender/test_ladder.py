"""How an answer is found in time (A9), and what policies make of pods without a place (A10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extender.book.answers import Rung
from extender.book.shelf import Noted
from extender.book.verdicts import Refusal
from extender.config import Deadlines, OnInfeasible, OnUndecided, Policies, Policy, PolicyRule
from extender.planner.inbox import News
from solver.model.event import Put
from solver.model.names import NodeName
from solver.model.pod import Pod
from solver.model.selector import equals
from tests import builders as b
from tests.builders import HOSTNAME, ZONE, Raw, f_nodes, snapshot
from tests.extender.changing import Stage
from tests.extender.desk import key

NAMES = tuple(NodeName(n) for n in ("a1", "a2", "b1", "b2", "c1"))
TOGETHER = b.required_terms(b.affinity_term(key=ZONE, labels={"app": "db"}))
ONE_PER_ZONE = TOGETHER
"""The same term, as anti-affinity."""
AT_ONCE = Deadlines(solve_s=0, greedy_s=60)
NO_TIME = Deadlines(solve_s=0, greedy_s=0)
LONG = Deadlines(solve_s=60, greedy_s=60)


def db(name: str, cpu: str = "3", **rules: object) -> Raw:
    return b.pod(
        name=name,
        labels={"app": "db"},
        requests={"cpu": cpu},
        owner=("StatefulSet", "db"),
        **rules,  # type: ignore[arg-type]
    )


def pod_of(raw: Raw) -> Pod:
    return snapshot(*f_nodes(), raw).pods[0]


def heard_of(stage: Stage, *pods: Pod) -> None:
    """The planner knows that these pods wait, and did not come to plan for them yet."""
    news = News(events=[Put(pod) for pod in pods])
    stage.planner._follower.take_in(news, stage.book.plan, stage.clock())


def fallbacks(stage: Stage, reason: str) -> float:
    return stage.metrics.value("bulkhead_fallbacks_total", reason=reason)


def test_a_plan_that_is_there_answers_at_once() -> None:
    stage = Stage(snapshot(*f_nodes(), db("db-0")), deadlines=NO_TIME)
    _, answer = stage.ladder.answer(stage.pod(key("db-0")), NAMES)
    assert answer.rung is Rung.READY
    assert answer.kept


def test_a_call_waits_for_the_plan_of_a_pod_nobody_heard_of() -> None:
    """kube-scheduler may hear of a pod before we do."""
    stage = Stage(snapshot(*f_nodes()), deadlines=LONG)
    stage.planner.run()
    try:
        plan, answer = stage.ladder.answer(pod_of(db("db-0")), NAMES)
    finally:
        stage.planner.stop()
    assert answer.rung is Rung.SOLVED
    assert answer.planned in answer.kept
    assert key("db-0") in plan.slots.node_of
    assert stage.book.noted(key("db-0")) == Noted(rung=Rung.SOLVED, why=None, nodes=5, kept=5)


FULL = {
    name: b.pod(name=f"old-{name}", node=name, requests={"cpu": "4"}) for name in ("a1", "a2", "b1", "b2")
}
REPLICA = db("db-0", node="c1")
WAITING = b.pod(name="web-0", requests={"cpu": "2"})


def test_a_call_waits_until_the_plan_knows_who_left() -> None:
    """kube-scheduler lets c1 pass, where as far as we know a replica runs: it has just gone."""
    stage = Stage(snapshot(*f_nodes(), *FULL.values(), REPLICA, WAITING), deadlines=LONG)
    stage.planner.run()
    try:
        stage.source.remove(stage.pod(key("db-0")))
        _, answer = stage.ladder.answer(stage.pod(key("web-0")), (NodeName("c1"),))
    finally:
        stage.planner.stop()
    assert (answer.rung, answer.kept) == (Rung.SOLVED, ("c1",))


def test_a_call_waits_until_the_plan_knows_who_comes_back() -> None:
    stage = Stage(snapshot(*f_nodes(), *FULL.values(), REPLICA, WAITING), deadlines=LONG)
    stage.planner.run()
    again = replace(stage.pod(key("db-0")), node_name=None, phase="Pending", from_manifest=True)
    try:
        stage.source.put(again)
        _, answer = stage.ladder.answer(stage.pod(key("web-0")), (NodeName("c1"),))
    finally:
        stage.planner.stop()
    assert (answer.rung, answer.refused) == (Rung.SOLVED, {"c1": Refusal.NEEDED})


def test_the_room_of_a_replica_is_kept_for_the_next_one_until_we_know_better() -> None:
    """The news are late. A replica comes back; whoever else stood there does not."""
    stage = Stage(snapshot(*f_nodes(), *FULL.values(), REPLICA, WAITING), deadlines=AT_ONCE)
    web = stage.pod(key("web-0"))
    assert stage.ladder.answer(web, (NodeName("c1"),))[1].refused == {"c1": Refusal.NEEDED}
    assert stage.ladder.answer(web, (NodeName("a1"),))[1].kept == ("a1",)


def test_a_plan_that_stays_behind_is_waited_for_once() -> None:
    """No planner runs: kube-scheduler and we disagree about a node for good."""
    late = Deadlines(solve_s=0.01, greedy_s=30)
    stage = Stage(snapshot(*f_nodes(), *FULL.values(), REPLICA, WAITING), deadlines=late)
    web, waits = stage.pod(key("web-0")), []
    stage.book.wait_until = lambda *_: bool(waits.append(1))  # type: ignore[method-assign, func-returns-value]
    for _ in range(3):
        assert stage.ladder.answer(web, (NodeName("a1"),))[1].rung is Rung.GREEDY
    assert len(waits) == 1


def test_when_time_is_up_the_answer_is_greedy_and_counted() -> None:
    stage = Stage(snapshot(*f_nodes()), deadlines=AT_ONCE)
    _, answer = stage.ladder.answer(pod_of(db("db-0")), NAMES)
    assert (answer.rung, answer.kept) == (Rung.GREEDY, NAMES)
    assert fallbacks(stage, "greedy") == 1


def test_the_greedy_answer_leaves_room_for_the_rest_of_the_workload() -> None:
    """All four must share a zone, and only zb holds four."""
    nodes = [b.node(name=f"a{i}", zone="za", cpu="3") for i in range(2)]
    nodes += [b.node(name=f"b{i}", zone="zb", cpu="3") for i in range(4)]
    pods = snapshot(*nodes, *(db(f"db-{i}", pod_affinity=TOGETHER) for i in range(4))).pods
    stage = Stage(snapshot(*nodes), deadlines=AT_ONCE)
    heard_of(stage, *pods)
    names = tuple(node.name for node in stage.source.snapshot().nodes)
    _, answer = stage.ladder.answer(pods[0], names)
    assert answer.rung is Rung.GREEDY
    (kept,) = answer.kept
    assert kept.startswith("b")
    assert set(answer.refused.values()) == {Refusal.ELSEWHERE}


def test_without_any_time_every_node_that_no_slot_needs_is_kept() -> None:
    stage = Stage(snapshot(*f_nodes(), db("db-0")), deadlines=NO_TIME)
    home = stage.book.plan.slots.node_of[key("db-0")]
    _, answer = stage.ladder.answer(pod_of(b.pod(name="web-0", requests={"cpu": "2"})), NAMES)
    assert answer.rung is Rung.PASS_THROUGH
    assert answer.refused == {home: Refusal.NEEDED}
    assert fallbacks(stage, "pass_through") == 1


def test_undecided_pods_may_be_passed_through() -> None:
    policies = Policies(default=Policy(on_undecided=OnUndecided.PASS_THROUGH))
    stage = Stage(snapshot(*f_nodes()), deadlines=AT_ONCE, policies=policies)
    _, answer = stage.ladder.answer(pod_of(db("db-0")), NAMES)
    assert (answer.rung, answer.kept) == (Rung.PASS_THROUGH, NAMES)


def test_prioritize_does_not_wait() -> None:
    """No planner runs: with waiting this would take a minute."""
    stage = Stage(snapshot(*f_nodes()), deadlines=LONG)
    _, answer = stage.ladder.at_once(pod_of(db("db-0")), NAMES)
    assert answer.kept == NAMES


@pytest.mark.parametrize("change", [{"scheduler_name": "other"}, {"terminating": True}])
def test_nobody_waits_for_a_pod_that_is_not_planned_for(change: dict[str, object]) -> None:
    stage = Stage(snapshot(*f_nodes()), deadlines=LONG)
    _, answer = stage.ladder.answer(replace(pod_of(db("db-0")), **change), NAMES)  # type: ignore[arg-type]
    assert (answer.rung, answer.kept) == (Rung.READY, NAMES)


def test_a_long_round_is_waited_for_once_and_not_by_every_call() -> None:
    stage = Stage(snapshot(*f_nodes()), deadlines=Deadlines(solve_s=30, greedy_s=60))
    stage.planner._working_since = stage.clock() - 31
    _, answer = stage.ladder.answer(pod_of(db("db-0")), NAMES)
    assert answer.rung is Rung.GREEDY


def test_a_greedy_answer_becomes_a_slot_of_the_next_plan() -> None:
    """What kube-scheduler was told has to hold, and the next call must not wait again."""
    nodes = [b.node(name=name, zone="za", cpu="8") for name in ("n1", "n2")]
    stage = Stage(snapshot(*nodes, db("db-0", cpu="6"), db("db-1", cpu="6")), deadlines=AT_ONCE)
    late = pod_of(b.pod(name="late-0", requests={"cpu": "2"}))
    _, answer = stage.ladder.answer(late, (NodeName("n1"), NodeName("n2")))
    (kept,) = answer.kept
    stage.source.put(late)
    stage.settle()
    assert stage.book.plan.slots.node_of[late.key] == kept
    assert stage.ladder.answer(late, (kept,))[1].rung is Rung.READY


# Policies

CROWD = [db(f"db-{i}", pod_anti_affinity=ONE_PER_ZONE) for i in range(4)]
"""One too many."""
HOLD = Policy(on_infeasible=OnInfeasible.HOLD)


def left_out(stage: Stage) -> Pod:
    (unplaced,) = stage.book.plan.unplaced
    return stage.pod(unplaced)


def test_a_pod_proved_not_to_fit_falls_through_but_takes_no_slot() -> None:
    stage = Stage(snapshot(*f_nodes(), *CROWD[:1], b.pod(name="big", requests={"cpu": "9"})))
    home = stage.book.plan.slots.node_of[key("db-0")]
    _, answer = stage.ladder.answer(left_out(stage), NAMES)
    assert answer.refused == {home: Refusal.NEEDED}


def test_a_pod_proved_not_to_fit_can_be_held() -> None:
    stage = Stage(snapshot(*f_nodes(), *CROWD), policies=Policies(default=HOLD))
    _, answer = stage.ladder.answer(left_out(stage), NAMES)
    assert answer.refused == dict.fromkeys(NAMES, Refusal.HELD)


def test_policies_hold_where_their_selectors_say_so() -> None:
    rule = PolicyRule(namespaces=equals({"team": "data"}), pods=equals({"app": "db"}), policy=HOLD)
    prod = b.namespace(name=b.NAMESPACE, labels={"team": "data"})
    held = Stage(snapshot(prod, *f_nodes(), *CROWD), policies=Policies(rules=(rule,)))
    free = Stage(snapshot(*f_nodes(), *CROWD), policies=Policies(rules=(rule,)))
    assert not held.ladder.answer(left_out(held), NAMES)[1].kept
    assert free.ladder.answer(left_out(free), NAMES)[1].refused != dict.fromkeys(NAMES, Refusal.HELD)


def test_a_pod_with_a_slot_is_not_held() -> None:
    stage = Stage(snapshot(*f_nodes(), *CROWD), policies=Policies(default=HOLD))
    for placed in stage.book.plan.slots.node_of:
        assert stage.ladder.answer(stage.pod(placed), NAMES)[1].kept


def test_spread_over_hosts_is_kept_apart_in_the_greedy_answer() -> None:
    apart = b.required_terms(b.affinity_term(key=HOSTNAME, labels={"app": "db"}))
    pods = snapshot(*f_nodes(), *(db(f"db-{i}", cpu="1", pod_anti_affinity=apart) for i in range(5))).pods
    stage = Stage(snapshot(*f_nodes()), deadlines=AT_ONCE)
    heard_of(stage, *pods)
    _, answer = stage.ladder.answer(pods[0], NAMES)
    assert len(answer.kept) == 1
