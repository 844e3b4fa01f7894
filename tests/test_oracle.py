"""The brute force itself, on worlds whose answer can be told by hand."""

from __future__ import annotations

from solver.model.config import SolveConfig
from tests.builders import (
    affinity_term,
    claim,
    f_nodes,
    node,
    pod,
    required_terms,
    snapshot,
    spread,
    stateful_set,
    volume,
)
from tests.oracle import can_place_all, most_by_priority, reachable
from tests.strategies import question_of

WEB = {"app": "web"}
STRICT, LENIENT = SolveConfig(), SolveConfig(strict_rwo=False)


def most(world, config=STRICT):
    return most_by_priority(world, question_of(world), config)


def test_ex_a20_fourth_replica_finds_no_zone():
    apart = required_terms(affinity_term(labels=WEB))
    pods = [pod(name=f"p{i}", labels=WEB, pod_anti_affinity=apart) for i in range(4)]
    here = snapshot(*f_nodes()[1:], *pods)
    assert most(here) == (3,)
    assert not can_place_all(here, question_of(here), STRICT)


def test_every_reachable_placement_is_listed_once_for_each_set_of_seats():
    here = snapshot(node(name="a1"), node(name="b1"), pod(name="p"), pod(name="q"))
    listed = [frozenset(p.assignments) for p in reachable(here, question_of(here), STRICT)]
    assert len(listed) == len(set(listed)) == 9  # each pod on a1, on b1, or nowhere


def test_higher_priorities_count_first():
    """One pod of priority 10 needs the whole node that two of priority 0 could share."""
    small = [pod(name=f"small{i}", requests={"cpu": "2"}) for i in range(2)]
    here = snapshot(node(name="a1", cpu="4"), *small, pod(name="big", priority=10, requests={"cpu": "4"}))
    assert most(here) == (1, 0)


def test_better_order_is_found():
    """Whoever is asked first, db must go to b1, so that the two webs keep apart from it."""
    apart = required_terms(affinity_term(labels={"app": "db"}))
    webs = [pod(name=f"w{i}", labels=WEB, pod_anti_affinity=apart, requests={"cpu": "1"}) for i in range(2)]
    db = pod(name="db", labels={"app": "db"}, requests={"cpu": "1"})
    here = snapshot(node(name="a1", zone="za", cpu="2"), node(name="b1", zone="zb", cpu="1"), *webs, db)
    assert most(here) == (3,)


def test_spread_is_judged_in_order():
    here = snapshot(
        *f_nodes()[1:4], *(pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(4))
    )
    ends = {
        tuple(sorted(str(a.node) for a in p.assignments))
        for p in reachable(here, question_of(here), STRICT)
        if len(p.assignments) == 3
    }
    assert ("a2", "a2", "a2") not in ends
    assert ("a2", "a2", "b1") in ends


def test_v44_is_kept_only_when_strict():
    """Neither node holds both pods that share the claim."""
    shared = [claim(name="data", volume="pv"), volume(name="pv", claim="data")]
    users = [pod(name=name, claims=["data"], requests={"cpu": "1"}) for name in "pq"]
    here = snapshot(node(name="a1", cpu="1"), node(name="b1", cpu="1"), *shared, *users)
    assert most(here, STRICT) == (1,)
    assert most(here, LENIENT) == (2,)


def test_ordinals_come_in_order():
    """db-0 does not fit beside the pod that runs, so no ordinal is created after it."""
    full = pod(name="old", node="a1", requests={"cpu": "4"})
    spec = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]}
    here = snapshot(
        node(name="a1", cpu="4"), full, manifests=[stateful_set(name="db", replicas=2, spec=spec)]
    )
    assert most(here) == (0,)
