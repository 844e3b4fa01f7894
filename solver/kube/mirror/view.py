"""The Snapshot of what is kept, in the order in which ``assemble`` has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from solver.kube.completeness import missing_kinds, unseen_pods
from solver.kube.kinds import BY_NAME
from solver.kube.mirror.kept import Kept
from solver.kube.nodes import node_warnings
from solver.kube.stateful_sets import controller_of_set
from solver.kube.stored import CONTROLLERS, stored_workload
from solver.model.pod import Pod
from solver.model.snapshot import Controller, Snapshot, Workload
from solver.model.storage import Claim


def snapshot_of(kept: Kept) -> Snapshot:
    plain = {kind: models.values() for kind, models in kept.plain.items()}
    made = Snapshot(
        nodes=kept.nodes.values(),
        pods=_all_pods(kept),
        claims=_all_claims(kept),
        volumes=plain["PersistentVolume"],
        storage_classes=plain["StorageClass"],
        csi_nodes=plain["CSINode"],
        csi_drivers=plain["CSIDriver"],
        capacities=plain["CSIStorageCapacity"],
        attachments=plain["VolumeAttachment"],
        namespaces=kept.namespaces.labels(),
        services=plain["Service"],
        controllers=tuple(_controllers(kept)),
        workloads=tuple(_all_workloads(kept)),
        budgets=plain["PodDisruptionBudget"],
        resource_claims=plain["ResourceClaim"],
        skipped=kept.remarks.skipped(),
    )
    return replace(made, warnings=tuple(_warnings(kept, made)))


def _all_pods(kept: Kept) -> tuple[Pod, ...]:
    existing, expected = kept.pods.values(), kept.expected.pods
    if not expected.keys().isdisjoint(kept.pods.by_key):
        existing = tuple(pod for pod in existing if pod.key not in expected)
    return (*existing, *(replica.pod for replica in kept.expected.replicas()))


def _all_claims(kept: Kept) -> tuple[Claim, ...]:
    to_come = (claim.key for replica in kept.expected.replicas() for claim in replica.claims)
    new = (kept.expected.claim(key) for key in dict.fromkeys(to_come) if key not in kept.claims)
    return (*kept.claims.values(), *(claim for claim in new if claim is not None))


def _controllers(kept: Kept) -> Iterator[Controller]:
    """As ``assemble`` has them: sets that are expanded come last."""
    expanded = {loaded.label: controller_of_set(loaded) for loaded in kept.expected.sets()}
    for kind in CONTROLLERS:
        yield from kept.plain[kind].without(expanded if kind == "StatefulSet" else ())
    yield from expanded.values()


def _all_workloads(kept: Kept) -> Iterator[Workload]:
    """Likewise."""
    expanded = {loaded.label: stored_workload(loaded) for loaded in kept.expected.sets()}
    for kind, models in kept.workloads.items():
        if kind == "StatefulSet":
            yield from models.without(expanded)
            yield from expanded.values()
        else:
            yield from models.values()


def _warnings(kept: Kept, made: Snapshot) -> Iterator[str]:
    yield from missing_kinds(BY_NAME.keys() - kept.unlisted, made)
    yield from node_warnings(kept.nodes.values())
    yield from unseen_pods(kept.pods.elsewhere(kept.nodes))
    yield from kept.remarks.warnings()
    yield from kept.expected.warnings()
