"""Hypothesis strategies for tiny clusters with a handful of pending pods, made from the builders.

Every world is valid input. Sizes suit the brute force of ``oracle``: up to four nodes and five pending pods
in up to three workloads, small enough that rules collide often.
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
    required_nodes,
    required_terms,
    selector,
    snapshot,
    spread,
    stateful_set,
    storage_class,
    taint,
    toleration,
    volume,
)

RACK = "example.com/rack"
KEYS = (ZONE, HOSTNAME, RACK)
APPS = ("w0", "w1", "w2")
DRIVER = "csi.example.com"
DYNAMIC, STATIC = "dynamic", "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Raw objects, so that a test can change them before they are read."""

    objects: tuple[Raw, ...]
    manifests: tuple[Raw, ...] = ()

    def read(self) -> Snapshot:
        return snapshot(*self.objects, manifests=self.manifests)


def question_of(world: Snapshot) -> Question:
    """Every pending pod, in input order."""
    return Question(pods=tuple(p.key for p in world.pending))


@st.composite
def worlds(draw: st.DrawFn, max_pods: int = 5, ordered: bool = True) -> World:
    """With ``ordered`` some worlds also deploy an OrderedReady StatefulSet (W14)."""
    nodes = draw(_nodes())
    names = [n["metadata"]["name"] for n in nodes]
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=len(APPS)))
    objects: list[Raw] = [namespace(name=NAMESPACE), *nodes, *draw(_storage(names))]
    left = max_pods
    for app, size in zip(APPS, sizes, strict=False):
        objects += draw(_workload(app, min(size, left), names))
        left -= min(size, left)
    objects += draw(_running(names))
    manifests = [draw(_stateful_set(left))] if ordered and left >= 2 and draw(_rarely()) else []
    return World(objects=tuple(objects), manifests=tuple(manifests))


def _rarely() -> st.SearchStrategy[bool]:
    return st.integers(0, 3).map(lambda roll: roll == 3)


# Nodes and storage


@st.composite
def _nodes(draw: st.DrawFn) -> list[Raw]:
    count = draw(st.integers(2, 4))
    return [draw(_node(f"n{index}")) for index in range(count)]


@st.composite
def _node(draw: st.DrawFn, name: str) -> Raw:
    labels = {}
    if draw(st.booleans()):
        labels[RACK] = draw(st.sampled_from(["r0", "r1"]))
    if draw(_rarely()):
        labels["disk"] = "ssd"
    return node(
        name=name,
        zone=draw(st.sampled_from(["za", "zb", "zc", "za", "zb", "zc", None])),
        cpu=draw(st.sampled_from(["1", "2", "4"])),
        pods=draw(st.sampled_from(["2", "110", "110"])),
        labels=labels,
        taints=draw(st.sampled_from([[], [], [], [taint(key="team", value="x")]])),
        unschedulable=draw(st.integers(0, 9).map(lambda roll: roll == 9)),
    )


@st.composite
def _storage(draw: st.DrawFn, nodes: Sequence[str]) -> list[Raw]:
    """Both classes, and sometimes attach limits, capacity reports, free volumes and a leftover attachment."""
    topologies = draw(st.sampled_from([None, None, [[(ZONE, ["za", "zb"])]]]))
    objects = [
        storage_class(name=DYNAMIC, provisioner=DRIVER, topologies=topologies),
        storage_class(name=STATIC, provisioner="kubernetes.io/no-provisioner"),
        csi_driver(name=DRIVER, storage_capacity=draw(st.booleans())),
    ]
    for name in nodes:
        limit = draw(st.sampled_from([None, 2, 1, 3]))
        objects.append(csi_node(name=name, limits={DRIVER: limit}))
        if draw(st.booleans()):
            here = selector(labels={HOSTNAME: name})
            size = draw(st.sampled_from(["1Gi", "2Gi"]))
            objects.append(capacity(name=f"room-{name}", storage_class=DYNAMIC, topology=here, capacity=size))
    for index in range(draw(st.integers(0, 3))):
        where = draw(_reach(nodes))
        size = draw(st.sampled_from(["1Gi", "2Gi", "3Gi"]))
        tier = {"tier": draw(st.sampled_from(["fast", "slow"]))}
        free = volume(
            name=f"free{index}", storage=size, storage_class=STATIC, affinity=where, labels=tier, local=True
        )
        objects.append(free)
    if draw(_rarely()):
        objects.append(volume(name="left", storage_class=DYNAMIC, driver=DRIVER, phase="Released"))
        where_left = draw(st.sampled_from(nodes))
        objects.append(attachment(name="va", attacher=DRIVER, node=where_left, volume="left"))
    return objects


@st.composite
def _reach(draw: st.DrawFn, nodes: Sequence[str]) -> list[Raw]:
    """Node selector terms of a volume: one host or some zones."""
    if draw(st.booleans()):
        host = draw(st.sampled_from(nodes))
        return [node_term(expressions=[expression(key=HOSTNAME, operator="In", values=[host])])]
    return [in_zones(*draw(st.sampled_from([("za",), ("zb",), ("za", "zb")])))]


# Workloads


@st.composite
def _workload(draw: st.DrawFn, app: str, size: int, nodes: Sequence[str]) -> list[Raw]:
    """Pods with the same rules, and the claims they use."""
    rules = draw(_rules(app))
    made: list[Raw] = []
    usage = draw(st.sampled_from(["none", "none", "none", "own", "own", "shared"]))
    kind = draw(st.sampled_from(["bound", DYNAMIC, STATIC]))
    mode = draw(st.sampled_from(["ReadWriteOnce", "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]))
    for index in range(size):
        name = f"{app}-{index}"
        claims = []
        if usage == "own":
            claims = [f"{name}-data"]
            made += draw(_claim(claims[0], kind, mode, nodes))
        elif usage == "shared":
            claims = [f"{app}-data"]
            made += draw(_claim(claims[0], kind, mode, nodes)) if index == 0 else []
        made.append(pod(name=name, claims=claims, **rules))
    return made


@st.composite
def _claim(draw: st.DrawFn, name: str, kind: str, mode: str, nodes: Sequence[str]) -> list[Raw]:
    if kind == "bound":
        pv = volume(
            name=f"pv-{name}",
            claim=name,
            storage_class=DYNAMIC,
            modes=[mode],
            driver=DRIVER,
            affinity=draw(
                st.sampled_from([None, [in_zones("za")], [in_zones("zb")], [in_zones("za", "zb")]])
            ),
        )
        return [pv, claim(name=name, volume=f"pv-{name}", storage_class=DYNAMIC, modes=[mode])]
    size = draw(st.sampled_from(["1Gi", "2Gi"]))
    if kind == DYNAMIC:
        chosen = draw(st.sampled_from([None, None, None, *nodes]))
        return [claim(name=name, storage=size, storage_class=DYNAMIC, modes=[mode], selected_node=chosen)]
    wanted = {"selector": selector(labels={"tier": "fast"})} if draw(_rarely()) else {}
    return [claim(name=name, storage=size, storage_class=STATIC, modes=["ReadWriteOnce"], spec=wanted)]


@st.composite
def _rules(draw: st.DrawFn, app: str) -> dict[str, Any]:
    """Arguments of ``pod`` that a workload's pods share: at most two rules, so that many worlds fit."""
    rules: dict[str, Any] = {
        "labels": {"app": app},
        "priority": draw(st.sampled_from([0, 0, 10])),
        "requests": {"cpu": draw(st.sampled_from(["100m", "250m", "500m", "1"]))},
        "tolerations": draw(st.sampled_from([[], [], [toleration(key="team", operator="Exists")]])),
    }
    makers = {
        "spread": _constraints(app),
        "pod_affinity": _terms(app),
        "pod_anti_affinity": _terms(app),
        "node_affinity": st.sampled_from(
            [required_nodes(in_zones("za")), required_nodes(in_zones("za", "zb"))]
        ),
        "node_selector": st.just({"disk": "ssd"}),
        "containers": st.just(
            [container(requests={"cpu": "100m"}, ports=[{"containerPort": 80, "hostPort": 80}])]
        ),
    }
    often = ["spread", "spread", "pod_anti_affinity", *makers]
    for name in draw(st.lists(st.sampled_from(often), max_size=2, unique=True)):
        rules[name] = draw(makers[name])
    return rules


@st.composite
def _constraints(draw: st.DrawFn, app: str) -> list[Raw]:
    keys = draw(st.sampled_from([(), (ZONE,), (ZONE,), (HOSTNAME,), (ZONE, HOSTNAME), (RACK, ZONE)]))
    return [
        spread(
            key=key,
            max_skew=draw(st.sampled_from([1, 1, 2])),
            labels=draw(st.sampled_from([{"app": app}, {"app": app}, {"app": app}, {"app": APPS[0]}, {}])),
            min_domains=draw(st.sampled_from([None, None, None, 2, 3])),
            affinity_policy=draw(st.sampled_from([None, None, "Ignore"])),
            taints_policy=draw(st.sampled_from([None, None, "Honor"])),
        )
        for key in keys
    ]


@st.composite
def _terms(draw: st.DrawFn, app: str) -> Raw:
    """Required terms about pods of the same workload or another."""
    not_here = expression(key="kubernetes.io/metadata.name", operator="NotIn", values=[NAMESPACE])
    term = affinity_term(
        key=draw(st.sampled_from(KEYS)),
        labels={"app": draw(st.sampled_from([app, app, *APPS]))},
        namespace_selector=draw(
            st.sampled_from([None, None, None, selector(), selector(expressions=[not_here])])  # A18
        ),
    )
    return required_terms(term)


@st.composite
def _running(draw: st.DrawFn, nodes: Sequence[str]) -> list[Raw]:
    """Pods that are there already, one of them perhaps on its way out."""
    return [
        pod(
            name=f"old-{index}",
            node=draw(st.sampled_from(nodes)),
            labels={"app": draw(st.sampled_from(APPS))},
            requests={"cpu": draw(st.sampled_from(["100m", "1"]))},
            pod_anti_affinity=draw(_terms(APPS[0])) if draw(_rarely()) else None,
            terminating=draw(_rarely()),
        )
        for index in range(draw(st.integers(0, 3)))
    ]


@st.composite
def _stateful_set(draw: st.DrawFn, replicas: int) -> Raw:
    """OrderedReady, with a claim for each ordinal; its pods look like those of the first workload."""
    template = pod_spec(spread=draw(_constraints(APPS[0])), requests={"cpu": "500m"})
    data = {"data": claim_spec(storage_class=draw(st.sampled_from([DYNAMIC, STATIC])))}
    return stateful_set(
        name="db",
        replicas=replicas,
        labels={"app": APPS[0]},
        spec=template,
        claims=draw(st.sampled_from([None, data])),
    )
