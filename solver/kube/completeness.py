"""What to say about objects that were not dumped: missing kinds that matter (W37), and missing nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from solver.model.pod import Pod
from solver.model.snapshot import Snapshot


def _uses_claims(snapshot: Snapshot) -> bool:
    return any(pod.claims for pod in snapshot.pods)


def _has_bound_claims(snapshot: Snapshot) -> bool:
    return any(claim.volume_name for claim in snapshot.claims)


def _has_open_claims(snapshot: Snapshot) -> bool:
    return any(not claim.is_bound for claim in snapshot.claims)


def _has_capacity_driver(snapshot: Snapshot) -> bool:
    return any(driver.storage_capacity for driver in snapshot.csi_drivers)


def _has_limits_in_use(snapshot: Snapshot) -> bool:
    limited = any(driver.limit is not None for node in snapshot.csi_nodes for driver in node.drivers)
    return limited and any(pod.claims for pod in snapshot.running)


def _selects_namespaces(snapshot: Snapshot) -> bool:
    return any(
        term.namespace_selector is not None
        for pod in snapshot.pods
        for term in (*pod.affinity, *pod.anti_affinity)
    )


def _spreads_by_default(snapshot: Snapshot) -> bool:
    return any(not pod.spread for pod in snapshot.pending)


def _owned_by(kind: str) -> Callable[[Snapshot], bool]:
    return lambda snapshot: any(
        pod.owner is not None and pod.owner.kind == kind and not pod.spread and not pod.from_manifest
        for pod in snapshot.pending
    )


_MISSING: tuple[tuple[str, Callable[[Snapshot], bool], str], ...] = (
    ("Pod", lambda _: True, "the cluster is assumed to be EMPTY; verdicts are worthless if it is not"),
    ("PersistentVolumeClaim", _uses_claims, "claims of existing workloads count as missing"),
    ("PersistentVolume", _has_bound_claims, "claims bound to volumes cannot be placed"),
    ("StorageClass", _has_open_claims, "claims that are not bound cannot be provisioned"),
    ("CSINode", _uses_claims, "no attach limits are checked and in-tree volumes are not translated"),
    ("CSIDriver", _has_open_claims, "free storage capacity is not checked"),
    ("CSIStorageCapacity", _has_capacity_driver, "no driver that tracks capacity has any left"),
    ("VolumeAttachment", _has_limits_in_use, "attachments left behind do not count towards attach limits"),
    ("Namespace", _selects_namespaces, "namespaces have no labels but their name"),
    ("Service", _spreads_by_default, "default spreading, a preference, may differ"),
    ("ReplicaSet", _owned_by("ReplicaSet"), "default spreading, a preference, may differ"),
    ("StatefulSet", _owned_by("StatefulSet"), "default spreading, a preference, may differ"),
)


def missing_kinds(dumped: Collection[str], snapshot: Snapshot) -> Iterator[str]:
    for kind, matters, consequence in _MISSING:
        if kind not in dumped and matters(snapshot):
            yield f"the snapshot has no {kind} objects: {consequence}"


def missing_nodes(snapshot: Snapshot) -> Iterator[str]:
    known = snapshot.node_by_name
    return unseen_pods([p for p in snapshot.pods if p.node_name is not None and p.node_name not in known])


def unseen_pods(pods: Iterable[Pod]) -> Iterator[str]:
    """G5: kube-scheduler does not see pods on nodes it does not know; a dump of some nodes looks the same."""
    unseen = [pod for pod in pods if not pod.is_terminal]
    if unseen:
        yield (
            f"pods on nodes that are not in the snapshot count nowhere: {len(unseen)},"
            f" the first is {unseen[0].key} on {unseen[0].node_name}"
        )
