"""What an outage says, held against worlds built beside it: nodes and pods simply taken away.

Random small clusters in which running pods stand wherever kube-scheduler's filters let them.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

import tests.builders as b
from solver.model.config import SolveConfig
from solver.model.names import ZONE, ClaimKey, PodKey
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Volume
from solver.planning.outage.answer import LossFate, Obstacle, WorkloadVerdict
from solver.planning.outage.loss import Loss, each
from solver.planning.storage import Recovery
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from solver.verify import verify
from solver.verify.replay import replay
from tests.planning.outage.worlds import RWX, at, bound, several

_EXAMPLES = 60
_ZONES = ("za", "zb", "zc")
_LOOKED_FOR_ROOM = frozenset({Obstacle.RESOURCES, Obstacle.SPREAD, Obstacle.SEPARATION, Obstacle.RULES})


@st.composite
def clusters(draw: st.DrawFn) -> Snapshot:
    """Up to six nodes in up to three zones, up to four workloads of every kind of storage."""
    zones = draw(st.lists(st.sampled_from(_ZONES), min_size=2, max_size=6))
    cpus = draw(st.lists(st.integers(1, 4), min_size=len(zones), max_size=len(zones)))
    nodes = {f"n{i}": zone for i, zone in enumerate(zones)}
    objects: list[b.Raw] = [
        b.node(name=name, zone=zone, cpu=str(cpu))
        for (name, zone), cpu in zip(nodes.items(), cpus, strict=True)
    ]
    objects.append(b.csi_driver(name="csi.example.com"))
    for number in range(draw(st.integers(1, 4))):
        objects += _workload(draw, f"w{number}", nodes)
    return _with_what_fits(b.snapshot(*objects))


def _workload(draw: st.DrawFn, name: str, nodes: dict[str, str]) -> list[b.Raw]:
    kind = draw(st.sampled_from(["ReplicaSet", "StatefulSet"]))
    storage = draw(st.sampled_from(["none", "none", "zonal", "local", "shared", "unknown"]))
    rules = draw(st.sampled_from(["none", "none", "spread", "honest spread", "apart"]))
    labels = {"app": name}
    policy = "Honor" if rules == "honest spread" else None
    made: list[b.Raw] = []
    if kind == "StatefulSet":
        made.append(b.stateful_set(name=name, replicas=3, parallel=draw(st.booleans())))
    if storage == "shared":
        made += bound(f"{name}-share", modes=RWX, driver="nfs.csi.k8s.io")
    for ordinal, home in enumerate(draw(st.lists(st.sampled_from(sorted(nodes)), min_size=1, max_size=3))):
        claims = [f"{name}-share"] if storage == "shared" else []
        if storage in ("zonal", "local", "unknown"):
            claims = [f"data-{name}-{ordinal}"]
            where = {"zonal": [at(ZONE, nodes[home])], "local": [at(b.HOSTNAME, home)], "unknown": None}[
                storage
            ]
            made += bound(claims[0], driver="csi.example.com", affinity=where)
        made.append(
            b.pod(
                name=f"{name}-{ordinal}",
                node=home,
                owner=(kind, name),
                labels=labels,
                requests={"cpu": draw(st.sampled_from(["500m", "1", "2"]))},
                spread=[b.spread(labels=labels, taints_policy=policy)] if "spread" in rules else [],
                pod_anti_affinity=b.required_terms(b.affinity_term(labels=labels, key=b.HOSTNAME))
                if rules == "apart"
                else None,
                claims=claims,
            )
        )
    return made


def _with_what_fits(snapshot: Snapshot) -> Snapshot:
    """Only pods that kube-scheduler would have put where they are, one after another."""
    state = ClusterState.of(replace(snapshot, pods=()))
    kept = []
    for pod in snapshot.pods:
        assert pod.node_name is not None
        if pod.node_name in verdict(_waiting(pod), state, scored=False).feasible:
            state.add(pod, pod.node_name)
            kept.append(pod)
    return replace(snapshot, pods=tuple(kept))


def _waiting(pod: Pod) -> Pod:
    return replace(pod, node_name=None, phase="Pending", terminating=False)


def _without(snapshot: Snapshot, loss: Loss, returned: set[PodKey]) -> Snapshot:
    """Lost nodes and the pods on them gone, but for those that wait to come back."""
    pods = (
        _waiting(pod) if pod.key in returned else pod
        for pod in snapshot.pods
        if pod.node_name not in loss.nodes or pod.key in returned
    )
    nodes = tuple(node for node in snapshot.nodes if node.name not in loss.nodes)
    return replace(snapshot, nodes=nodes, pods=tuple(pods))


def losses(snapshot: Snapshot) -> list[Loss]:
    return [*each(snapshot, ZONE), *each(snapshot, "node")]


def placement_of(fate: LossFate) -> Placement:
    found = [one for workload in fate.workloads for one in workload.returned]
    in_order = sorted(found, key=lambda one: one.recovery is Recovery.FENCE)
    return Placement(assignments=tuple(Assignment(pod=one.pod, node=one.node) for one in in_order))


@given(clusters())
@settings(max_examples=_EXAMPLES)
def test_pods_that_come_back_do_so_on_the_cluster_without_what_was_lost(snapshot: Snapshot) -> None:
    config = SolveConfig()
    for fate in several(snapshot, losses(snapshot)).fates:
        plan = placement_of(fate)
        assert not {assignment.node for assignment in plan.assignments} & fate.loss.nodes
        world = _without(snapshot, fate.loss, set(plan.node_of))
        question = Question(pods=tuple(plan.node_of))
        assert verify(world, question, plan, config) == ()
        assert replay(world, plan, config).stuck == ()


@given(clusters())
@settings(max_examples=_EXAMPLES)
def test_pods_whose_only_volume_is_in_the_lost_domain_never_come_back(snapshot: Snapshot) -> None:
    for fate in several(snapshot, losses(snapshot)).fates:
        back = placement_of(fate).node_of
        why = {one.pod: one.obstacle for workload in fate.workloads for one in workload.down}
        for pod in snapshot.running:
            if pod.node_name in fate.loss.nodes and not _is_reachable(snapshot, pod, fate.loss):
                assert pod.key not in back
                assert why[pod.key] is Obstacle.VOLUMES


def _is_reachable(snapshot: Snapshot, pod: Pod, loss: Loss) -> bool:
    affinities = [_volume(snapshot, use.claim).node_affinity for use in pod.claims]
    left = [node for node in snapshot.nodes if node.name not in loss.nodes]
    return all(a is None or any(a.reaches(node.labels) for node in left) for a in affinities)


def _volume(snapshot: Snapshot, claim: ClaimKey) -> Volume:
    name = snapshot.claim_by_key[claim].volume_name
    assert name is not None
    return snapshot.volume_by_name[name]


@given(clusters())
@settings(max_examples=_EXAMPLES)
def test_no_pod_is_said_to_have_no_room_that_kube_scheduler_would_place(snapshot: Snapshot) -> None:
    """In the world after fencing, lost nodes closed, with everybody else back."""
    for fate in several(snapshot, losses(snapshot)).fates:
        back = placement_of(fate)
        down = [
            one
            for workload in fate.workloads
            for one in workload.down
            if one.obstacle in _LOOKED_FOR_ROOM and not one.lost_domain
        ]
        if not down:
            continue
        world = _without(snapshot, fate.loss, {*back.node_of, *(one.pod for one in down)})
        state = ClusterState.of(world)
        for assignment in back.assignments:
            state.add(world.pod_by_key[assignment.pod], assignment.node)
        for one in down:
            pod = world.pod_by_key[one.pod]
            if all(rule.honor_taints for rule in pod.spread):  # else the lost domain still counts
                assert verdict(pod, state, scored=False).feasible == ()


@given(clusters())
@settings(max_examples=_EXAMPLES // 2)
def test_a_loss_is_the_same_alone_and_among_many(snapshot: Snapshot) -> None:
    """Many are tried on one state, which is changed and changed back."""
    each_on_its_own = losses(snapshot)
    many = several(snapshot, [*each_on_its_own, *each_on_its_own[:8]]).fates
    for loss, fate in zip(each_on_its_own, many, strict=False):
        (alone,) = several(snapshot, [loss]).fates
        assert told(alone) == told(fate)


def told(fate: LossFate) -> list[object]:
    return [
        (
            one.workload,
            one.verdict,
            {(r.pod, r.recovery) for r in one.returned},
            {(d.pod, d.obstacle) for d in one.down},
        )
        for one in fate.workloads
    ]


@given(clusters())
@settings(max_examples=_EXAMPLES)
def test_every_pod_is_told_of_once_and_the_counts_add_up(snapshot: Snapshot) -> None:
    for fate in several(snapshot, losses(snapshot)).fates:
        lost = {pod.key for pod in snapshot.running if pod.node_name in fate.loss.nodes}
        told = [one.pod for workload in fate.workloads for one in (*workload.returned, *workload.down)]
        assert len(told) == len(set(told))
        assert lost <= set(told)
        for one in fate.workloads:
            pods = [pod for pod in snapshot.running if pod.workload == one.workload]
            stranded = sum(key not in lost for key in {down.pod for down in one.down})
            assert one.now == len(pods)
            assert one.left + stranded + sum(pod.key in lost for pod in pods) == one.now


@given(clusters())
@settings(max_examples=_EXAMPLES)
def test_what_is_not_known_never_counts_as_surviving(snapshot: Snapshot) -> None:
    """A quorum is held only by pods whose data is certain to be left."""
    for fate in several(snapshot, losses(snapshot)).fates:
        if not fate.loss.zones:
            continue
        for one in fate.workloads:
            pods = [snapshot.pod_by_key[p.key] for p in snapshot.running if p.workload == one.workload]
            sure = [
                pod
                for pod in pods
                if pod.node_name not in fate.loss.nodes
                and not any(_is_anywhere(snapshot, u.claim) for u in pod.claims)
            ]
            assert one.left <= len(sure)
            if one.verdict is WorkloadVerdict.QUORUM_HELD:
                assert len(sure) >= one.quorum.needs


def _is_anywhere(snapshot: Snapshot, claim: ClaimKey) -> bool:
    """Nothing says where its data is."""
    return _volume(snapshot, claim).node_affinity is None
