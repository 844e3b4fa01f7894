"""Running pods taken off their nodes in thought, so that a plan may put them back or move them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from solver.model.names import PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot

_STAYING_KINDS = ("DaemonSet", "Node")


def movable(snapshot: Snapshot) -> tuple[Pod, ...]:
    """Running pods that somebody would make again elsewhere: those of a controller, but for DaemonSets and
    static pods, and not those that are terminating."""
    return tuple(
        pod
        for pod in snapshot.running
        if pod.workload is not None
        and pod.owner is not None
        and pod.owner.kind not in _STAYING_KINDS
        and pod.workload.kind not in _STAYING_KINDS
        and not pod.terminating
    )


def taken_off(pod: Pod) -> Pod:
    """As its controller would make it again."""
    return replace(pod, node_name=None, phase="Pending", ready=True, nominated_node=None)


def lifted(snapshot: Snapshot, pods: Iterable[PodKey]) -> Snapshot:
    """The snapshot with these pods pending, and their volumes attached to nothing."""
    up = set(pods)
    if not up:
        return snapshot
    staying = {use.claim for pod in snapshot.running if pod.key not in up for use in pod.claims}
    leaving = {use.claim for key in up for use in snapshot.pod_by_key[key].claims} - staying
    claims = (snapshot.claim_by_key.get(claim) for claim in leaving)
    volumes = {claim.volume_name for claim in claims if claim is not None and claim.volume_name is not None}
    return replace(
        snapshot,
        pods=tuple(taken_off(pod) if pod.key in up else pod for pod in snapshot.pods),
        attachments=tuple(a for a in snapshot.attachments if a.volume_name not in volumes),
    )
