"""Small clusters, and what an outage says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import tests.builders as b
from solver.engine.budget import Budget
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.model.snapshot import Snapshot
from solver.planning.outage.answer import Assumptions, LossFate, Outage, WorkloadFate
from solver.planning.outage.loss import Domain, lose
from solver.planning.outage.outage import outage

RWX = ("ReadWriteMany",)
PLAIN = Assumptions()
CONFIG = SolveConfig(time_limit_s=20)


def at(key: str, *values: str) -> b.Raw:
    return b.node_term(expressions=[b.expression(key=key, operator="In", values=values)])


def replica_set(name: str, homes: Sequence[str], *, kind: str = "ReplicaSet", **more: object) -> list[b.Raw]:
    """A pod on every node of ``homes``; ``more`` goes to each."""
    return [
        b.pod(name=f"{name}-{n}", node=home, owner=(kind, name), labels={"app": name}, **more)  # type: ignore[arg-type]
        for n, home in enumerate(homes)
    ]


def stateful_set(
    name: str,
    homes: Sequence[str],
    zones: Mapping[str, str] | None = None,
    *,
    parallel: bool = True,
    **more: object,
) -> list[b.Raw]:
    """The set, its pods, and for each a claim bound to a zonal volume, in ``zones`` by node."""
    made = [b.stateful_set(name=name, replicas=len(homes), parallel=parallel)]
    for n, home in enumerate(homes):
        claims = []
        if zones is not None:
            claims = [f"data-{name}-{n}"]
            made += bound(claims[0], affinity=[at(ZONE, zones[home])], driver="csi.example.com")
        made.append(
            b.pod(
                name=f"{name}-{n}",
                node=home,
                owner=("StatefulSet", name),
                labels={"app": name},
                claims=claims,
                **more,  # type: ignore[arg-type]
            )
        )
    return made


def bound(claim: str, *, modes: Sequence[str] = ("ReadWriteOnce",), **volume: object) -> list[b.Raw]:
    """A claim and its volume."""
    name = f"pv-{claim}"
    return [
        b.claim(name=claim, volume=name, modes=modes, storage_class="c"),
        b.volume(name=name, claim=claim, modes=modes, storage_class="c", **volume),  # type: ignore[arg-type]
    ]


def after(snapshot: Snapshot, *lost: tuple[str, str], assumptions: Assumptions = PLAIN) -> LossFate:
    """What the loss of all these domains at once does; ``("node", "a1")`` is a node by name."""
    loss = lose(snapshot, [Domain(key=key, value=value) for key, value in lost])
    return several(snapshot, [loss], assumptions).fates[0]


def several(snapshot: Snapshot, losses: Sequence[object], assumptions: Assumptions = PLAIN) -> Outage:
    return outage(snapshot, losses, assumptions, CONFIG, Budget(CONFIG.time_limit_s))  # type: ignore[arg-type]


def of(fate: LossFate, name: str) -> WorkloadFate:
    return next(one for one in fate.workloads if one.workload.name == name)


def homes(fate: WorkloadFate) -> dict[str, tuple[str, str]]:
    """Lost pod to its new node and how it comes back."""
    return {one.pod.partition("/")[2]: (one.node, one.recovery.value) for one in fate.returned}


def down(fate: WorkloadFate) -> dict[str, str]:
    return {one.pod.partition("/")[2]: one.obstacle.value for one in fate.down}
