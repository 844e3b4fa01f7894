"""Hypothesis strategies for stranger worlds than ``strategies``: every feature the planner compiles, often
several at once, in clusters still small enough for the brute force of ``oracle``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from solver.model.outcome import Question
from solver.model.snapshot import Snapshot
from tests.builders import (
    HOSTNAME,
    NAMESPACE,
    ZONE,
    Raw,
    affinity_term,
    attachment,
    capacity,
    claim,
    claim_spec,
    container,
    csi_driver,
    csi_node,
    expression,
    in_zones,
    namespace,
    node,
    node_term,
    pod,
    pod_spec,
    preferred_nodes,
    preferred_terms,
    required_nodes,
    required_terms,
    selector,
    spread,
    stateful_set,
    storage_class,
    taint,
    toleration,
    volume,
)
from tests.strategies import APPS, DRIVER, DYNAMIC, KEYS, RACK, STATIC, World

OTHER_NAMESPACE = "ops"
OTHER_DRIVER = "ebs.csi.aws.com"
MIXED = "mixed"
"""A class that can provision in zone za only and has ready-made volumes besides."""
_EBS = "kubernetes.io/aws-ebs"
_ONCE, _MANY, _ONE_POD = "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"


@dataclass(frozen=True, slots=True)
class _Place:
    """What the objects of a world may refer to, and which rules they are about: with all of them at once
    most pods find no node for reasons that have nothing to do with one another."""

    nodes: tuple[str, ...]
    about: str


def some_of(world: Snapshot) -> st.SearchStrategy[Question]:
    """All pending pods, or only some of them."""
    pods = [p.key for p in world.pending]
    subsets = st.lists(st.booleans(), min_size=len(pods), max_size=len(pods)).map(
        lambda keep: Question(pods=tuple(p for p, k in zip(pods, keep, strict=True) if k))
    )
    return st.one_of(st.just(Question(pods=tuple(pods))), subsets)


@st.composite
def wild_worlds(draw: st.DrawFn, max_pods: int = 5, max_nodes: int = 4) -> World:
    nodes = draw(_nodes(max_nodes))
    about = draw(st.sampled_from(["everything", "spread", "affinity", "volumes", "order"]))
    place = _Place(tuple(n["metadata"]["name"] for n in nodes), about)
    objects: list[Raw] = [
        namespace(name=NAMESPACE, labels={"team": "x"}),
        namespace(name=OTHER_NAMESPACE, labels={"team": "y"}),
        *nodes,
        *draw(_storage(place)),
    ]
    left = max_pods
    made: list[Raw] = []
    for app in APPS[: draw(st.integers(1, 3)) if about != "order" else 1]:
        size = min(left, draw(st.integers(1, max_pods if about != "order" else 1)))
        made += draw(_workload(app, size, place))
        left -= size
    claims = [raw["metadata"]["name"] for raw in made if raw["kind"] == "PersistentVolumeClaim"]
    objects += made
    objects += draw(_running(place, claims))
    objects += draw(_free_volumes(place, claims))
    objects += draw(_attachments(place, [r for r in objects if r["kind"] == "PersistentVolume"]))
    manifests: list[Raw] = []
    if left >= 1 and (about == "order" or draw(_rarely())):
        existing, manifest = draw(_stateful_set(place, left))
        objects += existing
        manifests.append(manifest)
    return World(objects=tuple(objects), manifests=tuple(manifests))


def _rarely() -> st.SearchStrategy[bool]:
    return st.integers(0, 3).map(lambda roll: roll == 3)


def _mostly(usual: Any, *rest: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * (2 + len(rest)) + list(rest))


# Nodes and storage


@st.composite
def _nodes(draw: st.DrawFn, most: int) -> list[Raw]:
    return [draw(_node(f"n{index}")) for index in range(draw(st.integers(1, most)))]


@st.composite
def _node(draw: st.DrawFn, name: str) -> Raw:
    labels = {}
    if draw(st.booleans()):
        labels[RACK] = draw(st.sampled_from(["r0", "r1"]))
    if draw(_rarely()):
        labels["disk"] = "ssd"
    taints = [
        [],
        [taint(key="team", value="x")],
        [taint(key="soft", effect="PreferNoSchedule")],
        [taint(key="node.kubernetes.io/unreachable", effect="NoExecute")],
    ]
    return node(
        name=name,
        zone=draw(st.sampled_from(["za", "zb", "zc", "za", "zb", "zc", None])),
        cpu=draw(st.sampled_from(["1", "2", "4"])),
        memory=draw(st.sampled_from(["1Gi", "8Gi"])),
        pods=draw(_mostly("110", "2", "1", "0")),
        allocatable=draw(_mostly({}, {"example.com/gpu": "1"})),
        labels=labels,
        taints=draw(_mostly(*taints)),
        unschedulable=draw(st.integers(0, 9).map(lambda roll: roll == 9)),
        hostname=draw(st.integers(0, 9).map(lambda roll: roll != 9)),
    )


@st.composite
def _storage(draw: st.DrawFn, place: _Place) -> list[Raw]:
    topologies = draw(_mostly(None, [[(ZONE, ["za", "zb"])]]))
    objects = [
        storage_class(name=DYNAMIC, provisioner=DRIVER, topologies=topologies),
        storage_class(name=STATIC, provisioner="kubernetes.io/no-provisioner"),
        storage_class(name=MIXED, provisioner=OTHER_DRIVER, topologies=[[(ZONE, ["za"])]]),
        csi_driver(name=DRIVER, storage_capacity=draw(_rarely())),
    ]
    for name in place.nodes:
        limits = draw(_mostly({DRIVER: 2, OTHER_DRIVER: 2}, {DRIVER: 1}, {OTHER_DRIVER: 1, DRIVER: None}, {}))
        objects.append(csi_node(name=name, limits=limits, migrated=draw(_mostly((), (_EBS,)))))
        if draw(st.booleans()):
            here = selector(labels={HOSTNAME: name})
            size = draw(st.sampled_from(["1Gi", "2Gi"]))
            objects.append(capacity(name=f"room-{name}", storage_class=DYNAMIC, topology=here, capacity=size))
    return objects


@st.composite
def _reach(draw: st.DrawFn, place: _Place) -> list[Raw] | None:
    """Node selector terms of a volume: one host, some zones, or none at all."""
    kind = draw(st.sampled_from(["host", "host", "zones", "zones", "anywhere"]))
    if kind == "anywhere":
        return None
    if kind == "host":
        host = draw(st.sampled_from(place.nodes))
        return [node_term(expressions=[expression(key=HOSTNAME, operator="In", values=[host])])]
    return [in_zones(*draw(st.sampled_from([("za",), ("zb",), ("za", "zb"), ("zb", "zc")])))]


@st.composite
def _free_volumes(draw: st.DrawFn, place: _Place, claims: Sequence[str]) -> list[Raw]:
    """Volumes nobody has bound; some are set aside for one claim (V31)."""
    return [
        volume(
            name=f"free{index}",
            storage=draw(st.sampled_from(["1Gi", "2Gi", "3Gi"])),
            storage_class=draw(_mostly(STATIC, MIXED)),
            modes=draw(_mostly([_ONCE], [_ONCE, _MANY])),
            affinity=draw(_reach(place)),
            labels=draw(_mostly({"tier": "fast"}, {"tier": "slow"})),
            claim=draw(_mostly(None, *claims)) if draw(_rarely()) else None,
            phase=draw(_mostly("Available", "Released")),
            local=True,
        )
        for index in range(draw(st.integers(0, 6 if place.about == "volumes" else 2)))
    ]


@st.composite
def _attachments(draw: st.DrawFn, place: _Place, volumes: Sequence[Raw]) -> list[Raw]:
    """Attachments of volumes that pods use, or of one that nobody does (V14)."""
    if not draw(_rarely()):
        return []
    left = volume(name="left", storage_class=DYNAMIC, driver=DRIVER, phase="Released")
    names = ["left", *(v["metadata"]["name"] for v in volumes)]
    found = [left]
    for index in range(draw(st.integers(1, 2))):
        found.append(
            attachment(
                name=f"va{index}",
                attacher=DRIVER,
                node=draw(st.sampled_from(place.nodes)),
                volume=draw(st.sampled_from(names)),
            )
        )
    return found


# Workloads


@st.composite
def _workload(draw: st.DrawFn, app: str, size: int, place: _Place) -> list[Raw]:
    """Pods with the same rules, and the claims they use."""
    rules = draw(_rules(app, place.about))
    made: list[Raw] = []
    usages = {
        "everything": ["none", "none", "own", "own", "two", "shared"],
        "volumes": ["own", "two", "shared"],
    }
    usage = draw(st.sampled_from(usages.get(place.about, ["none"])))
    kinds = [draw(st.sampled_from(["bound", DYNAMIC, STATIC, STATIC, MIXED])) for _ in range(2)]
    modes = draw(st.sampled_from([[_ONCE], [_ONCE], [_MANY], [_ONE_POD], [_ONCE, _MANY]]))
    for index in range(size):
        name = f"{app}-{index}"
        claims: list[str] = []
        if usage == "shared":
            claims = [f"{app}-data"]
            if index == 0:
                made += draw(_claim(claims[0], kinds[0], modes, place, rules["namespace"]))
        elif usage != "none":
            claims = [f"{name}-data"] if usage == "own" else [f"{name}-data", f"{name}-log"]
            for key, kind in zip(claims, kinds, strict=False):
                made += draw(_claim(key, kind, modes, place, rules["namespace"]))
        made.append(pod(name=name, claims=claims, **rules))
    return made


@st.composite
def _claim(
    draw: st.DrawFn, name: str, kind: str, modes: Sequence[str], place: _Place, home: str = NAMESPACE
) -> list[Raw]:
    """A claim in namespace ``home``, with its volume if it is bound."""
    if kind == "bound":
        pv = volume(
            name=f"pv-{name}",
            claim=name,
            claim_namespace=home,
            storage_class=DYNAMIC,
            modes=modes,
            driver=draw(_mostly(DRIVER, OTHER_DRIVER)),
            handle=draw(_mostly(f"pv-{name}", "disk-1")),
            labels=draw(_mostly(None, {ZONE: "za"}, {ZONE: "za__zb"})),
            affinity=draw(
                st.sampled_from([None, [in_zones("za")], [in_zones("zb")], [in_zones("za", "zb")]])
            ),
        )
        bound = claim(name=name, namespace=home, volume=f"pv-{name}", storage_class=DYNAMIC, modes=modes)
        return [pv, bound]
    size = draw(st.sampled_from(["1Gi", "2Gi"]))
    if kind == DYNAMIC:
        chosen = draw(_mostly(None, *place.nodes))
        return [
            claim(
                name=name,
                namespace=home,
                storage=size,
                storage_class=DYNAMIC,
                modes=modes,
                selected_node=chosen,
            )
        ]
    wanted = {"selector": selector(labels={"tier": "fast"})} if draw(_rarely()) else {}
    modes = modes if _MANY in modes else [_ONCE]
    return [claim(name=name, namespace=home, storage=size, storage_class=kind, modes=modes, spec=wanted)]


@st.composite
def _rules(draw: st.DrawFn, app: str, about: str) -> dict[str, Any]:
    """Arguments of ``pod`` that a workload's pods share: at most three rules, so that many worlds fit."""
    labels = {"app": app, "rev": draw(st.sampled_from(["1", "2"]))}
    rules: dict[str, Any] = {
        "namespace": draw(_mostly(NAMESPACE, OTHER_NAMESPACE)),
        "labels": labels,
        "priority": draw(st.sampled_from([0, 0, 10, -5])),
        "requests": draw(
            _mostly(
                {"cpu": "100m"},
                {"cpu": "500m"},
                {"cpu": "1", "memory": "512Mi"},
                {"memory": "1Gi"},
                {"example.com/gpu": "1"},
                {},
            )
        ),
        "tolerations": draw(_mostly([], [toleration(key="team", operator="Exists")])),
    }
    makers = {
        "spread": _constraints(app),
        "pod_affinity": _terms(app, preferred=True),
        "pod_anti_affinity": _terms(app, preferred=True),
        "node_affinity": st.sampled_from(
            [
                required_nodes(in_zones("za")),
                required_nodes(in_zones("za", "zb")),
                preferred_nodes((50, in_zones("zb"))),
            ]
        ),
        "node_selector": st.just({"disk": "ssd"}),
        "containers": st.sampled_from([_listening(ip) for ip in (None, "10.0.0.4", "10.0.0.5")]),
        "volumes": st.sampled_from([_disk("vol-1"), _disk("vol-2"), _gce(read_only=True), _gce()]),
    }
    choices = {
        "everything": ["spread", "spread", "pod_affinity", "pod_anti_affinity", *makers],
        "spread": ["spread", "spread", "node_affinity"],
        "affinity": ["pod_affinity", "pod_anti_affinity", "spread"],
        "volumes": ["volumes", "node_affinity", "spread"],
        "order": ["spread", "pod_anti_affinity"],
    }
    for name in draw(st.lists(st.sampled_from(choices[about]), max_size=3, unique=True)):
        rules[name] = draw(makers[name])
    return rules


def _listening(ip: str | None) -> list[Raw]:
    port: Raw = {"containerPort": 80, "hostPort": 80, **({"hostIP": ip} if ip else {})}
    return [container(requests={"cpu": "100m"}, ports=[port])]


def _disk(identity: str) -> list[Raw]:
    return [{"name": "disk", "awsElasticBlockStore": {"volumeID": identity}}]


def _gce(*, read_only: bool = False) -> list[Raw]:
    return [{"name": "disk", "gcePersistentDisk": {"pdName": "d1", "readOnly": read_only}}]


@st.composite
def _constraints(draw: st.DrawFn, app: str) -> list[Raw]:
    keys = draw(
        st.sampled_from(
            [(ZONE,), (ZONE,), (HOSTNAME,), (ZONE, HOSTNAME), (RACK, ZONE), (ZONE, HOSTNAME, RACK)]
        )
    )
    return [draw(_constraint(app, key)) for key in keys]


@st.composite
def _constraint(draw: st.DrawFn, app: str, key: str) -> Raw:
    soft = draw(_rarely())
    return spread(
        key=key,
        soft=soft,
        max_skew=draw(st.sampled_from([1, 1, 2])),
        label_selector=draw(
            st.sampled_from(
                [
                    selector(labels={"app": app}),
                    selector(labels={"app": app}),
                    selector(labels={"app": APPS[0]}),
                    selector(labels={"rev": "1"}),
                    selector(expressions=[expression(key="app", operator="Exists")]),
                    selector(),
                    None,
                ]
            )
        ),
        min_domains=None if soft else draw(_mostly(None, 2, 3)),
        affinity_policy=draw(_mostly(None, "Ignore")),
        taints_policy=draw(_mostly(None, "Honor")),
    )


@st.composite
def _terms(draw: st.DrawFn, app: str, preferred: bool) -> Raw:
    """One or two terms about pods of the same workload or another."""
    terms = draw(st.lists(_term(app), min_size=1, max_size=2, unique_by=str))
    if preferred and draw(_rarely()):
        return preferred_terms(*((30, term) for term in terms))
    return required_terms(*terms)


@st.composite
def _term(draw: st.DrawFn, app: str) -> Raw:
    not_here = expression(key="kubernetes.io/metadata.name", operator="NotIn", values=[NAMESPACE])
    return affinity_term(
        key=draw(st.sampled_from(KEYS)),
        label_selector=draw(
            st.sampled_from(
                [
                    selector(labels={"app": app}),
                    selector(labels={"app": app}),
                    selector(labels={"app": APPS[0]}),
                    selector(labels={"app": APPS[1]}),
                    selector(labels={"rev": "1"}),
                    selector(),
                    None,
                ]
            )
        ),
        namespaces=draw(_mostly((), (NAMESPACE, OTHER_NAMESPACE), (OTHER_NAMESPACE,))),
        namespace_selector=draw(
            _mostly(
                None,
                selector(),
                selector(labels={"team": "x"}),
                selector(expressions=[not_here]),  # A18
            )
        ),
    )


@st.composite
def _running(draw: st.DrawFn, place: _Place, claims: Sequence[str]) -> list[Raw]:
    """Pods that are there already: on their way out, finished, on nodes that are gone, sharing claims; and
    now and then a crowd of plain ones."""
    crowded = place.about == "spread" or draw(_rarely())
    crowd = draw(st.lists(st.sampled_from(place.nodes), max_size=8)) if crowded else []
    found = [
        pod(name=f"crowd-{index}", node=home, labels={"app": APPS[0], "rev": "1"})
        for index, home in enumerate(crowd)
    ]
    for index in range(draw(st.integers(0, 3))):
        app = draw(st.sampled_from(APPS))
        found.append(
            pod(
                name=f"old-{index}",
                namespace=draw(_mostly(NAMESPACE, OTHER_NAMESPACE)),
                node=draw(_mostly(*place.nodes, "gone")),
                phase=draw(_mostly(None, "Succeeded")),
                labels={"app": app, "rev": "1"},
                requests={"cpu": draw(st.sampled_from(["100m", "1"]))},
                pod_anti_affinity=draw(_terms(app, preferred=True)) if draw(_rarely()) else None,
                pod_affinity=draw(_terms(app, preferred=True)) if draw(_rarely()) else None,
                containers=_listening(None) if draw(_rarely()) else None,
                volumes=draw(st.sampled_from([_disk("vol-1"), _gce()])) if draw(_rarely()) else (),
                claims=[draw(st.sampled_from(claims))] if claims and draw(_rarely()) else (),
                terminating=draw(_rarely()),
            )
        )
    return found


@st.composite
def _stateful_set(draw: st.DrawFn, place: _Place, replicas: int) -> tuple[list[Raw], Raw]:
    """Usually OrderedReady, with a claim for each ordinal, and perhaps a pod that is there already."""
    template = pod_spec(
        spread=draw(_constraints(APPS[0])) if draw(st.booleans()) else (),
        pod_affinity=draw(_terms(APPS[0], preferred=False)) if draw(_rarely()) else None,
        pod_anti_affinity=draw(_terms(APPS[0], preferred=False)) if draw(_rarely()) else None,
        requests={"cpu": "500m"},
    )
    data = {"data": claim_spec(storage_class=draw(st.sampled_from([DYNAMIC, STATIC, MIXED])))}
    existing: list[Raw] = []
    if draw(st.booleans()):
        ordinal = draw(st.integers(0, 1))
        existing.append(
            pod(
                name=f"db-{ordinal}",
                node=draw(_mostly(*place.nodes, None)),
                labels={"app": APPS[0], "apps.kubernetes.io/pod-index": str(ordinal)},
                owner=("StatefulSet", "db"),
                terminating=draw(_rarely()),
            )
        )
    for ordinal in draw(st.sets(st.integers(0, replicas), max_size=replicas)):
        existing += draw(_claim(f"data-db-{ordinal}", "bound", [_ONCE], place))
    manifest = stateful_set(
        name="db",
        replicas=replicas,
        parallel=draw(_rarely()),
        labels={"app": APPS[0]},
        spec=template,
        claims=draw(st.sampled_from([None, data])),
    )
    return existing, manifest
