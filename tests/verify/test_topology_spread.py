"""T4-T12, J4 on the final state: only what no order could reach is refused."""

from __future__ import annotations

from typing import Any

import pytest

from solver.model.snapshot import Snapshot
from tests.builders import (
    HOSTNAME,
    expression,
    f_nodes,
    in_zones,
    node,
    pod,
    required_nodes,
    selector,
    snapshot,
    spread,
    taint,
)
from tests.verify.judge import broken, violations

WEB = {"app": "web"}
ZONE_1 = spread(labels=WEB)


def running(**counts: int) -> list[dict[str, Any]]:
    """Matching pods by node: ``running(a1=2)``."""
    return [
        pod(name=f"old-{name}-{index}", node=name, labels=WEB)
        for name, count in counts.items()
        for index in range(count)
    ]


def world(*constraints: Any, pods: int = 4, counts: dict[str, int] | None = None, **more: Any) -> Snapshot:
    """Pods p0, p1 … with the constraints (default: zone, maxSkew 1) on fixture F."""
    news = [pod(name=f"p{i}", labels=WEB, spread=constraints or [ZONE_1], **more) for i in range(pods)]
    return snapshot(*f_nodes(), *news, *running(**(counts or {})))


def plan(*nodes: str) -> dict[str, str]:
    return {f"p{index}": name for index, name in enumerate(nodes)}


def test_even_spread_is_right():
    assert broken(world(), plan("a1", "b1", "c1")) == set()
    assert broken(world(), plan("a1", "a2", "b1", "c1")) == set()


def test_two_in_one_zone_while_another_is_empty_is_wrong():
    assert [v.sentence for v in violations(world(), plan("a1", "a2", "b1"))] == [
        "pod prod/p1 would be one of 2 in topology.kubernetes.io/zone=za,"
        " the least of any domain is 0: skew 2, allowed 1"
    ]


def test_max_skew_is_the_allowance():
    assert broken(world(spread(labels=WEB, max_skew=2)), plan("a1", "a2", "b1")) == set()
    assert broken(world(spread(labels=WEB, max_skew=2), pods=5), plan("a1", "a2", "a1", "b1")) == {"T7"}


def test_running_pods_count():
    assert broken(world(counts={"a1": 1, "b1": 1}), plan("c1")) == set()
    assert broken(world(counts={"a1": 1, "b1": 1}), plan("a1")) == {"T7"}


def test_ex_j4_overfull_domain_that_receives_nothing_is_exempt():
    assert broken(world(counts={"a1": 5, "b1": 1, "c1": 1}), plan("b1", "c1")) == set()
    assert broken(world(counts={"a1": 5, "b1": 1, "c1": 1}), plan("a1", "b1", "c1")) == {"T7"}


def test_ex_t14_terminating_pods_do_not_count():
    dying = pod(name="dying", node="a1", labels=WEB, terminating=True)
    here = snapshot(*f_nodes(), dying, pod(name="p0", labels=WEB, spread=[ZONE_1]))
    assert broken(here, plan("a1")) == set()


def test_ex_t13_other_namespaces_do_not_count():
    others = [pod(name=f"o{i}", namespace="dev", node="a1", labels=WEB) for i in range(3)]
    here = snapshot(*f_nodes(), *others, pod(name="p0", labels=WEB, spread=[ZONE_1]))
    assert broken(here, plan("a1")) == set()


@pytest.mark.parametrize(("minimum", "expected"), [(3, set()), (4, {"T7"})])
def test_ex_t4_ex_j5_too_few_domains_hold_the_minimum_at_zero(minimum, expected):
    here = world(spread(labels=WEB, min_domains=minimum), counts={"a1": 1, "b1": 1, "c1": 1})
    assert broken(here, plan("a1")) == expected


def test_ex_t3_node_without_the_key_cannot_host():
    nodes = [*f_nodes()[:4], node(name="c1")]
    here = snapshot(*nodes, pod(name="p0", labels=WEB, spread=[ZONE_1]), *running(a1=1, b1=1))
    assert broken(here, plan("a1")) == set()
    assert broken(here, plan("c1")) == {"T8"}


def test_ex_t17_node_must_have_the_keys_of_all_constraints_to_count():
    nodes = [*f_nodes()[:4], node(name="c1", zone="zc", hostname=False)]
    both = [ZONE_1, spread(key=HOSTNAME, labels=WEB)]
    here = snapshot(*nodes, pod(name="p0", labels=WEB, spread=both), *running(a1=1, b1=1))
    assert broken(here, plan("a2")) == set()
    assert broken(here, plan("a1")) == {"T7"}
    assert broken(here, plan("c1")) == {"T8"}


@pytest.mark.parametrize(("policy", "expected"), [(None, set()), ("Ignore", {"T7"})])
def test_ex_t7_ex_t8_zones_the_pod_may_not_use_count_unless_honored(policy, expected):
    here = world(
        spread(labels=WEB, affinity_policy=policy),
        node_affinity=required_nodes(in_zones("za", "zb")),
        counts={"a1": 2, "b1": 2},
    )
    assert broken(here, plan("a1")) == expected


def test_ex_t23_node_selector_decides_which_nodes_count():
    nodes = [
        node(name=name, zone=zone, labels={"disk": disk})
        for name, zone, disk in (("a1", "za", "ssd"), ("a2", "za", "hdd"), ("b1", "zb", "ssd"))
    ]
    new = pod(name="p0", labels=WEB, spread=[ZONE_1], node_selector={"disk": "ssd"})
    here = snapshot(*nodes, new, *running(a2=3, b1=1))
    assert broken(here, plan("a1")) == set()
    assert broken(here, plan("b1")) == {"T7"}


@pytest.mark.parametrize(("policy", "expected"), [(None, {"T7"}), ("Honor", set())])
def test_ex_t9_ex_t10_tainted_zone_counts_unless_taints_are_honored(policy, expected):
    nodes = [*f_nodes()[:4], node(name="c1", zone="zc", taints=[taint(key="gone")])]
    constraint = spread(labels=WEB, taints_policy=policy)
    here = snapshot(*nodes, pod(name="p0", labels=WEB, spread=[constraint]), *running(a1=1, b1=1))
    assert broken(here, plan("a1")) == expected


def test_ex_t12_pod_that_does_not_match_itself():
    dbs = [pod(name=f"db{i}", node=n, labels={"app": "db"}) for i, n in enumerate(("a1", "a1", "b1", "c1"))]
    here = snapshot(*f_nodes(), pod(name="p0", labels=WEB, spread=[spread(labels={"app": "db"})]), *dbs)
    assert broken(here, plan("a1")) == set()
    more = pod(name="db9", node="a2", labels={"app": "db"})
    here = snapshot(*f_nodes(), pod(name="p0", labels=WEB, spread=[spread(labels={"app": "db"})]), *dbs, more)
    assert broken(here, plan("a1")) == {"T7"}


@pytest.mark.parametrize("chosen", [selector(), None])
def test_ex_t15_ex_t16_empty_and_null_selectors_count_nobody(chosen):
    here = world(spread(label_selector=chosen), counts={"a1": 9})
    assert broken(here, plan("a1", "a2")) == set()


def test_ex_t19_match_label_keys_separate_revisions():
    constraint = spread(labels=WEB, match_keys=["rev"])
    olds = [pod(name=f"o{i}", node="a1", labels={**WEB, "rev": "1"}) for i in range(3)]
    news = [pod(name=f"p{i}", labels={**WEB, "rev": "2"}, spread=[constraint]) for i in range(2)]
    here = snapshot(*f_nodes(), *olds, *news)
    assert broken(here, plan("a1")) == set()
    assert broken(here, plan("a1", "a2")) == {"T7"}


def test_soft_constraints_are_no_rule():
    assert broken(world(spread(labels=WEB, soft=True)), plan("a1", "a2", "a1")) == set()


def test_matching_pods_without_the_constraint_may_come_afterwards():
    """za ends with 3 against 0, but only p0 minds, and it may come first."""
    free = [pod(name=f"free{i}", labels=WEB) for i in range(2)]
    here = snapshot(*f_nodes(), pod(name="p0", labels=WEB, spread=[ZONE_1]), *free)
    assert broken(here, {"free0": "a1", "free1": "a2", "p0": "a1"}) == set()


def test_pods_of_others_may_raise_the_minimum_first():
    here = snapshot(
        *f_nodes(),
        *(pod(name=f"p{i}", labels=WEB, spread=[ZONE_1]) for i in range(2)),
        *(pod(name=f"free{i}", labels=WEB) for i in range(2)),
    )
    assert broken(here, {"p0": "a1", "p1": "a2", "free0": "b1", "free1": "c1"}) == set()
    assert broken(here, {"p0": "a1", "p1": "a2", "free0": "b1"}) == {"T7"}


def test_t12_pod_on_an_uncounted_node_of_a_counted_domain_adds_nothing():
    """p1 does not state the constraint's node selector: for p0, its node does not count."""
    nodes = [
        node(name=name, zone=zone, labels={"disk": disk})
        for name, zone, disk in (("a1", "za", "ssd"), ("a2", "za", "hdd"), ("b1", "zb", "ssd"))
    ]
    picky = pod(name="p0", labels=WEB, spread=[ZONE_1], node_selector={"disk": "ssd"})
    here = snapshot(*nodes, picky, pod(name="p1", labels=WEB))
    assert broken(here, plan("a1", "a2")) == set()


def test_gt_requirements_decide_which_nodes_count():
    nodes = [node(name=n, zone=z, labels={"cores": c}) for n, z, c in (("a1", "za", "16"), ("b1", "zb", "4"))]
    big = {"matchExpressions": [expression(key="cores", operator="Gt", values=["8"])]}
    new = pod(name="p0", labels=WEB, spread=[ZONE_1], node_affinity=required_nodes(big))
    assert broken(snapshot(*nodes, new, *running(a1=3)), plan("a1")) == set()
