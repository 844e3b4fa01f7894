"""The cluster once a plan is carried out: pods run, claims are bound, new volumes exist (V36, V38, V46).

What a volume that is made on a node will be reachable from is decided here, for reports too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from frozendict import frozendict

from solver.model.names import ZONE, ClaimKey, NodeName, VolumeName
from solver.model.node import Node
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.snapshot import Snapshot
from solver.model.storage import PREDICTED, Claim, ClaimRef, Volume
from solver.scheduler.state import ClusterState
from solver.scheduler.volume_binder import Binding

Reach = tuple[tuple[str, tuple[str, ...]], ...]
"""Topology key to the values from which a volume can be reached."""


def carried_out(snapshot: Snapshot, placement: Placement) -> Snapshot:
    """``snapshot`` with every assignment made, in order. The placement must be one that passed ``verify``.

    Bound volumes are named ``pv-<namespace>-<claim>`` unless that name is taken.
    """
    if not placement.assignments:
        return snapshot
    homes = placement.node_of
    if not _binds(snapshot, placement):
        return replace(snapshot, pods=tuple(_running(pod, homes.get(pod.key)) for pod in snapshot.pods))
    state = ClusterState.of(snapshot)
    claims: dict[ClaimKey, Claim] = {}
    volumes: dict[VolumeName, Volume] = {}
    for assignment in placement.assignments:
        pod, node = snapshot.pod_by_key[assignment.pod], snapshot.node_by_name[assignment.node]
        for claim, volume in _bound(state.add(pod, node.name), node, snapshot):
            if claim.key not in claims:
                claims[claim.key] = _with_volume(claim, volume)
                volumes[volume.name] = volume
    return replace(
        snapshot,
        pods=tuple(_running(pod, homes.get(pod.key)) for pod in snapshot.pods),
        claims=tuple(claims.get(claim.key, claim) for claim in snapshot.claims),
        volumes=(
            *(volumes.pop(volume.name, volume) for volume in snapshot.volumes),
            *volumes.values(),
        ),
    )


def _binds(snapshot: Snapshot, placement: Placement) -> bool:
    """Some claim of a planned pod has no volume yet."""
    uses = (use for a in placement.assignments for use in snapshot.pod_by_key[a.pod].claims)
    return any(
        (claim := snapshot.claim_by_key.get(use.claim)) is not None and claim.volume_name is None
        for use in uses
    )


def reach_after_provisioning(claim: Claim, node: Node, snapshot: Snapshot) -> Reach:
    """V46; a driver that no CSINode describes is taken to be zonal."""
    storage_class = snapshot.class_by_name.get(claim.storage_class)
    csi_node = snapshot.csi_node_by_name.get(node.name)
    driver = csi_node.driver(storage_class.provisioner) if csi_node and storage_class else None
    keys = driver.topology_keys if driver else (ZONE,)
    return tuple((key, (node.labels[key],)) for key in keys if key in node.labels)


def _running(pod: Pod, node: NodeName | None) -> Pod:
    if node is None:
        return pod
    return replace(
        pod,
        node_name=node,
        phase="Running",
        ready=True,
        created_after=None,
        scheduling_gates=(),
        nominated_node=None,
    )


def _bound(binding: Binding, node: Node, snapshot: Snapshot) -> Iterable[tuple[Claim, Volume]]:
    for claim, volume in binding.static:
        yield claim, replace(volume, claim_ref=_reference(claim), phase="Bound")
    for claim in binding.provisioned:
        yield claim, _made(claim, node, snapshot)


def _made(claim: Claim, node: Node, snapshot: Snapshot) -> Volume:
    storage_class = snapshot.class_by_name[claim.storage_class]  # a claim is only provisioned with its class
    name = VolumeName(f"pv-{claim.namespace}-{claim.name}")
    while name in snapshot.volume_by_name:
        name = VolumeName(f"{name}-new")
    reach = reach_after_provisioning(claim, node, snapshot)
    expressions = tuple(Requirement(key=key, operator=Operator.IN, values=values) for key, values in reach)
    return Volume(
        name=name,
        storage_class=claim.storage_class,
        capacity_milli=claim.request_milli,
        access_modes=claim.access_modes,
        volume_mode=claim.volume_mode,
        attributes_class=claim.attributes_class,
        claim_ref=_reference(claim),
        node_affinity=NodeSelector(terms=(NodeSelectorTerm(expressions=expressions),)) if reach else None,
        phase="Bound",
        driver=storage_class.provisioner,
        handle=name,
        source="csi",
        notes=frozendict({PREDICTED: claim.storage_class}),
    )


def _reference(claim: Claim) -> ClaimRef:
    return ClaimRef(namespace=claim.namespace, name=claim.name, uid=claim.uid)


def _with_volume(claim: Claim, volume: Volume) -> Claim:
    return replace(
        claim,
        volume_name=volume.name,
        bind_completed=True,
        phase="Bound",
        selected_node=None,
        from_template=False,
    )
