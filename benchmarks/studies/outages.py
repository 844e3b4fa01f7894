"""How long the losses of every zone, or of every node, take on clusters in daily use.

They are ``steady`` ones in which the pods without volumes belong to ReplicaSets, so that somebody makes
them again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.case import Instance, Raw
from benchmarks.generators.steady import steady
from solver.engine.budget import Budget
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.planning.outage.answer import Assumptions
from solver.planning.outage.loss import NODE, each
from solver.planning.outage.outage import outage

LIMIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    nodes: int
    running: int
    utilisation: float
    key: str
    """Of what is lost, domain by domain."""


SHAPES = (
    Shape(nodes=1000, running=3000, utilisation=0.4, key=ZONE),
    Shape(nodes=300, running=3000, utilisation=0.6, key=NODE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    shape: Shape
    seed: int
    losses: int
    lost: int
    """Pods, over all losses."""
    back: int
    verdicts: dict[str, int]
    cpu_s: float
    wall_s: float
    stopped_by: str


def study(seed: int, executor: str) -> Iterator[Judged]:
    for shape in SHAPES:
        yield judged(shape, seed, executor)


def judged(shape: Shape, seed: int, executor: str = "inline") -> Judged:
    text = b"".join(in_use(shape, seed).lines())
    snapshot = read_snapshot([Document("cluster.json", text)])
    losses = each(snapshot, shape.key)
    cpu, wall = time.process_time(), time.monotonic()
    config = SolveConfig(time_limit_s=LIMIT_S, executor=executor)
    found = outage(snapshot, losses, Assumptions(), config, Budget(LIMIT_S))
    workloads = [one for fate in found.fates for one in fate.workloads]
    return Judged(
        shape=shape,
        seed=seed,
        losses=len(losses),
        lost=sum(len(one.returned) + len(one.down) for one in workloads),
        back=sum(len(one.returned) for one in workloads),
        verdicts=dict(Counter(fate.verdict.value for fate in found.fates)),
        cpu_s=time.process_time() - cpu,
        wall_s=time.monotonic() - wall,
        stopped_by=found.stopped_by.value,
    )


def in_use(shape: Shape, seed: int) -> Instance:
    instance = steady(
        nodes=shape.nodes,
        zones=3,
        running=shape.running,
        workloads=0,
        replicas=0,
        utilisation=shape.utilisation,
        seed=seed,
    )
    return Instance(objects=[_owned(made) for made in instance.objects], hidden={})


def _owned(made: Raw) -> Raw:
    metadata = made["metadata"]
    if made["kind"] != "Pod" or "ownerReferences" in metadata:
        return made
    name = metadata["name"].rpartition("-")[0]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": name, "controller": True}
    return {**made, "metadata": {**metadata, "ownerReferences": [owner]}}


def report(found: list[Judged]) -> str:
    head = "| Nodes | Pods | Lost | Losses | Pods lost, back | Verdicts | CPU | Wall |\n"
    return head + "|---|---|---|---|---|---|---|---|\n" + "".join(_row(one) for one in found)


def _row(one: Judged) -> str:
    lost = "each node" if one.shape.key == NODE else "each zone"
    verdicts = ", ".join(f"{number} {name}" for name, number in sorted(one.verdicts.items()))
    return (
        f"| {one.shape.nodes:,} | {one.shape.running:,} | {lost} | {one.losses} |"
        f" {one.lost:,}, {one.back:,} | {verdicts} | {one.cpu_s:.1f} s | {one.wall_s:.1f} s |\n"
    )
