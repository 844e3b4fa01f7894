"""Section 7: topology spread, hard constraints (T1-T14) and the score of soft ones (T15-T21)."""

from __future__ import annotations

import pytest

from solver.model.pod import SpreadConstraint
from solver.model.profile import Profile
from tests.builders import (
    HOSTNAME,
    ZONE,
    deployment,
    f_nodes,
    in_zones,
    node,
    pod,
    required_nodes,
    service,
    spread,
    stateful_set,
    taint,
    toleration,
)
from tests.scheduler.judge import OK, by_node, judge, scores, short

WEB = {"app": "web"}
SKEW = "U node(s) didn't match pod topology spread constraints"
NO_LABEL = "UU node(s) didn't match pod topology spread constraints (missing required label)"
MISMATCH = "UU node(s) didn't match Pod's node affinity/selector"
FIRST_NODE = {"za": "a1", "zb": "b1", "zc": "c1"}
ZONES = {"za": ["a1", "a2"], "zb": ["b1", "b2"], "zc": ["c1"]}


def webs(labels=WEB, **counts):
    """So many pods on the first node of each zone."""
    return [
        pod(name=f"{zone}-{i}-{'-'.join(labels.values())}", node=FIRST_NODE[zone], labels=labels)
        for zone, count in counts.items()
        for i in range(count)
    ]


def incoming(*constraints, labels=WEB, **fields):
    return pod(name="p", labels=labels, spread=constraints or [spread(labels=WEB)], **fields)


def zones(found):
    """One answer per zone of fixture F; its nodes must agree."""
    said = by_node(found)
    answers = {zone: {said[name] for name in names if name in said} for zone, names in ZONES.items()}
    assert all(len(answer) == 1 for answer in answers.values())
    return [answer.pop() for answer in answers.values()]


def without_zone(name):
    return [n for n in f_nodes() if n["metadata"]["name"] != name] + [node(name=name)]


def replacing(name, **fields):
    """Fixture F with one node built anew."""
    kept = [n for n in f_nodes() if n["metadata"]["name"] != name]
    return [*kept, node(name=name, zone=f"z{name[0]}", **fields)]


@pytest.mark.parametrize(
    ("counts", "constraint", "expected"),
    [
        pytest.param((3, 1, 1), {}, [SKEW, OK, OK], id="ex_t1"),
        pytest.param((1, 1, 0), {}, [SKEW, SKEW, OK], id="ex_t2"),
        pytest.param((1, 1, 1), {"min_domains": 4}, [SKEW, SKEW, SKEW], id="ex_t4"),
        pytest.param((0, 1, 1), {"min_domains": 4}, [OK, SKEW, SKEW], id="ex_t5"),
        pytest.param((2, 2, 2), {"min_domains": 3}, [OK, OK, OK], id="ex_t6_equal"),
        pytest.param((2, 2, 2), {"min_domains": 2}, [OK, OK, OK], id="ex_t6_fewer"),
        pytest.param((2, 0, 1), {"max_skew": 2}, [SKEW, OK, OK], id="ex_t21"),
        pytest.param((5, 1, 1), {}, [SKEW, OK, OK], id="ex_t22"),
    ],
)
def test_ex_t1_t2_t4_t5_t6_t21_t22_skew_against_the_minimum(counts, constraint, expected):
    world = webs(za=counts[0], zb=counts[1], zc=counts[2])
    assert zones(judge(*f_nodes(), *world, incoming(spread(labels=WEB, **constraint)))) == expected


def test_ex_t3_node_without_the_key_is_no_domain():
    found = judge(*without_zone("c1"), *webs(za=1, zb=1), incoming())
    assert zones(found) == [OK, OK, NO_LABEL]


def test_ex_t7_nodes_ruled_out_by_the_selector_are_no_domain():
    keeping = required_nodes(in_zones("za", "zb"))
    found = judge(*f_nodes(), *webs(za=2, zb=2), incoming(node_affinity=keeping))
    assert zones(found) == [OK, OK, MISMATCH]


def test_ex_t8_ignoring_affinity_brings_the_empty_domain_back():
    keeping = required_nodes(in_zones("za", "zb"))
    rule = spread(labels=WEB, affinity_policy="Ignore")
    found = judge(*f_nodes(), *webs(za=2, zb=2), incoming(rule, node_affinity=keeping))
    assert zones(found) == [SKEW, SKEW, MISMATCH]


TAINTED_C1 = replacing("c1", taints=[taint(key="down")])


def test_ex_t9_tainted_domain_still_holds_the_minimum():
    found = judge(*TAINTED_C1, *webs(za=1, zb=1), incoming())
    assert zones(found) == [SKEW, SKEW, "UU node(s) had untolerated taint {down: }"]


def test_ex_t10_honouring_taints_drops_the_domain():
    rule = spread(labels=WEB, taints_policy="Honor")
    found = judge(*TAINTED_C1, *webs(za=1, zb=1), incoming(rule))
    assert zones(found)[:2] == [OK, OK]
    tolerant = judge(
        *TAINTED_C1, *webs(za=1, zb=1), incoming(rule, tolerations=[toleration(operator="Exists")])
    )
    assert zones(tolerant) == [SKEW, SKEW, OK]


def test_ex_t11_cordon_without_taint_stays_a_domain():
    found = judge(
        *replacing("c1", unschedulable=True),
        *webs(za=1, zb=1),
        incoming(spread(labels=WEB, taints_policy="Honor")),
    )
    assert zones(found) == [SKEW, SKEW, "UU node(s) were unschedulable"]


def test_ex_t12_pod_outside_its_own_selector_adds_nothing():
    databases = webs(labels={"app": "db"}, za=2, zb=1, zc=1)
    found = judge(*f_nodes(), *databases, incoming(spread(labels={"app": "db"})))
    assert zones(found) == [OK, OK, OK]


def test_ex_t13_other_namespaces_do_not_count():
    others = [pod(name=f"o{i}", namespace="ops", node="a1", labels=WEB) for i in range(3)]
    assert zones(judge(*f_nodes(), *others, incoming())) == [OK, OK, OK]


def test_ex_t14_terminating_pods_do_not_count():
    dying = pod(name="dying", node="a2", labels=WEB, terminating=True)
    assert zones(judge(*f_nodes(), *webs(za=1, zb=1, zc=1), dying, incoming())) == [OK, OK, OK]


def test_ex_t15_empty_selector_never_rejects_on_skew():
    found = judge(*f_nodes(), *webs(za=9), incoming(spread(label_selector={})))
    assert zones(found) == [OK, OK, OK]


def test_t10_empty_selector_with_match_label_keys_counts_normally():
    rule = spread(label_selector={}, match_keys=["app"])
    assert zones(judge(*f_nodes(), *webs(za=9), incoming(rule))) == [SKEW, OK, OK]


def test_ex_t16_null_selector_only_requires_the_label():
    found = judge(*without_zone("c1"), *webs(za=9), incoming(spread()))
    assert zones(found) == [OK, OK, NO_LABEL]


def test_ex_t17_node_missing_one_key_counts_for_no_constraint():
    """T9 too: zc is a domain to nobody, so c1 gets past the zone constraint."""
    nodes = [n for n in f_nodes() if n["metadata"]["name"] != "c1"]
    nodes.append(node(name="c1", zone="zc", hostname=False))
    rules = spread(labels=WEB), spread(key=HOSTNAME, labels=WEB)
    found = judge(*nodes, *webs(za=1, zb=1), incoming(*rules))
    assert by_node(found) == {"a1": SKEW, "a2": OK, "b1": SKEW, "b2": OK, "c1": NO_LABEL}


def test_ex_t18_first_failing_constraint_decides_the_reason():
    rules = spread(labels=WEB), spread(key="rack", labels=WEB)
    racked = [node(name=f"n{i}", zone=f"z{i}", labels={"rack": "r"}) for i in (1, 2)]
    bare = node(name="n3", zone="z1")
    crowd = [pod(name=f"w{i}", node="n1", labels=WEB) for i in range(2)]
    assert by_node(judge(*racked, bare, *crowd, incoming(*rules)))["n3"] == SKEW


def test_ex_t19_match_label_keys_separate_revisions():
    old = webs(labels={**WEB, "pod-template-hash": "old"}, za=2, zb=2, zc=1)
    new = {**WEB, "pod-template-hash": "new"}
    keyed = spread(labels=WEB, match_keys=["pod-template-hash"])
    assert zones(judge(*f_nodes(), *old, incoming(keyed, labels=new))) == [OK, OK, OK]
    assert zones(judge(*f_nodes(), *old, incoming(labels=new))) == [SKEW, SKEW, OK]


def test_ex_t20_keys_the_pod_lacks_are_ignored():
    keyed = spread(labels=WEB, match_keys=["pod-template-hash"])
    assert zones(judge(*f_nodes(), *webs(za=1, zb=1), incoming(keyed))) == [SKEW, SKEW, OK]


def test_ex_t23_pods_on_ineligible_nodes_do_not_count():
    nodes = [
        node(name="a1", zone="za", labels={"disk": "ssd"}),
        node(name="a2", zone="za", labels={"disk": "hdd"}),
        node(name="b1", zone="zb", labels={"disk": "ssd"}),
    ]
    crowd = [pod(name=f"w{i}", node="a2", labels=WEB) for i in range(3)]
    found = judge(
        *nodes,
        *crowd,
        pod(name="w", node="b1", labels=WEB),
        incoming(node_selector={"disk": "ssd"}),
    )
    assert by_node(found) == {"a1": OK, "a2": MISMATCH, "b1": SKEW}


HARD_DEFAULT = Profile(
    default_constraints=(SpreadConstraint(topology_key=ZONE, max_skew=1, hard=True, selector=None),)
)


def test_ex_t24_own_soft_constraint_switches_defaults_off():
    objects = (*f_nodes(), *webs(za=2), service(name="web", labels=WEB))
    soft = judge(*objects, incoming(spread(labels=WEB, soft=True)), config=HARD_DEFAULT)
    assert zones(soft) == [OK, OK, OK]


def test_t20_hard_default_constraint_filters_pods_without_their_own():
    objects = (*f_nodes(), *webs(za=2), pod(name="p", labels=WEB))
    selected = judge(*objects, service(name="web", labels=WEB), config=HARD_DEFAULT)
    assert zones(selected) == [SKEW, OK, OK]
    assert zones(judge(*objects, config=HARD_DEFAULT)) == [OK, OK, OK]


def test_ex_t25_full_domain_still_holds_the_minimum():
    big = pod(name="big", node="c1", requests={"cpu": "4"})
    found = judge(*f_nodes(), big, *webs(za=1, zb=1), incoming(requests={"cpu": "1"}))
    assert zones(found) == [SKEW, SKEW, "U Insufficient cpu"]


def test_unreadable_selector_is_an_error_of_the_scheduler():
    bad = spread(label_selector={"matchExpressions": [{"key": "app", "operator": "Near"}]})
    found = judge(*f_nodes(), incoming(bad))
    assert short(found.prefilter).startswith('ERR running PreFilter plugin "PodTopologySpread": ')
    soft = judge(*f_nodes(), incoming({**bad, "whenUnsatisfiable": "ScheduleAnyway"}))
    assert short(soft.score_error).startswith('ERR running PreScore plugin "PodTopologySpread": ')


# Scores


def spread_scores(*objects):
    return scores(judge(*objects), "PodTopologySpread")


@pytest.mark.parametrize(
    ("max_skew", "expected"),
    [pytest.param(1, [0, 33, 100], id="ex_t26"), pytest.param(5, [57, 71, 100], id="ex_t27")],
)
def test_ex_t26_t27_fewer_matching_pods_score_higher(max_skew, expected):
    nodes = [node(name=name, zone=zone) for zone, name in FIRST_NODE.items()]
    rule = spread(labels=WEB, soft=True, max_skew=max_skew)
    got = spread_scores(*nodes, *webs(za=2, zb=1), incoming(rule))
    assert list(got.values()) == expected


def test_ex_t28_hostname_counts_the_node_itself():
    crowd = [pod(name=f"w{i}", node=name, labels=WEB) for i, name in enumerate(["n1", "n1", "n1", "n2"])]
    rule = spread(key=HOSTNAME, labels=WEB, soft=True)
    assert spread_scores(node(name="n1"), node(name="n2"), *crowd, incoming(rule)) == {"n1": 25, "n2": 100}


def test_t17_hostname_counts_follow_the_node_not_the_label():
    twins = [node(name=name, labels={HOSTNAME: "same"}) for name in ("n1", "n2")]
    crowd = [pod(name="w", node="n1", labels=WEB)]
    rule = spread(key=HOSTNAME, labels=WEB, soft=True)
    assert spread_scores(*twins, *crowd, incoming(rule)) == {"n1": 0, "n2": 100}


def test_ex_t29_all_empty_scores_full():
    assert set(spread_scores(*f_nodes(), incoming(spread(labels=WEB, soft=True))).values()) == {100}


def test_ex_t30_node_without_the_key_scores_nothing():
    got = spread_scores(*without_zone("c1"), incoming(spread(labels=WEB, soft=True)))
    assert got == {"a1": 100, "a2": 100, "b1": 100, "b2": 100, "c1": 0}


def test_t17_pods_on_infeasible_nodes_count_in_their_domain():
    nodes = replacing("a1", unschedulable=True)
    got = spread_scores(*nodes, *webs(za=1), incoming(spread(labels=WEB, soft=True)))
    assert got == {"a2": 0, "b1": 100, "b2": 100, "c1": 100}


def system_default_world(*extra):
    """EX-T31: zone counts 3/1/0, per node 2, 1, 1, 0."""
    nodes = [n for n in f_nodes() if n["metadata"]["name"] != "b2"]
    places = ["a1", "a1", "a2", "b1"]
    crowd = [pod(name=f"w{i}", node=name, labels=WEB) for i, name in enumerate(places)]
    return [*nodes, *extra, *crowd, service(name="web", labels=WEB), pod(name="p", labels=WEB)]


def test_ex_t31_system_defaults_spread_pods_of_a_service():
    assert spread_scores(*system_default_world()) == {"a1": 42, "a2": 50, "b1": 78, "c1": 100}


def test_ex_t32_system_defaults_do_not_ignore_unlabelled_nodes():
    got = spread_scores(*system_default_world(node(name="d1")))
    assert got == {"a1": 13, "a2": 26, "b1": 46, "c1": 73, "d1": 100}


OWNED = {"app": "owned"}


@pytest.mark.parametrize(
    ("kind", "owner"),
    [
        ("ReplicaSet", deployment(name="o", labels=OWNED, replicas=0, kind="ReplicaSet")),
        ("StatefulSet", stateful_set(name="o", labels=OWNED, replicas=0)),
        (
            "ReplicationController",
            {
                "apiVersion": "v1",
                "kind": "ReplicationController",
                "metadata": {"name": "o", "namespace": "prod"},
                "spec": {"replicas": 0, "selector": OWNED, "template": {"metadata": {"labels": OWNED}}},
            },
        ),
    ],
)
def test_t21_owner_selects_for_default_constraints(kind, owner):
    crowd = webs(labels=OWNED, za=3)
    got = spread_scores(*f_nodes(), *crowd, owner, pod(name="p", labels=OWNED, owner=(kind, "o")))
    assert got["a1"] < got["a2"] < got["b1"] == 100


def test_t21_other_owners_and_bare_pods_get_no_default_constraints():
    crowd = webs(labels=OWNED, za=3)
    assert spread_scores(*f_nodes(), *crowd, pod(name="p", labels=OWNED)) == {}
    assert spread_scores(*f_nodes(), *crowd, pod(name="p", labels=OWNED, owner=("Job", "o"))) == {}
    assert spread_scores(*f_nodes(), *crowd, pod(name="p", labels=OWNED, owner=("ReplicaSet", "o"))) == {}


def test_t21_service_and_owner_selectors_are_both_required():
    set_labels = {**OWNED, "track": "blue"}
    owner = deployment(name="o", labels=set_labels, replicas=0, kind="ReplicaSet")
    services = [service(name="s", labels=OWNED), service(name="other", labels=WEB)]
    green = webs(labels={**OWNED, "track": "green"}, za=3)
    asked = pod(name="p", labels=set_labels, owner=("ReplicaSet", "o"))
    assert set(spread_scores(*f_nodes(), *green, owner, *services, asked).values()) == {100}
    blue = webs(labels=set_labels, za=3)
    assert spread_scores(*f_nodes(), *blue, owner, *services, asked)["a1"] < 100


def test_t20_custom_default_list_ignores_unlabelled_nodes():
    config = Profile(
        default_constraints=(SpreadConstraint(topology_key=ZONE, max_skew=1, hard=False, selector=None),)
    )
    found = judge(
        *without_zone("c1"), service(name="web", labels=WEB), pod(name="p", labels=WEB), config=config
    )
    assert scores(found, "PodTopologySpread")["c1"] == 0


def test_t20_empty_default_list_switches_defaults_off():
    config = Profile(default_constraints=())
    found = judge(*f_nodes(), service(name="web", labels=WEB), pod(name="p", labels=WEB), config=config)
    assert scores(found, "PodTopologySpread") == {}
