"""EX-J1 to EX-J5: what a joint plan may and may not be, final state and order together."""

from __future__ import annotations

from tests.builders import HOSTNAME, affinity_term, f_nodes, node, pod, required_terms, snapshot, spread
from tests.verify.judge import broken, is_admissible, order, replayed

WEB = {"app": "web"}
NEAR_WEB = required_terms(affinity_term(labels=WEB))


def running(**counts):
    return [
        pod(name=f"old-{name}-{index}", node=name, labels=WEB)
        for name, count in counts.items()
        for index in range(count)
    ]


def test_ex_j1_two_spread_constraints_hold_in_the_end_but_no_order_gets_there():
    nodes = [node(name="n1", zone="za"), node(name="n2", zone="za"), node(name="n3", zone="zb")]
    both = [spread(labels=WEB), spread(key=HOSTNAME, labels=WEB)]
    here = snapshot(*nodes, *(pod(name=f"p{i}", labels=WEB, spread=both) for i in range(7)))
    target = {f"p{i}": name for i, name in enumerate(["n1", "n1", "n2", "n2", "n3", "n3", "n3"])}
    assert broken(here, target) == set()
    result = replayed(here, target)
    assert len(result.order) == 5
    assert {status.plugin for _, status in result.stuck} == {"PodTopologySpread"}


def test_ex_j1_five_of_the_seven_are_reachable():
    nodes = [node(name="n1", zone="za"), node(name="n2", zone="za"), node(name="n3", zone="zb")]
    both = [spread(labels=WEB), spread(key=HOSTNAME, labels=WEB)]
    here = snapshot(*nodes, *(pod(name=f"p{i}", labels=WEB, spread=both) for i in range(5)))
    assert is_admissible(here, {"p0": "n1", "p1": "n1", "p2": "n2", "p3": "n3", "p4": "n3"})


def test_ex_j2_partners_in_two_zones_cannot_both_come_first():
    here = snapshot(*f_nodes(), *(pod(name=f"p{i}", labels=WEB, pod_affinity=NEAR_WEB) for i in range(4)))
    split = {"p0": "a1", "p1": "a2", "p2": "b1", "p3": "b2"}
    assert broken(here, split) == {"J6"}
    assert len(replayed(here, split).order) == 2
    together = {"p0": "a1", "p1": "a2", "p2": "a1", "p3": "a2"}
    assert broken(here, together) == set()
    assert is_admissible(here, together)


def test_ex_j3_pods_that_wait_for_each_other_never_start():
    def seeker(name, sought):
        near = required_terms(affinity_term(key=HOSTNAME, labels={"app": sought}))
        return pod(name=name, labels={"app": name}, pod_affinity=near)

    here = snapshot(*f_nodes(), seeker("p", "q"), seeker("q", "p"))
    result = replayed(here, {"p": "a1", "q": "a1"})
    assert result.order == ()
    assert {status.plugin for _, status in result.stuck} == {"InterPodAffinity"}
    started = snapshot(*f_nodes(), seeker("p", "q"), pod(name="q", labels={"app": "q"}, node="a1"))
    assert is_admissible(started, {"p": "a1"})


def test_ex_j4_overfull_zone_that_receives_nothing_is_exempt():
    news = [pod(name=f"p{i}", labels=WEB, spread=[spread(labels=WEB)]) for i in range(3)]
    here = snapshot(*f_nodes(), *running(a1=5, b1=1, c1=1), *news)
    assert broken(here, {"p0": "b1", "p1": "c1"}) == set()
    assert is_admissible(here, {"p0": "b1", "p1": "c1"})
    assert broken(here, {"p0": "b1", "p1": "c1", "p2": "a1"}) == {"T7"}


def test_ex_j5_with_too_few_domains_a_fourth_pod_fits_nowhere():
    tight = [spread(labels=WEB, min_domains=4)]
    here = snapshot(*f_nodes(), *(pod(name=f"p{i}", labels=WEB, spread=tight) for i in range(4)))
    three = {"p0": "a1", "p1": "b1", "p2": "c1"}
    assert broken(here, three) == set()
    assert len(order(here, three)) == 3
    for fourth in ("a2", "b2", "c1"):
        assert broken(here, {**three, "p3": fourth}) == {"T7"}
