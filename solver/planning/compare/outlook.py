"""Whether the default scheduler would find places for what a joint plan places: one run of it, where one is
quick. ``solve compare`` says more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solver.model.names import PodKey
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.compare.answer import OrderName
from solver.planning.compare.emulate import Emulator
from solver.planning.compare.orders import helm_order, lanes_of, manifest_order

_QUICK = 10_000
"""Pods times nodes up to which a run takes a tenth of a second or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranding:
    """An order of arrival in which the default scheduler leaves pods over that fit together."""

    order: OrderName
    workloads: tuple[WorkloadKey, ...]
    """In the order in which they begin to arrive."""
    stranded: tuple[PodKey, ...]


def stranding(snapshot: Snapshot, pods: Sequence[Pod]) -> Stranding | None:
    """Of ``pods``, in manifest order or else as Helm installs them; None where none is left over, or where
    trying is not quick. Ties are by name; kube-scheduler's are random."""
    lanes = lanes_of(pods)
    if len(lanes) < 2 or len(pods) * len(snapshot.nodes) > _QUICK:
        return None
    emulator = Emulator(snapshot)
    orders = ((OrderName.MANIFEST, manifest_order(pods, lanes)), (OrderName.HELM, helm_order(lanes)))
    for name, arrival in orders:
        (attempt,) = emulator.attempts(arrival)
        if attempt.stranded:
            begun = tuple(lane.workload for lane in lanes_of(arrival))
            return Stranding(order=name, workloads=begun, stranded=attempt.stranded)
    return None
