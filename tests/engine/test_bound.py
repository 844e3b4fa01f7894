"""How many pods fit at most, whatever moves, and what lacks where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.compile import Problem, compile_problem
from solver.engine import placing
from solver.engine.bound import Bound, Lack, most_placed
from solver.engine.budget import Budget
from solver.engine.components import components, restrict
from solver.engine.placing import most_pods
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Proof, Question, ReasonCode, Verdict
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from tests import builders as b
from tests.oracle import most_by_priority
from tests.planted import planted
from tests.strategies import World, question_of, worlds
from tests.wild import some_of, wild_worlds

CONFIG = SolveConfig(workers=1)
GI = 2**30
DRIVER = "csi.example.com"
EVEN = b.spread(key=b.ZONE, labels={"app": "web"})


def compiled(*objects: b.Raw) -> Problem:
    snapshot = b.snapshot(*objects)
    return compile_problem(snapshot, question_of(snapshot), CONFIG)


def bound_of(problem: Problem) -> Bound:
    found = most_placed(problem, Budget(60.0))
    assert found is not None
    return found


def bound(*objects: b.Raw) -> Bound:
    return bound_of(compiled(*objects))


def zonal(*, memory="4Gi", cpu="8", zones=("za", "zb", "zc")):
    """Two nodes in each zone."""
    return [b.node(name=f"{zone}-{i}", zone=zone, memory=memory, cpu=cpu) for zone in zones for i in range(2)]


def web(count, *, memory="1Gi", first=0, **arguments):
    requests = {"memory": memory, **arguments.pop("requests", {})}
    return [
        b.pod(name=f"web-{i:02}", labels={"app": "web"}, requests=requests, **arguments)
        for i in range(first, first + count)
    ]


def memory_lack(*zones, room, wanted):
    return Lack(code=ReasonCode.RESOURCES, what="memory", zones=zones, room=room * GI, wanted=wanted * GI)


def test_zones_that_lack_the_same_are_named_together():
    found = bound(*zonal(), *web(30))
    assert (found.pods, found.wanted) == (24, 30)
    assert found.lacking == (memory_lack("za", "zb", "zc", room=24, wanted=30),)
    assert found.held_back == (0,)


def test_enough_room_lacks_nothing():
    found = bound(*zonal(), *web(24))
    assert (found.pods, found.lacking, found.held_back) == (24, (), ())


def test_what_is_left_of_a_node_is_not_added_up():
    """A node of 4Gi takes one pod of 3Gi, and one of 1Gi besides."""
    found = bound(*zonal(), *web(7, memory="3Gi"), *web(6, first=7))
    assert (found.pods, found.wanted) == (12, 13)
    found = bound(*zonal(), *web(8, memory="3Gi"), *web(1, first=8))
    assert (found.pods, found.wanted) == (7, 9)
    (lack,) = found.lacking
    assert (lack.what, lack.room, lack.wanted, lack.piece) == ("memory", 6, 8, 3 * GI)


def test_only_the_zone_that_lacks_is_named():
    pinned = web(9, node_selector={b.ZONE: "zb"})
    found = bound(*zonal(), *pinned, *web(3, first=9))
    assert (found.pods, found.lacking) == (11, (memory_lack("zb", room=8, wanted=12),))
    assert found.held_back == (0,)  # the others find room elsewhere


def test_spread_keeps_other_zones_from_making_up_for_one():
    small = b.node(name="zd-0", zone="zd", memory="1Gi")
    found = bound(*zonal(), small, *web(12, spread=[EVEN]))
    assert (found.pods, found.lacking) == (7, (memory_lack("zd", room=1, wanted=12),))
    assert bound(*zonal(), small, *web(12)).pods == 12


def test_spread_rules_that_look_alike_are_added_up():
    """One pod of each workload is in the small zone, so two at most in each other zone."""
    small = b.node(name="zd-0", zone="zd", memory="2Gi")
    pods = [
        b.pod(
            name=f"{app}-{i}",
            labels={"app": app},
            requests={"memory": "1Gi"},
            spread=[b.spread(key=b.ZONE, labels={"app": app})],
        )
        for app in ("p", "q")
        for i in range(9)
    ]
    assert bound(*zonal(), small, *pods).pods == 14


def test_pods_there_already_count_for_spread():
    """With nothing in zone zd, no zone may have more than one."""
    full = b.node(name="zd-0", zone="zd", memory="512Mi")
    old = b.pod(name="old", node="za-0", labels={"app": "web"})
    assert bound(*zonal(), full, old, *web(12, spread=[EVEN])).pods == 2
    assert bound(*zonal(), full, *web(12, spread=[EVEN])).pods == 3


def test_attach_limits_lack_volumes():
    nodes = zonal(zones=("za", "zb"))
    limits = [b.csi_node(name=node["metadata"]["name"], limits={DRIVER: 2}) for node in nodes]
    storage = [b.storage_class(name="fast", provisioner=DRIVER), b.csi_driver(name=DRIVER)]
    claims = [b.claim(name=f"data-{i}", storage_class="fast") for i in range(10)]
    pods = [b.pod(name=f"db-{i}", claims=[f"data-{i}"]) for i in range(10)]
    found = bound(*nodes, *limits, *storage, *claims, *pods)
    assert found.pods == 8
    assert found.lacking == (
        Lack(code=ReasonCode.VOLUME_LIMIT, what=DRIVER, zones=("za", "zb"), room=8, wanted=10),
    )


def test_static_volumes_lack_where_none_can_be_made():
    storage = b.storage_class(name="disk", provisioner="kubernetes.io/no-provisioner")
    volumes = [
        b.volume(name=f"pv-{i}", storage_class="disk", affinity=[b.in_zones("za")], local=True)
        for i in range(3)
    ]
    claims = [b.claim(name=f"data-{i}", storage_class="disk") for i in range(5)]
    pods = [b.pod(name=f"db-{i}", claims=[f"data-{i}"]) for i in range(5)]
    found = bound(*zonal(), storage, *volumes, *claims, *pods)
    assert found.pods == 3
    (lack,) = found.lacking
    assert (lack.code, lack.what, lack.room, lack.wanted) == (
        ReasonCode.VOLUME_ACCESS,
        "static volumes",
        3,
        5,
    )


def test_nodes_in_no_zone_are_one_more_place():
    bare = b.node(name="bare", zone=None, memory="2Gi")
    found = bound(*zonal(zones=("za",)), bare, *web(12))
    assert (found.pods, found.lacking) == (10, (memory_lack("za", "", room=10, wanted=12),))
    assert bound(bare, *web(3)).lacking == (memory_lack(room=2, wanted=3),)


def test_each_priority_has_its_bound():
    found = bound(*zonal(zones=("za",)), *web(6, priority=9), *web(6, first=6))
    assert found.levels == (6, 8)
    assert found.is_met([6, 2])
    assert not found.is_met([5, 3])
    many = [b.pod(name=f"p{i}", priority=i, requests={"memory": "4Gi"}) for i in range(4)]
    assert bound(*zonal(zones=("za",)), *many).levels == (1, 2, 2, 2)


@pytest.mark.parametrize(("nodes", "slack"), [(24, 0.0), (60, 0.05)])
def test_everything_fits_where_everything_is_known_to(nodes, slack):
    cluster = planted(nodes=nodes, zones=3, workloads=nodes // 3, slack=slack, seed=1)
    problem = compile_problem(cluster.snapshot, cluster.question, CONFIG)
    found = bound_of(problem)
    assert (found.pods, found.lacking) == (problem.pods_asked, ())


def holds(snapshot: Snapshot, question: Question, config: SolveConfig) -> None:
    """No reachable placement has more pods of any priority and above than the bounds of its parts allow."""
    problem = compile_problem(snapshot, question, config)
    if placing.is_tightened(problem) or not problem.limit.any():
        return
    best = np.cumsum(most_by_priority(snapshot, question, config))
    whole = bound_of(problem)
    assert best[-1] <= whole.pods <= whole.wanted
    assert (best <= whole.levels).all()
    parts = [restrict(problem, part) for part in components(problem)]
    assert best[-1] <= sum(bound_of(part).pods for part in parts if part.limit.any())


@settings(max_examples=100, deadline=None)
@given(worlds(max_pods=4))
def test_brute_force_never_places_more(world: World):
    snapshot = world.read()
    holds(snapshot, question_of(snapshot), CONFIG)


@settings(max_examples=100, deadline=None)
@given(wild_worlds(max_pods=4), st.data())
def test_brute_force_never_places_more_in_strange_worlds(world: World, data: st.DataObject):
    snapshot = world.read()
    holds(snapshot, data.draw(some_of(snapshot)), CONFIG)


# In answers


def answer(*objects: b.Raw) -> Outcome:
    snapshot = b.snapshot(*objects)
    return place(snapshot, question_of(snapshot), CONFIG)


def test_no_search_runs_where_construction_meets_the_bound(monkeypatch):
    def unexpected(*_: object, **__: object) -> None:
        raise AssertionError("a search began")

    monkeypatch.setattr(placing, "Repair", unexpected)
    monkeypatch.setattr(placing, "build", unexpected)
    placed = most_pods(compiled(*zonal(), *web(30)), Budget(60.0), CONFIG)
    assert (int(placed.counts.sum()), placed.bound, placed.proved) == (24, 24, True)


def test_a_cluster_too_large_to_search_has_a_proved_shortage(monkeypatch):
    """Four is the best; the sum of what the nodes have would take five."""
    objects = (*(b.node(name=f"n{i}", memory="4Gi") for i in range(3)), *web(3, memory="3Gi"))
    objects += tuple(web(3, memory="2Gi", first=3))
    monkeypatch.setattr(placing, "MOST_PLACES", 0)
    outcome = answer(*objects)
    (stage,) = outcome.search.stages
    assert (stage.value, stage.bound) == (4, 5)
    assert (outcome.verdict, outcome.proof) == (Verdict.DOES_NOT_FIT, Proof.PROVED)


LARGE = {"memory": "3Gi"}
CORE: dict[str, dict[str, str]] = {"requests": {"cpu": "1"}}


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        (
            [*zonal(zones=("za",)), *web(6, priority=1), *web(4, first=6)],
            "at most 8 of 10 pods fit, whatever else moves: "
            "zone za has room for 8Gi of up to 10Gi memory asked for there",
        ),
        (
            [
                *zonal(zones=("za",)),
                *web(2, **LARGE, priority=1),
                *web(1, **LARGE, first=2),
                *web(1, first=3),
            ],
            "at most 3 of 4 pods fit, whatever else moves: "
            "zone za has room for 2 of up to 3 pods asking for 3Gi memory or more",
        ),
        (
            [b.node(name="bare", zone=None, cpu="2"), *web(2, **CORE, priority=1), *web(1, **CORE, first=2)],
            "at most 2 of 3 pods fit, whatever else moves: "
            "the cluster has room for 2.0 of up to 3.0 cpu asked for there",
        ),
    ],
)
def test_words_say_what_lacks_where(objects, told):
    """Alone each class would fit: nothing is told of a family."""
    outcome = answer(*objects)
    reasons = {reason for pod in outcome.unplaced for reason in pod.reasons[:1]}
    assert {(reason.code, reason.message) for reason in reasons} == {(ReasonCode.RESOURCES, told)}


def test_words_name_the_driver_that_lacks():
    nodes = zonal(zones=("za",))
    limits = [b.csi_node(name=node["metadata"]["name"], limits={DRIVER: 2}) for node in nodes]
    storage = [b.storage_class(name="fast", provisioner=DRIVER), b.csi_driver(name=DRIVER)]
    claims = [b.claim(name=f"data-{i}", storage_class="fast") for i in range(6)]
    pods = [b.pod(name=f"db-{i}", claims=[f"data-{i}"], priority=i // 3) for i in range(6)]
    (reason, *_) = answer(*nodes, *limits, *storage, *claims, *pods).unplaced[0].reasons
    assert (reason.code, reason.message) == (
        ReasonCode.VOLUME_LIMIT,
        "at most 4 of 6 pods fit, whatever else moves: "
        f"zone za has room for 4 of up to 6 volumes of {DRIVER} asked for there",
    )
