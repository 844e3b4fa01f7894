"""VolumeRestrictions: exclusive inline disks (V5, V6) and ReadWriteOncePod claims (V7-V9)."""

from __future__ import annotations

from collections import Counter

from solver.model.names import ClaimKey
from solver.model.pod import DiskKind, InlineDisk, Pod
from solver.scheduler.journal import Journal
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status

DISK_CONFLICT = "node(s) had no available disk"
CLAIM_IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
    "another pod"
)


def claim_not_found(key: ClaimKey) -> str:
    name = key.partition("/")[2]
    return f'persistentvolumeclaim "{name}" not found'


class _Users:
    """How many pods on nodes refer to each claim; ephemeral claims are not looked at (V2)."""

    def __init__(self, journal: Journal) -> None:
        self._cursor = journal.everything()
        self._count: Counter[ClaimKey] = Counter()

    def of(self, claim: ClaimKey) -> int:
        for pod, _, delta in self._cursor.fresh():
            for use in pod.claims:
                if not use.ephemeral:
                    self._count[use.claim] += delta
        return self._count[claim]


class VolumeRestrictions:
    name = "VolumeRestrictions"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        if not pod.claims and not pod.disks:
            return SKIP
        in_use = False
        for use in pod.claims:
            if use.ephemeral:
                continue
            claim = state.volumes.claim(use.claim)
            if claim is None:  # V7
                reason = claim_not_found(use.claim)
                return PreFilterResult(
                    status=Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=(reason,))
                )
            if claim.single_pod:
                users = state.table("claim users", lambda: _Users(state.journal))
                in_use = in_use or users.of(claim.key) > 0  # V8
        if not pod.disks and not in_use:
            return SKIP
        conflict = Status(plugin=self.name, code=Code.UNSCHEDULABLE, reasons=(DISK_CONFLICT,))
        taken = Status(plugin=self.name, code=Code.UNSCHEDULABLE, reasons=(CLAIM_IN_USE,))

        def may_share(node: NodeState) -> Status | None:
            if pod.disks and _has_conflict(pod, node):
                return conflict
            return taken if in_use else None

        # with no disks to compare, all nodes are told the same
        return PreFilterResult(filter=may_share, alike=None if pod.disks else lambda: state.columns.looks(()))


def _has_conflict(pod: Pod, node: NodeState) -> bool:
    present = [disk for other in node.pods.values() for disk in other.disks]
    return any(_conflict(disk, other) for disk in pod.disks for other in present)


def _conflict(disk: InlineDisk, other: InlineDisk) -> bool:
    """V5's table."""
    if (disk.kind, disk.identity) != (other.kind, other.identity):
        return False
    if disk.kind is DiskKind.EBS:
        return True
    if disk.kind is DiskKind.RBD and not disk.monitors & other.monitors:
        return False
    return not (disk.read_only and other.read_only)
