"""Policies: read strictly, and answered as fit, outage and lint would."""

from __future__ import annotations

import json
from typing import Any

import pytest

from solver.engine.budget import Budget
from solver.errors import InputError
from solver.kube.documents import Document
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.snapshot import Snapshot
from solver.planning.change import inputs_of
from solver.planning.check.answer import CheckAnswer, FitCheck, HeadroomCheck, Result
from solver.planning.check.check import check
from solver.planning.check.policy import Policy, read_policy
from solver.planning.lint import Severity
from solver.planning.outage.answer import Assumptions, LossVerdict
from tests import builders as b


def policy(**fields: Any) -> Policy:
    value = {"apiVersion": "bulkhead.dev/v1alpha1", "kind": "CheckPolicy", **fields}
    return read_policy([Document("policy.json", json.dumps(value).encode())])


def waiting(snapshot: Snapshot) -> Question:
    return Question(pods=tuple(pod.key for pod in snapshot.pending))


def asked(wanted: Policy, *objects: b.Raw, limit_s: float = 60) -> CheckAnswer:
    inputs = inputs_of([b.document(*objects)])
    config = SolveConfig(time_limit_s=limit_s)
    return check(wanted, inputs, inputs.snapshot(), waiting, Assumptions(), config, Budget(limit_s))


def results(answer: CheckAnswer) -> list[str]:
    return [one.result.value for one in answer.checks]


def web(replicas: int, *, nodes: int, cpu: str = "1", spread: bool = False) -> list[b.Raw]:
    """Running pods of a ReplicaSet, dealt out over n0, n1 …"""
    rules = [b.spread(key=b.HOSTNAME, labels={"app": "web"})] if spread else []
    owner = b.deployment(name="web", replicas=replicas, kind="ReplicaSet")
    return [
        owner,
        *(
            b.pod(
                name=f"web-{i}",
                node=f"n{i % nodes}",
                labels={"app": "web"},
                requests={"cpu": cpu},
                owner=("ReplicaSet", "web"),
                spread=rules,
            )
            for i in range(replicas)
        ),
    ]


def nodes(number: int, cpu: str = "4") -> list[b.Raw]:
    return [b.node(name=f"n{i}", zone=f"z{i}", cpu=cpu) for i in range(number)]


# The file


def test_a_policy_is_read_with_its_defaults() -> None:
    read = policy(
        fit=True, survive=[{"each": "zone", "quorum": {"db": 2, "zk": "majority"}}], headroom=[{}], lint={}
    )
    (survive,) = read.survive
    assert (survive.key, survive.at_worst) == (b.ZONE, LossVerdict.DEGRADED)
    assert {wanted.name: wanted.needs for wanted in survive.quorums} == {"db": 2, "zk": None}
    assert read.headroom == ("node",)
    assert read.lint is not None
    assert read.lint.fail_on is Severity.ERROR


def test_every_fault_of_a_policy_is_named_at_once() -> None:
    with pytest.raises(InputError) as raised:
        policy(
            fitt=True,
            survive=[{"each": "", "atWorst": "Fails", "quorum": {"db": "most"}}],
            lint={"failOn": "all", "ignore": ["L999"]},
        )
    paths = {fault.path for fault in raised.value.faults}
    assert paths == {
        "fitt",
        "survive[0].each",
        "survive[0].atWorst",
        "survive[0].quorum.db",
        "lint.failOn",
        "lint.ignore[0]",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"kind": "CheckPolicy"}',
        '{"apiVersion": "bulkhead.dev/v1alpha1", "kind": "CheckPolicy"}',
        '{"apiVersion": "bulkhead.dev/v1alpha1", "kind": "CheckPolicy", "fit": "yes"}',
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}',
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_policy([Document("policy.json", text.encode())])


def test_two_policies_are_one_too_many() -> None:
    text = '{"apiVersion": "bulkhead.dev/v1alpha1", "kind": "CheckPolicy", "fit": true}'
    with pytest.raises(InputError, match="2 policies"):
        read_policy([Document("a", text.encode()), Document("b", text.encode())])


# Headroom


@pytest.mark.parametrize("replicas", [4, 8, 9, 12])
def test_headroom_is_there_exactly_while_the_pods_fit_on_one_node_fewer(replicas: int) -> None:
    """Three nodes of four pods: two of them hold eight."""
    answer = asked(policy(headroom=[{"each": "node"}]), *nodes(3), *web(replicas, nodes=3))
    lacking = max(0, replicas - 8)
    for one in answer.checks:
        assert isinstance(one, HeadroomCheck)
        assert len(one.without_room) == lacking
    assert answer.result is (Result.FAILED if lacking else Result.PASSED)


def test_a_rule_that_leaves_no_room_is_a_lack_of_room() -> None:
    """One pod a node by a hard spread rule over the three nodes that count, lost ones included."""
    apart = b.required_terms(b.affinity_term(key=b.HOSTNAME, labels={"app": "web"}))
    pods = web(3, nodes=3)
    for pod in pods[1:]:
        pod["spec"]["affinity"] = {"podAntiAffinity": apart}
    answer = asked(policy(headroom=[{"each": "node"}]), *nodes(3), *pods)
    assert results(answer) == ["Failed"] * 3


def test_a_volume_that_cannot_be_reached_is_no_lack_of_room() -> None:
    volume = b.volume(name="pv", claim="c", local=True, affinity=[b.in_zones("z0")], storage_class="local")
    pod = b.pod(name="db-0", node="n0", claims=["c"], owner=("StatefulSet", "db"))
    stored = [volume, b.claim(name="c", volume="pv", storage_class="local"), pod]
    sets = b.stateful_set(name="db", replicas=1)
    answer = asked(policy(headroom=[{"each": "node"}], survive=[{"each": "node"}]), *nodes(2), *stored, sets)
    by_rule = [(type(one).__name__, one.result) for one in answer.checks]
    assert by_rule == [
        ("SurviveCheck", Result.FAILED),
        ("SurviveCheck", Result.PASSED),
        ("HeadroomCheck", Result.PASSED),
        ("HeadroomCheck", Result.PASSED),
    ]


# The others


def test_losses_are_taken_from_the_plan_for_pods_that_wait() -> None:
    """The waiting pod takes the room that a lost node's pod would need."""
    full = [*nodes(2), *web(4, nodes=2), b.pod(name="new", requests={"cpu": "3"})]
    calm = asked(policy(fit=True, headroom=[{}]), *nodes(2), *web(4, nodes=2))
    crowded = asked(policy(fit=True, headroom=[{}]), *full)
    assert results(calm) == ["Passed"] * 3
    assert isinstance(crowded.checks[0], FitCheck)
    assert crowded.checks[0].result is Result.FAILED


def test_at_worst_ok_fails_what_is_degraded() -> None:
    objects = [*nodes(2, cpu="2"), *web(4, nodes=2)]
    lenient = asked(policy(survive=[{"each": "node"}]), *objects)
    strict = asked(policy(survive=[{"each": "node", "atWorst": "OK"}]), *objects)
    assert (lenient.result, strict.result) == (Result.PASSED, Result.FAILED)


def test_lint_fails_at_the_policys_severity_and_heeds_what_it_ignores() -> None:
    pods = [*nodes(1), b.service(name="typo", labels={"app": "none"})]
    assert results(asked(policy(lint={}), *pods)) == ["Passed"]
    assert results(asked(policy(lint={"failOn": "warning"}), *pods)) == ["Failed"]
    assert results(asked(policy(lint={"failOn": "warning", "ignore": ["L504"]}), *pods)) == ["Passed"]


def test_what_is_not_known_is_not_passed() -> None:
    """A custom controller: nobody knows whether it makes a new pod."""
    pod = b.pod(name="x", node="n0", owner=("Rollout", "x"))
    answer = asked(policy(survive=[{"each": "node"}]), *nodes(2), pod)
    assert answer.result is Result.UNKNOWN


def test_a_quorum_of_a_workload_that_is_not_there_is_told_with_its_place_in_the_policy() -> None:
    wanted = policy(survive=[{"each": "node"}, {"each": "node", "quorum": {"bd": 2}}])
    with pytest.raises(InputError, match=r"policy\.json: survive\[1\]\.quorum: workload bd"):
        asked(wanted, *nodes(2), *web(2, nodes=2))


def test_pods_that_a_quota_refuses_do_not_fit() -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": b.NAMESPACE},
        "spec": {"hard": {"pods": "1"}},
        "status": {"used": {"pods": "0"}},
    }
    manifests = [b.deployment(name="web", replicas=2, spec=b.pod_spec(requests={"cpu": "1"}))]
    for objects, result in (((), Result.PASSED), ((quota,), Result.FAILED)):
        inputs = inputs_of([b.document(*nodes(2), *objects)], [b.document(*manifests)])
        config = SolveConfig(time_limit_s=60)
        answer = check(
            policy(fit=True), inputs, inputs.snapshot(), waiting, Assumptions(), config, Budget(60)
        )
        assert answer.result is result


def test_a_key_that_no_node_has_is_an_input_error() -> None:
    with pytest.raises(InputError, match="rack"):
        asked(policy(survive=[{"each": "rack"}]), *nodes(1))
