"""Soft rules that a plan leaves unmet are found, each kind alone, and none is where all are met."""

from __future__ import annotations

from typing import Any

import pytest

from solver.model.snapshot import Snapshot
from tests import builders as b
from tests.report.plans import facts

A_TERM = b.affinity_term(labels={"app": "web"})
OTHERS = {"running": b.pod(name="old", node="a1", labels={"app": "web"})}


def world(**rules: Any) -> Snapshot:
    nodes = b.f_nodes()
    soft = b.taint(key="spot", effect="PreferNoSchedule")
    return b.snapshot(
        *nodes,
        b.node(name="s1", zone="za", taints=[soft]),
        *OTHERS.values(),
        b.pod(name="one", labels={"app": "web"}, **rules),
    )


CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "Taint": ({}, "b1", "s1", "spec.tolerations"),
    "NodeSelection": (
        {"node_affinity": b.preferred_nodes((50, b.in_zones("zb")), (20, b.in_zones("za")))},
        "b1",
        "a1",
        "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution",
    ),
    "PodAffinity": (
        {"pod_affinity": b.preferred_terms((7, A_TERM))},
        "a2",
        "b1",
        "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]",
    ),
    "PodAntiAffinity": (
        {"pod_anti_affinity": b.preferred_terms((7, A_TERM))},
        "b1",
        "a2",
        "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]",
    ),
    "TopologySpread": (
        {"spread": [b.spread(soft=True, labels={"app": "web"})]},
        "b1",
        "a2",
        "spec.topologySpreadConstraints[0]",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_rule_is_unmet_on_one_node_and_met_on_another(kind: str) -> None:
    rules, good, bad, path = CASES[kind]
    snapshot = world(**rules)
    assert facts(snapshot, {"one": good}, strict=True).unmet == ()
    (unmet,) = facts(snapshot, {"one": bad}, strict=True).unmet or ()
    assert (unmet.kind, unmet.source.split()[0], unmet.pods) == (kind, "Pod/prod/one", ("prod/one",))
    assert unmet.path == path


def test_a_preference_that_no_node_meets_is_unmet_everywhere() -> None:
    snapshot = world(node_affinity=b.preferred_nodes((10, b.in_zones("moon"))))
    (unmet,) = facts(snapshot, {"one": "a1"}, strict=True).unmet or ()
    assert unmet.sentence == "on a node with weight 0 of what it prefers, 0 at best"


def test_a_pod_is_no_company_to_itself() -> None:
    snapshot = b.snapshot(
        *b.f_nodes(),
        b.pod(name="one", labels={"app": "web"}, pod_affinity=b.preferred_terms((7, A_TERM))),
    )
    (unmet,) = facts(snapshot, {"one": "a1"}, strict=True).unmet or ()
    assert unmet.kind == "PodAffinity"


def test_nobody_looks_unless_asked_to() -> None:
    assert facts(world(), {"one": "s1"}).unmet is None
