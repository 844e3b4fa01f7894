"""The pipeline's verdicts on whole questions."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest

from solver.errors import InternalError
from solver.model.config import SolveConfig
from solver.model.outcome import Proof, Question, ReasonCode, StoppedBy, Verdict
from solver.model.placement import Assignment
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from tests.builders import (
    HOSTNAME,
    affinity_term,
    claim,
    claim_spec,
    expression,
    f_nodes,
    in_zones,
    namespace,
    node,
    pod,
    pod_spec,
    required_terms,
    selector,
    snapshot,
    spread,
    stateful_set,
    storage_class,
    volume,
)
from tests.oracle import most_by_priority, passes_in_turn
from tests.strategies import question_of
from tests.verify.judge import key_of

CONFIG = SolveConfig(workers=1)
WEB, DB = {"app": "web"}, {"app": "db"}


def answered(*objects, manifests=(), asked=None, config=CONFIG):
    here = snapshot(*objects, manifests=manifests)
    question = question_of(here) if asked is None else Question(pods=tuple(key_of(name) for name in asked))
    return place(here, question, config)


def seats(outcome):
    return {key.rpartition("/")[2]: str(name) for key, name in outcome.placement.node_of.items()}


def left_out(outcome):
    """Name to reason codes."""
    return {u.pod.rpartition("/")[2]: [r.code for r in u.reasons] for u in outcome.unplaced}


def test_everything_fits_and_that_is_as_good_as_it_gets():
    outcome = answered(*f_nodes(), pod(name="p"), pod(name="q"))
    assert (outcome.verdict, outcome.proof) == (Verdict.FITS, Proof.OPTIMAL)
    assert seats(outcome).keys() == {"p", "q"}
    assert outcome.search.stopped_by is StoppedBy.COMPLETE
    assert all(stage.proved for stage in outcome.search.stages)


def test_shortage_is_proved():
    pods = [pod(name=f"p{i}", requests={"cpu": "3"}) for i in range(3)]
    outcome = answered(node(name="a1"), node(name="b1"), *pods)
    assert outcome.verdict is Verdict.DOES_NOT_FIT
    assert len(seats(outcome)) == 2
    (reasons,) = left_out(outcome).values()
    assert set(reasons) == {ReasonCode.RESOURCES}


def test_pod_that_no_node_selects_proves_the_shortage_by_itself():
    """Even where the search of the others is not over."""
    stop = Event()
    stop.set()
    here = snapshot(
        *f_nodes(),
        pod(name="lost", node_selector={"disk": "none-such"}),
        *(pod(name=f"p{i}", requests={"cpu": "3"}) for i in range(6)),
    )
    outcome = place(here, question_of(here), CONFIG, stop)
    assert outcome.search.stopped_by is StoppedBy.INTERRUPT
    assert (outcome.verdict, outcome.proof) == (Verdict.DOES_NOT_FIT, Proof.PROVED)


def test_unreadable_terms_of_a_running_pod_count_for_nothing():
    """A14."""
    unreadable = selector(expressions=[expression(key="team", operator="")])
    term = affinity_term(key=HOSTNAME, label_selector=selector(), namespaces=["prod"])
    term["namespaceSelector"] = unreadable
    outcome = answered(
        node(name="a1"),
        pod(name="run", node="a1", pod_anti_affinity=required_terms(term)),
        pod(name="new"),
    )
    assert seats(outcome) == {"new": "a1"}


def test_best_choice_among_pods_is_made():
    """Both large pods would keep the three small ones out."""
    large = [pod(name=f"l{i}", requests={"cpu": "3"}) for i in range(2)]
    small = [pod(name=f"s{i}", requests={"cpu": "1"}) for i in range(4)]
    outcome = answered(node(name="a1", cpu="4"), *large, *small)
    assert seats(outcome).keys() == {f"s{i}" for i in range(4)}
    assert outcome.verdict is Verdict.DOES_NOT_FIT


def test_higher_priority_comes_first_however_many_it_costs():
    small = [pod(name=f"s{i}", requests={"cpu": "1"}) for i in range(4)]
    large = pod(name="large", priority=1, requests={"cpu": "4"})
    outcome = answered(node(name="a1", cpu="4"), *small, large)
    assert seats(outcome) == {"large": "a1"}
    assert outcome.verdict is Verdict.DOES_NOT_FIT


def test_among_equal_choices_for_high_priority_the_low_ones_decide():
    """The important pod leaves the larger node to the others."""
    nodes = [node(name="big", cpu="4"), node(name="small", cpu="2")]
    low = [pod(name=f"p{i}", requests={"cpu": "2"}) for i in range(2)]
    outcome = answered(*nodes, *low, pod(name="vip", priority=9, requests={"cpu": "2"}))
    assert outcome.verdict is Verdict.FITS


def test_ex_w3_later_ordinals_wait_in_vain():
    db = stateful_set(name="db", replicas=3, start=5, spec=pod_spec(requests={"cpu": "9"}))
    outcome = answered(*f_nodes(), manifests=[db])
    assert outcome.verdict is Verdict.DOES_NOT_FIT
    assert left_out(outcome) == {
        "db-5": [ReasonCode.RESOURCES],
        "db-6": [ReasonCode.ORDERED_BEHIND],
        "db-7": [ReasonCode.ORDERED_BEHIND],
    }


def test_ordinals_are_placed_in_order():
    db = stateful_set(name="db", replicas=3, spec=pod_spec(requests={"cpu": "3"}))
    outcome = answered(node(name="a1"), node(name="b1"), manifests=[db])
    assert seats(outcome).keys() == {"db-0", "db-1"}


def test_ordinal_whose_predecessor_is_not_asked_about_stays_out():
    outcome = answered(*f_nodes(), manifests=[stateful_set(name="db", replicas=3)], asked=["db-1"])
    assert outcome.verdict is Verdict.DOES_NOT_FIT
    assert left_out(outcome) == {"db-1": [ReasonCode.ORDERED_BEHIND]}


def test_pods_not_asked_about_occupy_nothing():
    pods = [pod(name=f"p{i}", requests={"cpu": "4"}) for i in range(2)]
    assert answered(node(name="a1"), *pods, asked=["p1"]).verdict is Verdict.FITS


def test_what_cannot_be_judged_is_unknown():
    gpu = {"resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}]}
    outcome = answered(node(name="a1"), pod(name="p", spec=gpu), pod(name="q"))
    assert (outcome.verdict, outcome.proof) == (Verdict.UNKNOWN, Proof.NOT_PROVED)
    assert left_out(outcome) == {"p": [ReasonCode.UNSUPPORTED]}
    assert seats(outcome) == {"q": "a1"}


def test_ex_j1_counts_that_no_order_reaches_prove_nothing():
    both = [spread(labels=WEB), spread(labels=WEB, key=HOSTNAME)]
    nodes = [node(name="n1", zone="za"), node(name="n2", zone="za"), node(name="n3", zone="zb")]
    outcome = answered(*nodes, *(pod(name=f"p{i}", labels=WEB, spread=both) for i in range(7)))
    assert outcome.verdict is Verdict.UNKNOWN
    assert len(seats(outcome)) == 5


def test_ex_j3_deadlock_is_proved():
    p = pod(name="p", labels=WEB, pod_affinity=required_terms(affinity_term(labels=DB, key=HOSTNAME)))
    q = pod(name="q", labels=DB, pod_affinity=required_terms(affinity_term(labels=WEB, key=HOSTNAME)))
    outcome = answered(*f_nodes(), p, q)
    assert seats(outcome) == {}
    assert left_out(outcome) == {"p": [ReasonCode.POD_AFFINITY], "q": [ReasonCode.POD_AFFINITY]}


def test_tightened_rule_keeps_a_shortage_from_being_proved():
    """Under quirk A18 q may come before p but not after it: possible in one order only."""
    not_prod = selector(
        expressions=[expression(key="kubernetes.io/metadata.name", operator="NotIn", values=["prod"])]
    )
    term = required_terms(affinity_term(labels=WEB, namespace_selector=not_prod))
    pods = [pod(name="p", labels=WEB), pod(name="q", labels=DB, pod_anti_affinity=term)]
    outcome = answered(namespace(name="prod"), node(name="a1", zone="za"), *pods)
    assert outcome.search.approximations
    assert outcome.verdict is not Verdict.DOES_NOT_FIT


def test_static_volumes_shared_out_over_parts_are_counted_once():
    """The only volume serves the shared claim in za or the other one in zb."""
    local = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
    objects = [
        local,
        volume(name="pv", storage_class="local", affinity=[in_zones("za", "zb")]),
        *(claim(name=name, storage_class="local") for name in ("shared", "own")),
        *(pod(name=f"s{i}", claims=["shared"], node_selector={HOSTNAME: "a1"}) for i in range(2)),
        pod(name="o", claims=["own"], node_selector={HOSTNAME: "b1"}),
    ]
    outcome = answered(*f_nodes(), *objects)
    assert outcome.verdict is Verdict.DOES_NOT_FIT
    assert seats(outcome) == {"s0": "a1", "s1": "a1"}


def test_ex_w2_claims_pin_ordinals_to_their_zones():
    pinned = [
        volume(name="pv", claim="data-db-1", affinity=[in_zones("zb")]),
        claim(name="data-db-1", volume="pv"),
    ]
    db = stateful_set(name="db", replicas=3, claims={"data": claim_spec(storage_class="fast")})
    outcome = answered(*f_nodes(), storage_class(name="fast"), *pinned, manifests=[db])
    assert outcome.verdict is Verdict.FITS
    assert seats(outcome)["db-1"] in ("b1", "b2")


def test_ordinals_pinned_in_an_order_that_breaks_the_spread():
    """The final counts 2 and 1 are fine, but db-1 would come second to za while zb is empty."""
    zones = {"data-db-0": "za", "data-db-1": "za", "data-db-2": "zb"}
    claims = [claim(name=name, volume=f"pv-{name}") for name in zones]
    volumes = [volume(name=f"pv-{n}", claim=n, affinity=[in_zones(z)]) for n, z in zones.items()]
    db = stateful_set(
        name="db", replicas=3, claims={"data": claim_spec()}, spec=pod_spec(spread=[spread(labels=DB)])
    )
    nodes = [node(name="a1", zone="za"), node(name="b1", zone="zb")]
    outcome = answered(*nodes, *claims, *volumes, manifests=[db])
    assert seats(outcome) == {"db-0": "a1"}
    assert outcome.verdict is not Verdict.FITS


def test_nothing_asked_fits():
    outcome = answered(node(name="a1"))
    assert (outcome.verdict, outcome.placement.assignments) == (Verdict.FITS, ())


def test_no_node_at_all():
    here = Snapshot(nodes=(), pods=snapshot(node(name="a1"), pod(name="p")).pods)
    outcome = place(here, question_of(here), CONFIG)
    assert outcome.verdict is Verdict.DOES_NOT_FIT


def test_no_node_is_eligible():
    outcome = answered(node(name="a1", unschedulable=True), pod(name="p"))
    assert outcome.verdict is Verdict.DOES_NOT_FIT


@pytest.mark.parametrize("limit_s", [0.0, 0.2])
def test_hardly_any_time_still_gives_an_admissible_answer(limit_s):
    pods = [
        pod(name=f"p{i}", labels=WEB, requests={"cpu": "700m"}, spread=[spread(labels=WEB)])
        for i in range(40)
    ]
    here = snapshot(*f_nodes(), *pods)
    outcome = place(here, question_of(here), replace(CONFIG, time_limit_s=limit_s))
    assert passes_in_turn(here, outcome.placement.assignments)
    assert len(outcome.placement.assignments) + len(outcome.unplaced) == 40
    assert outcome.placement.assignments


def test_wish_to_stop_is_heeded_before_the_search():
    stop = Event()
    stop.set()
    here = snapshot(*f_nodes(), *(pod(name=f"p{i}", requests={"cpu": "3"}) for i in range(4)))
    outcome = place(here, question_of(here), CONFIG, stop)
    assert passes_in_turn(here, outcome.placement.assignments)
    assert len(outcome.placement.assignments) == 4


def test_same_question_same_answer_for_any_number_of_workers():
    pods = [
        pod(name=f"p{i}", labels=WEB, requests={"cpu": "900m"}, spread=[spread(labels=WEB)])
        for i in range(25)
    ]
    here = snapshot(*f_nodes(), *pods)
    one = place(here, question_of(here), CONFIG)
    assert place(here, question_of(here), CONFIG) == one
    two = place(here, question_of(here), replace(CONFIG, workers=2))
    assert (two.verdict, two.proof, two.placement) == (one.verdict, one.proof, one.placement)


@pytest.mark.parametrize("memory", ["9E", "9223372036854775807", "3000000000000000001"])
def test_enormous_quantities_are_answered(memory):
    pods = [pod(name=f"p{i}", requests={"memory": memory}) for i in range(3)]
    here = snapshot(
        node(name="a1", memory="9223372036854775807"), *pods, pod(name="q", requests={"memory": "1"})
    )
    outcome = place(here, question_of(here), CONFIG)
    best = most_by_priority(here, question_of(here), CONFIG)
    assert (len(outcome.placement.assignments),) <= best
    assert outcome.verdict is Verdict.UNKNOWN or (len(outcome.placement.assignments),) == best


def test_many_priority_levels_still_put_the_highest_first():
    """More levels than one sum of weights can hold."""
    pods = [pod(name=f"p{i:02}", priority=i, requests={"cpu": "1"}) for i in range(60)]
    outcome = answered(node(name="a1", cpu="10"), *pods)
    assert seats(outcome).keys() == {f"p{i}" for i in range(50, 60)}


def test_rule_broken_by_the_search_is_never_an_answer(monkeypatch):
    """A placement that verification refuses raises, whatever the search claims."""
    monkeypatch.setattr("solver.pipeline.assignments", _all_on_the_first_node)
    with pytest.raises(InternalError, match="R10"):
        answered(node(name="a1"), *(pod(name=name, requests={"cpu": "3"}) for name in "pq"))


def _all_on_the_first_node(problem, _counts):
    members = (member for c in problem.classes for member in c.members)
    return tuple(Assignment(pod=member.key, node=problem.nodes[0]) for member in members)
