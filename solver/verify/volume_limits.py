"""V10-V17: distinct volumes on a node against its limit per driver.

A planned pod that brings a volume of a driver and comes last finds every other one there, so the final count
decides (J3). Attachments of volumes nobody on the node uses count too. While its own volume still has one,
the pod that brings it is charged twice (V14): at least that much is charged to whoever comes last.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from solver.model.names import NodeName
from solver.model.pod import ClaimUse
from solver.model.snapshot import Snapshot
from solver.model.storage import IN_TREE_DRIVERS, Attachment, Claim, CSINode
from solver.verify.claims import owns
from solver.verify.state import FinalState, Resident
from solver.verify.translation import driver_of
from solver.verify.violation import Violation

_Identity = tuple[str, str]
"""Driver and volume handle (V11)."""


def check(state: FinalState) -> Iterator[Violation]:
    attachments: dict[NodeName, list[Attachment]] = defaultdict(list)
    for attachment in state.snapshot.attachments:
        attachments[attachment.node_name].append(attachment)
    for name, residents in state.by_node.items():
        csi_node = state.snapshot.csi_node_by_name.get(name)
        if csi_node is not None and any(driver.limit is not None for driver in csi_node.drivers):
            yield from _limits(state.snapshot, csi_node, residents, attachments[name])
            yield from _foreign_claims(state.snapshot, csi_node, residents)


def _limits(
    snapshot: Snapshot, csi_node: CSINode, residents: Sequence[Resident], attachments: Iterable[Attachment]
) -> Iterator[Violation]:
    volumes = {resident: _volumes(snapshot, csi_node, resident) for resident in residents}
    users = Counter(volume for used in volumes.values() for volume in used)
    running = {volume for r in residents if not r.planned for volume in volumes[r]}
    attached = {i for a in attachments if (i := _attached(snapshot, a)) is not None}
    for driver in csi_node.drivers:
        present = {v for v in users.keys() | attached if v[0] == driver.name}
        bringing = [r for r in residents if volumes[r] & present - running]  # V12: nobody else is checked
        if driver.limit is None or not bringing:
            continue
        charged_twice = min(sum(users[v] == 1 for v in volumes[r] & present & attached) for r in bringing)
        if len(present) + charged_twice > driver.limit:
            yield Violation(
                rule="V15",
                pods=tuple(r.pod.key for r in bringing),
                node=csi_node.name,
                sentence=(
                    f"node {csi_node.name} would hold {len(present) + charged_twice} volumes of driver"
                    f" {driver.name} and allows {driver.limit}"
                ),
            )


def _foreign_claims(
    snapshot: Snapshot, csi_node: CSINode, residents: Sequence[Resident]
) -> Iterator[Violation]:
    """V13: nothing that brings volumes is let onto a node with a pod whose ephemeral claim is not its own."""
    bringing = tuple(r.pod.key for r in residents if r.planned and _volumes(snapshot, csi_node, r))
    for resident in residents:
        for use in resident.pod.claims:
            claim = snapshot.claim_by_key.get(use.claim)
            if bringing and not resident.planned and claim is not None and not owns(resident.pod, use, claim):
                yield Violation(
                    rule="V13",
                    pods=(*bringing, resident.pod.key),
                    node=csi_node.name,
                    sentence=(
                        f"pod {resident.pod.key} uses claim {use.claim} of another owner: kube-scheduler"
                        f" cannot count the volumes on node {csi_node.name}"
                    ),
                )


def _volumes(snapshot: Snapshot, csi_node: CSINode, resident: Resident) -> set[_Identity]:
    """V11, V16. Inline CSI volumes are not counted."""
    used = {_of_claim(snapshot, csi_node, use) for use in resident.pod.claims}
    for inline in resident.pod.inline_volumes:
        driver = driver_of(inline.plugin, csi_node)
        used.add((driver, inline.handle) if driver is not None else None)
    return {identity for identity in used if identity is not None}


def _of_claim(snapshot: Snapshot, csi_node: CSINode, use: ClaimUse) -> _Identity | None:
    claim = snapshot.claim_by_key.get(use.claim)
    if claim is None:
        return None  # V13
    volume = snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name is not None else None
    if volume is None:
        return _of_class(snapshot, csi_node, claim)
    driver = volume.driver or driver_of(volume.plugin, csi_node)
    return (driver, volume.handle) if driver and volume.handle else None


def _of_class(snapshot: Snapshot, csi_node: CSINode, claim: Claim) -> _Identity | None:
    """V11: a volume that is not there yet is counted under its class's provisioner."""
    storage_class = snapshot.class_by_name.get(claim.storage_class)
    if storage_class is None:
        return None
    provisioner = storage_class.provisioner
    driver = driver_of(provisioner, csi_node) if provisioner in IN_TREE_DRIVERS else provisioner
    return (driver, f"claim {claim.key}") if driver else None


def _attached(snapshot: Snapshot, attachment: Attachment) -> _Identity | None:
    """V14: counted under the attacher; only volumes of a CSI source."""
    if attachment.volume_name is None or not attachment.attacher:
        return None
    volume = snapshot.volume_by_name.get(attachment.volume_name)
    return (attachment.attacher, volume.handle) if volume is not None and volume.driver else None
