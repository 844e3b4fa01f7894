"""Pod classes: merge what no rule can tell apart, split what one can."""

from __future__ import annotations

import pytest

from solver.compile import compile_problem
from solver.model.names import pod_key
from solver.model.outcome import Question
from tests.builders import (
    affinity_term,
    claim,
    claim_spec,
    csi_node,
    expression,
    f_nodes,
    in_zones,
    node,
    pod,
    required_terms,
    selector,
    snapshot,
    spread,
    stateful_set,
    storage_class,
    volume,
)
from tests.constraints.judge import STRICT, compiled

WEB = {"app": "web"}
FAST = storage_class(name="fast")


def classes(*objects, manifests=()):
    """Names of the members of each class."""
    problem = compiled(snapshot(*f_nodes(), *objects, manifests=manifests))
    return [[member.name for member in c.members] for c in problem.classes]


def with_claims(*sizes, bound=False, handle=None, drivers=None, modes=("ReadWriteOnce",)):
    """p0, p1 … with a claim each."""
    made = []
    for index, size in enumerate(sizes):
        key = f"c{index}"
        if bound:
            made.append(
                volume(
                    name=f"pv{index}",
                    claim=key,
                    storage=size,
                    driver=drivers[index] if drivers else "csi.example.com",
                    handle=handle,
                )
            )
        made.append(
            claim(
                name=key,
                storage=size,
                storage_class=None if bound else "fast",
                volume=f"pv{index}" if bound else None,
                modes=modes,
            )
        )
        made.append(pod(name=f"p{index}", claims=[key]))
    return made


def test_names_and_unread_labels_do_not_matter():
    assert classes(pod(name="p", labels={"serial": "1"}), pod(name="q", labels={"serial": "2"})) == [
        ["p", "q"]
    ]


def test_labels_some_selector_reads_do():
    picky = pod(
        name="old", node="a1", pod_anti_affinity=required_terms(affinity_term(labels={"serial": "1"}))
    )
    alike = [pod(name="p", labels={"serial": "1"}), pod(name="q", labels={"serial": "2"})]
    assert classes(picky, *alike) == [["p"], ["q"]]


def test_label_read_by_an_expression_or_a_merged_key_counts_as_read():
    exists = selector(expressions=[expression(key="serial", operator="Exists")])
    by_expression = pod(name="r", spread=[spread(label_selector=exists)])
    assert classes(pod(name="p", labels={"serial": "1"}), pod(name="q"), by_expression) == [
        ["p"],
        ["q"],
        ["r"],
    ]
    constraint = [spread(labels=WEB, match_keys=["rev"])]
    pods = [pod(name=f"p{i}", labels={**WEB, "rev": rev}, spread=constraint) for i, rev in enumerate("112")]
    assert classes(*pods) == [["p0", "p1"], ["p2"]]


@pytest.mark.parametrize(
    "difference",
    [
        {"requests": {"cpu": "1"}},
        {"priority": 7},
        {"namespace": "ops"},
        {"node_selector": {"disk": "ssd"}},
        {"tolerations": [{"key": "x", "operator": "Exists"}]},
        {"spread": [spread(labels=WEB)]},
        {"owner": ("StatefulSet", "db")},
        {"volumes": [{"name": "d", "awsElasticBlockStore": {"volumeID": "v"}}]},
    ],
)
def test_different_rules_split(difference):
    assert classes(pod(name="p"), pod(name="q", **difference)) == [["p"], ["q"]]
    assert classes(pod(name="p", **difference), pod(name="q", **difference)) == [["p", "q"]]


def test_claims_are_compared_by_what_they_allow():
    assert classes(FAST, *with_claims("1Gi", "1Gi")) == [["p0", "p1"]]
    assert classes(FAST, *with_claims("1Gi", "2Gi")) == [["p0"], ["p1"]]
    assert classes(*with_claims("1Gi", "1Gi", bound=True)) == [["p0", "p1"]]


def test_users_of_one_claim_are_a_class_of_their_own():
    made = [FAST, *(claim(name=n, storage_class="fast") for n in ("shared", "own1", "own2"))]
    users = [pod(name=n, claims=["shared"]) for n in "pq"]
    others = [pod(name="r", claims=["own1"]), pod(name="s", claims=["own2"])]
    assert classes(*made, *users, *others) == [["p", "q"], ["r", "s"]]


def test_claim_that_a_running_pod_uses_too_is_shared():
    made = [FAST, *(claim(name=n, storage_class="fast") for n in ("c0", "c1"))]
    old = pod(name="old", node="a1", claims=["c0"])
    assert classes(*made, old, *(pod(name=f"p{i}", claims=[f"c{i}"]) for i in (0, 1))) == [["p0"], ["p1"]]


def test_drivers_and_common_volumes_behind_claims_split():
    two_drivers = with_claims("1Gi", "1Gi", "1Gi", bound=True, drivers=["x", "x", "y"])
    assert classes(*two_drivers) == [["p0", "p1"], ["p2"]]
    one_disk = with_claims("1Gi", "1Gi", bound=True, handle="disk")
    alone = [volume(name="pv9", claim="c9", driver="csi.example.com"), claim(name="c9", volume="pv9")]
    assert classes(*one_disk, *alone, pod(name="p9", claims=["c9"])) == [["p0", "p1"], ["p9"]]


def pinned(ordinal, zone):
    """The claim an ordinal finds when it is created again."""
    return [
        volume(name=f"pv{ordinal}", claim=f"data-db-{ordinal}", affinity=[in_zones(zone)]),
        claim(name=f"data-db-{ordinal}", volume=f"pv{ordinal}"),
    ]


def test_ordinals_share_a_class_only_with_their_neighbours():
    ordered = stateful_set(name="db", replicas=5, claims={"data": claim_spec(storage_class="fast")})
    assert classes(FAST, manifests=[ordered]) == [["db-0", "db-1", "db-2", "db-3", "db-4"]]
    split = classes(FAST, *pinned(2, "za"), manifests=[ordered])
    assert split == [["db-0", "db-1"], ["db-2"], ["db-3", "db-4"]]


def test_ordinals_that_wait_for_nobody_share_a_class_however_they_are_numbered():
    parallel = stateful_set(
        name="db", replicas=5, parallel=True, claims={"data": claim_spec(storage_class="fast")}
    )
    assert classes(FAST, *pinned(2, "za"), manifests=[parallel]) == [
        ["db-0", "db-1", "db-3", "db-4"],
        ["db-2"],
    ]


def test_members_of_a_run_stand_in_the_order_of_creation_whatever_was_asked_first():
    here = snapshot(*f_nodes(), manifests=[stateful_set(name="db", replicas=3)])
    asked = Question(pods=tuple(pod_key("prod", f"db-{i}") for i in (2, 0, 1)))
    problem = compile_problem(here, asked, STRICT)
    assert [[member.name for member in c.members] for c in problem.classes] == [["db-0", "db-1", "db-2"]]
    assert problem.chains == ()


def test_chains_link_the_runs():
    ordered = stateful_set(name="db", replicas=5, claims={"data": claim_spec(storage_class="fast")})
    problem = compiled(snapshot(*f_nodes(), FAST, *pinned(2, "za"), manifests=[ordered]))
    assert problem.chains == ((0, 1), (1, 2))


def nodes_of_problem(*objects):
    problem = compiled(snapshot(*objects))
    return {problem.nodes[n] for n in problem.limit.sum(axis=0).nonzero()[0]}


def test_interchangeable_nodes_beyond_what_the_pods_could_fill_are_left_out():
    nodes = [node(name=f"n{i}", zone="za") for i in range(5)]
    assert nodes_of_problem(*nodes, pod(name="p"), pod(name="q")) == {"n0", "n1"}


def test_nodes_that_some_rule_tells_apart_stay():
    near = required_terms(affinity_term(labels=WEB, key="kubernetes.io/hostname"))
    p = pod(name="p", pod_affinity=near)
    nodes = [node(name=f"n{i}", zone="za") for i in range(3)]
    assert "n2" in nodes_of_problem(*nodes, pod(name="old", node="n2", labels=WEB), p)
    limited = [csi_node(name="n0", limits={"csi.example.com": 1})]
    assert nodes_of_problem(*nodes, *limited, FAST, *with_claims("1Gi")) == {"n0", "n1"}


def test_nodes_where_a_claim_needs_a_ready_made_volume_differ_from_those_where_it_does_not():
    mixed = storage_class(name="fast", topologies=[[("rack", ["r1"])]])
    nodes = [node(name="n0"), node(name="n1", labels={"rack": "r1"})]
    anywhere = volume(name="v", storage_class="fast")
    assert nodes_of_problem(*nodes, mixed, anywhere, *with_claims("1Gi")) == {"n0", "n1"}
