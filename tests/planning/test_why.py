"""Why not: facts, kinds and fixes in small worlds; every claim of every answer is checked again here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from solver.model.config import SolveConfig
from solver.model.outcome import Verdict
from solver.planning.change import Inputs, inputs_of
from solver.planning.why import ConflictKind, FactKind, Why, why
from tests import builders as b
from tests.oracle import can_place_all
from tests.planning.holding import CONFIG, cleared_hold, core_holds, fix_holds
from tests.strategies import World, question_of, worlds

DRIVER = "csi.example.com"
K = FactKind
ASKING = replace(CONFIG, time_limit_s=60)  # for slow machines: nothing here takes long


def asked(*objects: b.Raw, manifests: tuple[b.Raw, ...] = ()) -> tuple[Inputs, Why]:
    given_inputs = inputs_of([b.document(*objects)], [b.document(*manifests)] if manifests else [])
    snapshot = given_inputs.snapshot()
    return given_inputs, why(given_inputs, snapshot, question_of(snapshot).pods, ASKING)


def nodes(*zones: str, **more: Any) -> list[b.Raw]:
    """n0, n1, … in these zones."""
    return [b.node(name=f"n{i}", zone=zone, **more) for i, zone in enumerate(zones)]


def on_host(name: str) -> list[b.Raw]:
    return [b.node_term(expressions=[b.expression(key=b.HOSTNAME, operator="In", values=[name])])]


def bound(claim: str, **volume: Any) -> list[b.Raw]:
    """A claim and its volume, of the class ``std``."""
    return [
        b.claim(name=claim, volume=f"v-{claim}", storage_class="std"),
        b.volume(name=f"v-{claim}", claim=claim, storage_class="std", driver=DRIVER, **volume),
    ]


STD = b.storage_class(name="std")
LOCAL = b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
APART = b.required_terms(b.affinity_term(key=b.HOSTNAME, labels={"app": "x"}))
ONE_POD = {"storage_class": "std", "modes": ["ReadWriteOncePod"]}
PORT = [b.container(ports=[{"containerPort": 80, "hostPort": 80}])]
TAINTED = [b.taint(key="gpu", value="yes")]

SITUATIONS: dict[str, tuple[list[b.Raw], list[FactKind], ConflictKind]] = {
    "every node is tainted": (
        [*nodes("a", "b", taints=TAINTED), b.pod(name="p")],
        [K.TAINT],
        ConflictKind.SHORTAGE,
    ),
    "the free node is tainted, the other is full": (
        [
            b.node(name="n0", zone="a", taints=TAINTED),
            b.node(name="n1", zone="a", cpu="1"),
            b.pod(name="p", requests={"cpu": "2"}),
        ],
        [K.TAINT, K.REQUEST, K.ALLOCATABLE],
        ConflictKind.SHORTAGE,
    ),
    "a node selector names a node that is gone": (
        [*nodes("a", "b"), b.pod(name="p", node_selector={b.HOSTNAME: "n9"})],
        [K.NODE_SELECTOR],
        ConflictKind.CONTRADICTION,
    ),
    "a node affinity asks for a label no node has": (
        [
            *nodes("a"),
            b.pod(
                name="p",
                node_affinity=b.required_nodes(
                    b.node_term(expressions=[b.expression(key="disk", operator="In", values=["ssd"])])
                ),
            ),
        ],
        [K.NODE_AFFINITY],
        ConflictKind.SHORTAGE,
    ),
    "a claim for one pod is in use": (
        [
            *nodes("a", "a"),
            STD,
            b.claim(name="c", volume="v", **ONE_POD),
            b.volume(name="v", claim="c", driver=DRIVER, **ONE_POD),
            b.pod(name="old", node="n0", claims=["c"]),
            b.pod(name="p", claims=["c"]),
        ],
        [K.ACCESS_MODE],
        ConflictKind.CONTRADICTION,
    ),
    "the host port is taken everywhere": (
        [
            *nodes("a", "b"),
            *(b.pod(name=f"old{i}", node=f"n{i}", containers=PORT) for i in range(2)),
            b.pod(name="p", containers=PORT),
        ],
        [K.HOST_PORT],
        ConflictKind.SHORTAGE,
    ),
    "the only free volume still names a claim that is gone": (
        [
            *nodes("a"),
            LOCAL,
            b.claim(name="c", storage_class="local"),
            b.volume(
                name="v",
                storage_class="local",
                claim="gone",
                claim_uid="x",
                phase="Released",
                local=True,
                affinity=on_host("n0"),
            ),
            b.pod(name="p", claims=["c"]),
        ],
        [K.CLAIM],
        ConflictKind.CONTRADICTION,
    ),
    "an unbound claim of an immediate class": (
        [
            *nodes("a"),
            b.storage_class(name="now", waits=False),
            b.claim(name="c", storage_class="now"),
            b.pod(name="p", claims=["c"]),
        ],
        [K.CLAIM],
        ConflictKind.CONTRADICTION,
    ),
    "a claim that does not exist": (
        [*nodes("a"), STD, b.pod(name="p", claims=["nope"])],
        [K.CLAIM],
        ConflictKind.CONTRADICTION,
    ),
    "a storage class that does not exist": (
        [*nodes("a"), STD, b.claim(name="c", storage_class="typo"), b.pod(name="p", claims=["c"])],
        [K.CLAIM],
        ConflictKind.CONTRADICTION,
    ),
    "volumes are only made in a zone without nodes": (
        [
            *nodes("a", "b"),
            b.storage_class(name="zc", topologies=[[(b.ZONE, ["c"])]]),
            b.claim(name="c", storage_class="zc"),
            b.pod(name="p", claims=["c"]),
        ],
        [K.ALLOWED_TOPOLOGIES],
        ConflictKind.SHORTAGE,
    ),
    "the storage pool of the zone is too small": (
        [
            *nodes("a", "a"),
            STD,
            b.csi_driver(name=DRIVER, storage_capacity=True),
            b.capacity(
                name="pool", storage_class="std", topology=b.selector(labels={b.ZONE: "a"}), capacity="50Gi"
            ),
            b.claim(name="c", storage_class="std", storage="100Gi"),
            b.pod(name="p", claims=["c"]),
        ],
        [K.STORAGE_CAPACITY],
        ConflictKind.CONTRADICTION,
    ),
    "three domains are wanted and there are two": (
        [
            *nodes("a", "b"),
            *(b.pod(name=f"r{i}", node=f"n{i}", labels={"app": "x"}) for i in range(2)),
            b.pod(name="p", labels={"app": "x"}, spread=[b.spread(labels={"app": "x"}, min_domains=3)]),
        ],
        [K.SPREAD],
        ConflictKind.SHORTAGE,
    ),
    "a local volume on a cordoned node": (
        [
            b.node(name="n0", zone="a", unschedulable=True),
            b.node(name="n1", zone="a"),
            STD,
            *bound("c", affinity=on_host("n0")),
            b.pod(name="p", claims=["c"]),
        ],
        [K.VOLUME_PLACE, K.CORDON],
        ConflictKind.CONTRADICTION,
    ),
    "a local volume on a node that is gone": (
        [*nodes("a", "a"), STD, *bound("c", affinity=on_host("n7")), b.pod(name="p", claims=["c"])],
        [K.VOLUME_PLACE],
        ConflictKind.CONTRADICTION,
    ),
    "a zonal volume and full nodes there": (
        [
            b.node(name="n0", zone="a", cpu="4"),
            b.node(name="n1", zone="b", cpu="8"),
            STD,
            *bound("c", affinity=[b.in_zones("a")]),
            b.pod(name="old", node="n0", requests={"cpu": "3"}),
            b.pod(name="p", claims=["c"], requests={"cpu": "2"}),
        ],
        [K.VOLUME_PLACE, K.REQUEST, K.ALLOCATABLE],
        ConflictKind.SHORTAGE,
    ),
    "a volume that can go anywhere, and no room": (
        [
            b.node(name="n0", cpu="1"),
            STD,
            *bound("c"),
            b.pod(name="p", claims=["c"], requests={"cpu": "2"}),
        ],
        [K.REQUEST, K.ALLOCATABLE],
        ConflictKind.SHORTAGE,
    ),
    "a claim that is being made for a node that is gone": (
        [
            *nodes("a"),
            STD,
            b.claim(name="c", storage_class="std", selected_node="n7"),
            b.pod(name="p", claims=["c"]),
        ],
        [K.SELECTED_NODE],
        ConflictKind.CONTRADICTION,
    ),
    "every node has as many volumes as it can": (
        [
            *nodes("a"),
            STD,
            b.csi_driver(name=DRIVER),
            b.csi_node(name="n0", limits={DRIVER: 1}),
            *bound("c1"),
            *bound("c2"),
            b.pod(name="old", node="n0", claims=["c1"]),
            b.pod(name="p", claims=["c2"]),
        ],
        [K.ATTACH_LIMIT],
        ConflictKind.SHORTAGE,
    ),
    "more pods that keep apart than hosts": (
        [
            *nodes("a", "b"),
            *(
                b.pod(name=f"x-{i}", labels={"app": "x"}, owner=("ReplicaSet", "x"), pod_anti_affinity=APART)
                for i in range(3)
            ),
            b.deployment(name="x", kind="ReplicaSet", replicas=3, spec=b.pod_spec(pod_anti_affinity=APART)),
        ],
        [K.ANTI_AFFINITY],
        ConflictKind.SHORTAGE,
    ),
    "the pod there keeps others away": (
        [
            *nodes("a"),
            b.pod(name="old", node="n0", pod_anti_affinity=APART),
            b.pod(name="p", labels={"app": "x"}),
        ],
        [K.ANTI_AFFINITY],
        ConflictKind.SHORTAGE,
    ),
    "affinity to pods that do not run": (
        [*nodes("a"), b.pod(name="p", pod_affinity=b.required_terms(b.affinity_term(labels={"app": "y"})))],
        [K.AFFINITY],
        ConflictKind.CONTRADICTION,
    ),
    "no node has that many devices": (
        [
            b.node(name="n0", allocatable={"nvidia.com/gpu": "1"}),
            b.pod(name="p", requests={"nvidia.com/gpu": "2"}),
        ],
        [K.REQUEST, K.ALLOCATABLE],
        ConflictKind.SHORTAGE,
    ),
    "the node is full by number of pods": (
        [b.node(name="n0", pods="1"), b.pod(name="old", node="n0"), b.pod(name="p")],
        [K.ALLOCATABLE],
        ConflictKind.SHORTAGE,
    ),
    "the more important pod takes the room": (
        [
            b.node(name="n0", cpu="4"),
            b.pod(name="high", priority=100, requests={"cpu": "3"}),
            b.pod(name="low", requests={"cpu": "3"}),
        ],
        [K.REQUEST, K.REQUEST, K.ALLOCATABLE],
        ConflictKind.SHORTAGE,
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_facts_to_blame_are_found_and_every_claim_holds(name: str) -> None:
    objects, kinds, kind = SITUATIONS[name]
    given_inputs, answer = asked(*objects)
    (conflict,) = answer.conflicts
    assert [fact.kind for fact in conflict.core.facts] == kinds
    assert conflict.kind is kind
    assert conflict.core.minimal and conflict.core.decisive
    verdict = Verdict.CONTRADICTION if kind is ConflictKind.CONTRADICTION else Verdict.DOES_NOT_FIT
    assert answer.verdict is verdict
    core_holds(answer, conflict, brute_force=True)
    cleared_hold(answer, conflict)
    for fix in answer.fixes:
        fix_holds(given_inputs, answer, fix)
    assert answer.fixes or name == "an unbound claim of an immediate class"


def test_two_reasons_of_one_pod_are_told_apart_and_mended_together() -> None:
    given_inputs, answer = asked(
        *nodes("a", "b"),
        STD,
        *bound("c", affinity=[b.in_zones("z")]),
        b.pod(name="p", claims=["c"], node_selector={"disk": "ssd"}),
    )
    blamed = [fact.kind for conflict in answer.conflicts for fact in conflict.core.facts]
    assert sorted(blamed) == [K.NODE_SELECTOR, K.VOLUME_PLACE]
    assert not any(suspect.what == "volumes" for c in answer.conflicts for suspect in c.cleared)
    assert answer.fixes and all(" and " in fix.sentence for fix in answer.fixes)
    for fix in answer.fixes:
        fix_holds(given_inputs, answer, fix)


def test_pods_that_only_wait_for_another_are_not_explained_themselves() -> None:
    db = b.stateful_set(
        name="db", replicas=3, spec=b.pod_spec(node_selector={"disk": "ssd"}, requests={"cpu": "1"})
    )
    _, answer = asked(*nodes("a"), manifests=(db,))
    assert {fact.kind for c in answer.conflicts for fact in c.core.facts} == {K.NODE_SELECTOR}
    assert not answer.unexplained


def test_a_request_that_cannot_be_lowered_is_no_fix_and_no_error() -> None:
    given_inputs, answer = asked(
        b.node(name="n0", allocatable={"example.com/fpga": "0"}),
        LOCAL,
        b.claim(name="c", storage_class="local"),
        b.pod(name="p", requests={"example.com/fpga": "1"}),
        b.pod(name="q", claims=["c"]),
    )
    assert answer.verdict is Verdict.CONTRADICTION
    assert not any("example.com/fpga 1 →" in fix.sentence for fix in answer.fixes)
    for fix in answer.fixes:
        fix_holds(given_inputs, answer, fix)


def test_a_taint_that_is_set_again_is_not_to_be_removed() -> None:
    _, answer = asked(*nodes("a", taints=[b.taint(key="node.kubernetes.io/unreachable")]), b.pod(name="p"))
    assert [fact.kind for c in answer.conflicts for fact in c.core.facts] == [K.TAINT]
    assert answer.fixes and not any("remove the taint" in fix.sentence for fix in answer.fixes)


def test_what_is_not_modelled_is_no_proof() -> None:
    devices = {"resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}]}
    _, answer = asked(*nodes("a"), b.pod(name="p", spec=devices))
    assert answer.verdict is Verdict.UNKNOWN
    assert [fact.kind for c in answer.conflicts for fact in c.core.facts] == [K.DEVICES]


def test_without_time_nothing_is_claimed() -> None:
    pods = [b.pod(name=f"p{i}", requests={"cpu": "3"}) for i in range(4)]
    given_inputs = inputs_of([b.document(*nodes("a", "b"), *pods)])
    snapshot = given_inputs.snapshot()
    answer = why(
        given_inputs, snapshot, question_of(snapshot).pods, SolveConfig(workers=1, time_limit_s=0.001)
    )
    assert not answer.conflicts and not answer.fixes
    assert answer.unexplained == tuple(unplaced.pod for unplaced in answer.outcome.unplaced)


def test_where_one_reason_cannot_be_mended_the_other_still_is() -> None:
    given_inputs, answer = asked(
        *nodes("a"),
        b.storage_class(name="now", waits=False),
        b.claim(name="c", storage_class="now"),
        b.pod(name="p", claims=["c"]),
        b.pod(name="q", node_selector={"disk": "ssd"}),
    )
    assert len(answer.conflicts) == 2
    assert answer.fixes and {fix.mends for fix in answer.fixes} == {(2,)}
    for fix in answer.fixes:
        fix_holds(given_inputs, answer, fix)


@settings(max_examples=12, deadline=None)
@given(worlds(max_pods=4))
def test_in_random_worlds_every_claim_holds_against_brute_force(world: World) -> None:
    """Cores fail and every smaller one fits; suspects are rightly cleared; fixes, as printed, fix."""
    given_inputs = inputs_of(
        [b.document(*world.objects)], [b.document(*world.manifests)] if world.manifests else []
    )
    snapshot = given_inputs.snapshot()
    question = question_of(snapshot)
    answer = why(given_inputs, snapshot, question.pods, ASKING)
    if answer.verdict is not Verdict.UNKNOWN:
        assert (answer.verdict is Verdict.FITS) == can_place_all(snapshot, question, CONFIG)
    for conflict in answer.conflicts:
        core_holds(answer, conflict, brute_force=True)
        cleared_hold(answer, conflict)
    for fix in answer.fixes:
        fix_holds(given_inputs, answer, fix)
