"""A mirror: whatever the order of changes, its snapshot is the one read from scratch, and its events tell how
to get there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import msgspec
import pytest

from extender.snapshots import with_expected_replicas
from solver.kube.kinds import BY_NAME
from solver.kube.mirror import Change, Mirror, Shift, with_manifests
from solver.model.event import Event, Gone, Put, Thing
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim
from tests import builders as b
from tests.builders import Raw

SPEC = b.pod_spec(requests={"cpu": "1"})
CLAIMS = {"data": b.claim_spec(storage="10Gi")}
OWNED = ("StatefulSet", "db")


def mirror(*objects: Raw) -> Mirror:
    """Begun."""
    made = Mirror()
    for raw in objects:
        put(made, raw)
    made.begin()
    return made


def put(mirror: Mirror, raw: Raw) -> list[Change]:
    return mirror.put(raw["kind"], msgspec.Raw(json.dumps(raw).encode()))[1]


def label(raw: Raw) -> str:
    meta = raw["metadata"]
    namespaced = BY_NAME[raw["kind"]].namespaced
    return f"{meta.get('namespace', b.NAMESPACE)}/{meta['name']}" if namespaced else meta["name"]


def scratch(objects: Iterable[Raw]) -> Snapshot:
    """Objects of no kind at all were listed too, so nothing is said of missing kinds."""
    read = with_expected_replicas([b.document(*sorted(objects, key=lambda raw: (raw["kind"], label(raw))))])
    said = tuple(text for text in read.warnings if not text.startswith("the snapshot has no "))
    return replace(read, warnings=said)


def replica(ordinal: int, *, node: str | None = None, phase: str | None = None, gone: bool = False) -> Raw:
    name = f"db-{ordinal}"
    return b.pod(
        name=name,
        owner=OWNED,
        node=node,
        phase=phase,
        terminating=gone,
        claims=[f"data-{name}"],
        labels={"app": "db"},
    )


UNIVERSE: Sequence[Sequence[Raw]] = [
    [b.node(name="n1", zone="za"), b.node(name="n1", zone="za", taints=[b.taint(key="k")])],
    [b.node(name="n2"), b.node(name="n2", images=[{"names": ["app:1"], "sizeBytes": 5}])],
    [b.stateful_set(name="db", replicas=n, spec=SPEC, claims=CLAIMS) for n in (0, 2, 3)],
    [b.stateful_set(name="db", namespace="prod-b", replicas=2, parallel=True, spec=SPEC)],
    [
        replica(0),
        replica(0, node="n1", phase="Running"),
        replica(0, phase="Succeeded"),
        replica(0, gone=True),
    ],
    [replica(1), replica(1, node="n2"), replica(1, node="elsewhere")],
    [b.claim(name="data-db-0"), b.claim(name="data-db-0", volume="v1", bound=True)],
    [b.claim(name="data-db-1", volume="v1", bound=False, phase="Bound")],
    [b.volume(name="v1", claim="data-db-0"), b.volume(name="v1", storage="2Gi")],
    [b.attachment(name="a1", attacher="csi.example.com", node="n1", volume="v1")],
    [b.storage_class(name="fast", default=True), b.storage_class(name="fast")],
    [b.storage_class(name="slow", default=True, created="2026-01-01T00:00:00Z")],
    [b.namespace(name="prod"), b.namespace(name="prod", labels={"team": "data"})],
    [b.namespace(name="empty")],
    [b.csi_node(name="n1", limits={"csi.example.com": 3}), b.csi_node(name="n1")],
    [b.csi_driver(name="csi.example.com", storage_capacity=True)],
    [b.capacity(name="c", storage_class="fast", topology=b.selector(), capacity=c) for c in ("1Gi", "9Gi")],
    [b.service(name="db", labels={"app": "db"})],
    [b.deployment(name="web-1", kind="ReplicaSet", owner=("Deployment", "web"), replicas=1)],
    [b.deployment(name="web", replicas=1)],
    [
        b.pod(name="web-1-x", owner=("ReplicaSet", "web-1"), labels={"pod-template-hash": "1"}),
        b.pod(name="web-1-x", owner=("ReplicaSet", "web-1"), labels={"app": "web"}, node="n1"),
    ],
    [b.pod(name="alone", namespace="other"), b.pod(name="alone", namespace="other", node="n2")],
    [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": b.metadata(name="db", namespace="prod"),
        }
    ],
    [
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": b.metadata(name="low", namespace="prod"),
            "spec": {"limits": [{"type": "Container", "defaultRequest": {"memory": "1Gi"}}]},
        }
    ],
]
"""Objects, each in the versions it may have."""
ALWAYS = b.node(name="n0", zone="za")


@pytest.mark.parametrize("seed", range(25))
def test_any_sequence_of_changes_ends_in_the_snapshot_read_from_scratch(seed: int) -> None:
    chance = Random(seed)
    kept = Mirror()
    put(kept, ALWAYS)
    world: dict[int, Raw] = {}
    for _ in range(chance.randrange(60)):
        change(kept, world, chance)
    kept.begin()
    follower = Follower(kept.snapshot())
    for step in range(150):
        follower.follow(change(kept, world, chance), kept)
        if step % 3 == 0:
            snapshot = kept.snapshot()
            assert snapshot == scratch([ALWAYS, *world.values()])
            follower.check(snapshot)


def change(kept: Mirror, world: dict[int, Raw], chance: Random) -> list[Change]:
    """One object gets another version, or goes."""
    index = chance.randrange(len(UNIVERSE))
    if index in world and chance.random() < 0.4:
        gone = world.pop(index)
        return kept.drop(gone["kind"], label(gone))
    world[index] = chance.choice(UNIVERSE[index])
    return put(kept, world[index])


class Follower:
    """Knows the cluster by events alone, and begins again when they do not tell."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.begin(snapshot)

    def begin(self, snapshot: Snapshot) -> None:
        stored = (*snapshot.claims, *snapshot.volumes, *snapshot.attachments, *snapshot.capacities)
        things: tuple[Thing, ...] = (*snapshot.pods, *stored)
        self.things = {_identity(thing): thing for thing in things}
        self.rules = _rules(snapshot)

    def follow(self, changes: list[Change], kept: Mirror) -> None:
        if Shift.RULES in changes:
            self.begin(kept.snapshot())
            return
        for event in changes:
            match event:
                case Put(thing):
                    self.things[_identity(thing)] = thing
                case Gone(thing):
                    del self.things[_identity(thing)]

    def check(self, snapshot: Snapshot) -> None:
        known = Follower(snapshot)
        assert self.things == known.things
        assert self.rules == known.rules


def _identity(thing: Thing) -> tuple[type, str]:
    return type(thing), thing.key if isinstance(thing, Pod | Claim) else thing.name


def _rules(snapshot: Snapshot) -> Snapshot:
    """What must be the same as long as no change says otherwise."""
    nodes = tuple(replace(n, images=(), ready=True) for n in snapshot.nodes)
    inhabited = {name: labels for name, labels in snapshot.namespaces.items() if len(labels) > 1}
    return replace(
        snapshot,
        nodes=nodes,
        namespaces=type(snapshot.namespaces)(inhabited),
        pods=(),
        claims=(),
        volumes=(),
        attachments=(),
        capacities=(),
        services=(),
        controllers=(),
        workloads=(),
        budgets=(),
        skipped=(),
        warnings=(),
    )


def events(changes: list[Change]) -> list[Event]:
    return [change for change in changes if not isinstance(change, Shift)]


def shown(event: Event) -> tuple[str, bool]:
    """Which pod or claim, and whether it is only expected."""
    match event.thing:
        case Pod() as pod:
            return pod.key, pod.from_manifest
        case Claim() as claim:
            return claim.key, claim.from_template
    raise AssertionError(event)


def test_a_replica_that_comes_to_be_takes_the_place_of_the_expected_one() -> None:
    kept = mirror(*b.f_nodes(), b.stateful_set(name="db", replicas=2, spec=SPEC, claims=CLAIMS))
    assert [pod.from_manifest for pod in kept.snapshot().pods] == [True, True]
    seen = [put(kept, b.claim(name="data-db-0", storage="10Gi")), put(kept, replica(0))]
    assert [[(type(event), shown(event)) for event in events(changes)] for changes in seen] == [
        [(Put, ("prod/data-db-0", False))],
        [(Put, ("prod/db-0", False))],
    ]


def test_a_replica_that_is_deleted_is_expected_again() -> None:
    kept = mirror(*b.f_nodes(), b.stateful_set(name="db", replicas=1, spec=SPEC), replica(0, node="a1"))
    (event,) = events(kept.drop("Pod", "prod/db-0"))
    assert (type(event), shown(event)) == (Put, ("prod/db-0", True))


def test_a_change_that_no_model_shows_is_no_change() -> None:
    running = b.pod(name="p", node="a1", phase="Running")
    kept = mirror(*b.f_nodes(), running)
    running["metadata"]["managedFields"] = [{"manager": "kubelet"}]
    running["status"]["podIP"] = "10.0.0.7"
    assert put(kept, running) == []


def test_an_object_that_cannot_be_read_counts_as_absent_until_it_can() -> None:
    kept = mirror(*b.f_nodes(), b.pod(name="p", node="a1"))
    odd = {**b.pod(name="p", node="a1"), "spec": {"containers": 7}}
    assert [type(event) for event in events(put(kept, odd))] == [Gone]
    (fault,) = kept.faults["Pod", "prod/p"]
    assert (fault.path, fault.found) == ("spec.containers", "7")
    assert [type(event) for event in events(put(kept, b.pod(name="p", node="a1")))] == [Put]
    assert kept.faults == {}


def test_a_set_whose_pods_could_not_be_created_is_not_expected_and_named() -> None:
    odd = b.stateful_set(name="odd", replicas=2, spec=b.pod_spec(containers=[]))
    kept = mirror(*b.f_nodes(), odd, b.stateful_set(name="db", replicas=1, spec=SPEC))
    snapshot = kept.snapshot()
    assert [pod.key for pod in snapshot.pods] == ["prod/db-0"]
    assert any("StatefulSet prod/odd" in text and "not planned for" in text for text in snapshot.warnings)


def test_a_pod_of_a_large_set_is_told_without_making_the_others_again() -> None:
    large = b.stateful_set(name="db", replicas=500, parallel=True, spec=SPEC)
    kept = mirror(*b.f_nodes(), large)
    others = {pod.key: pod for pod in kept.snapshot().pods if pod.key != "prod/db-7"}
    put(kept, replica(7))
    assert all(pod is others[pod.key] for pod in kept.snapshot().pods if pod.key in others)


def test_manifests_are_tried_on_the_mirror_and_leave_no_trace() -> None:
    db = b.stateful_set(name="db", replicas=2, spec=SPEC)
    kept = mirror(*b.f_nodes(), db, b.pod(name="p", node="a1"))
    before = kept.snapshot()
    web = b.deployment(name="web", replicas=2, spec=SPEC)
    manifests = [b.document(web, b.node(name="d1", zone="zd"), source="app.json")]
    tried = with_manifests(kept, manifests)
    assert [pod.name for pod in tried.pods] == ["p", "db-0", "db-1", "web-0", "web-1"]
    assert [node.name for node in tried.nodes][-1] == "d1"
    assert kept.snapshot() == before


def test_a_larger_set_among_the_manifests_is_the_one_expanded() -> None:
    kept = mirror(*b.f_nodes(), b.stateful_set(name="db", replicas=2, spec=SPEC), replica(0, node="a1"))
    larger = b.stateful_set(name="db", replicas=4, spec=SPEC)
    tried = with_manifests(kept, [b.document(larger, source="app.json")])
    assert [pod.name for pod in tried.pending] == ["db-1", "db-2", "db-3"]
