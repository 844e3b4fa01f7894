"""Plans for skew and spread goals on tiny clusters: every prefix is admissible, claims created anew are the
pod's own, the goal holds at the end, and no cheaper way was overlooked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

import tests.builders as b
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.planning.carried_out import carried_out
from solver.planning.lift import lifted, movable
from solver.planning.rebalance.answer import Step
from solver.planning.rebalance.goal import parse_goal
from solver.planning.rebalance.rebalance import rebalance
from solver.planning.rebalance.wish import Wish
from solver.verify import verify
from solver.verify.replay import replay

CONFIG = SolveConfig(time_limit_s=20.0)
CLASS, DRIVER = "zonal", "csi.example.com"
NODES = {"a1": "za", "a2": "za", "b1": "zb", "c1": "zc"}


@st.composite
def crowded(draw: st.DrawFn) -> Snapshot:
    """Up to four pods of one workload where chance put them, some with a volume of the zone, some sharing."""
    objects = [b.node(name=name, zone=zone, cpu=draw(st.sampled_from("124"))) for name, zone in NODES.items()]
    objects += [b.csi_node(name=name, limits={DRIVER: draw(st.sampled_from([1, 9]))}) for name in NODES]
    objects.append(b.storage_class(name=CLASS, provisioner=DRIVER))
    shared = draw(st.booleans())
    rule = draw(st.sampled_from([[], [], [b.spread(key=b.ZONE, labels={"app": "w"})]]))
    for i in range(draw(st.integers(1, 4))):
        node = draw(st.sampled_from(sorted(NODES)))
        claims = [f"own-{i}"] if draw(st.booleans()) else []
        for claim in claims:
            objects += _bound(claim, [NODES[node]], "ReadWriteOnce")
        objects.append(
            b.pod(
                name=f"w{i}",
                node=node,
                labels={"app": "w"},
                requests={"cpu": draw(st.sampled_from(["500m", "1", "2"]))},
                owner=("ReplicaSet", "w"),
                claims=[*claims, *(["shared"] if shared else [])],
                spread=rule,
            )
        )
    objects += _bound("shared", ["za", "zb", "zc"], "ReadWriteMany") if shared else []
    return b.snapshot(*objects)


def _bound(name: str, zones: list[str], mode: str) -> list[b.Raw]:
    where = [b.in_zones(*zones)]
    return [
        b.claim(name=name, storage_class=CLASS, volume=f"pv-{name}", modes=[mode]),
        b.volume(
            name=f"pv-{name}", claim=name, storage_class=CLASS, modes=[mode], driver=DRIVER, affinity=where
        ),
    ]


def counts(snapshot: Snapshot, key: str) -> list[int]:
    nodes = snapshot.node_by_name
    found = Counter(nodes[pod.node_name].labels[key] for pod in snapshot.running if pod.node_name is not None)
    return [found[domain] for domain in {node.labels[key] for node in snapshot.nodes}]


def holds(snapshot: Snapshot, text: str) -> bool:
    there = counts(snapshot, b.ZONE if text.startswith("zone") else b.HOSTNAME)
    most = int(text.rpartition("=")[2])
    return max(there) <= most if "spread" in text else max(there) - min(there) <= most


def begun(snapshot: Snapshot, step: Step) -> Snapshot:
    """The pod away, and its claims made anew: none of them is used by another pod."""
    anew = {one.claim for one in step.renewed}
    users = {p.key for p in snapshot.pods for use in p.claims if use.claim in anew}
    assert users <= {step.pod}
    gone = {snapshot.claim_by_key[key].volume_name for key in anew}
    away = lifted(snapshot, [step.pod])
    fresh = {"volume_name": None, "bind_completed": False, "phase": "Pending"}
    return replace(
        away,
        claims=tuple(replace(c, **fresh) if c.key in anew else c for c in away.claims),  # type: ignore[arg-type]
        volumes=tuple(volume for volume in away.volumes if volume.name not in gone),
    )


def shorter(snapshot: Snapshot, goal: str, moves: int) -> bool:
    """Some set of fewer pods has places that reach the goal, all volumes kept."""
    pods = [pod.key for pod in movable(snapshot)]
    for number in range(moves):
        for moved, nodes in product(combinations(pods, number), product(NODES, repeat=number)):
            plan = Placement(
                assignments=tuple(
                    Assignment(pod=pod, node=snapshot.node_by_name[node].name)  # type: ignore[index]
                    for pod, node in zip(moved, nodes, strict=True)
                )
            )
            away = lifted(snapshot, moved)
            if verify(away, Question(pods=moved), plan, CONFIG) or replay(away, plan, CONFIG).stuck:
                continue
            if holds(carried_out(away, plan), goal):
                return True
    return False


GOALS = ("zone-skew<=1", "zone-skew<=0", "host-skew<=1", "host-spread<=1", "zone-spread<=2")


@given(crowded(), st.sampled_from(GOALS), st.booleans())
@settings(max_examples=40)
def test_plans_for_levels_hold_at_every_step_and_none_is_shorter(
    snapshot: Snapshot, goal: str, renew: bool
) -> None:
    renewable = frozenset({CLASS}) if renew else frozenset()
    answer = rebalance(snapshot, Wish(goals=(parse_goal(goal),), renewable=renewable), CONFIG)
    moves = len(movable(snapshot)) + 1
    if answer.steps is not None:
        current = snapshot
        for step in answer.steps:
            plan = Placement(assignments=(Assignment(pod=step.pod, node=step.target),))
            away = begun(current, step)
            assert not verify(away, Question(pods=(step.pod,)), plan, CONFIG)
            assert not replay(away, plan, CONFIG).stuck
            current = carried_out(away, plan)
        assert holds(current, goal)
        assert counts(current, b.HOSTNAME) == counts(answer.after, b.HOSTNAME)
        moves = answer.cost if not renew else len(answer.steps)
    if answer.proved and not renew:
        assert not shorter(snapshot, goal, moves)
