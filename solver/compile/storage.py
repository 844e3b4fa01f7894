"""Claims, volumes, attachments and free storage capacity as they are now, found by whatever a rule asks with.

What they mean is in ``access`` and ``attach_limits``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from solver.model.names import ClaimKey, VolumeName
from solver.model.storage import Attachment, Claim, StorageCapacity, Volume


class Storage:
    """Index of claims, volumes, attachments and capacities, each by name. Every ``put`` takes the place of
    what had the same name."""

    def __init__(
        self,
        claims: Iterable[Claim],
        volumes: Iterable[Volume],
        attachments: Iterable[Attachment],
        capacities: Iterable[StorageCapacity],
    ) -> None:
        self.claims: dict[ClaimKey, Claim] = {}
        self.volumes: dict[VolumeName, Volume] = {}
        self.attachments: dict[str, Attachment] = {}
        self.capacities = {capacity.name: capacity for capacity in capacities}
        self.of_class: Counter[str] = Counter()
        """How many volumes a storage class has."""
        self._claims_naming: dict[VolumeName, set[ClaimKey]] = defaultdict(set)
        self._free: dict[str, dict[VolumeName, Volume]] = defaultdict(dict)
        self._reserved: dict[tuple[str, str], dict[VolumeName, Volume]] = defaultdict(dict)
        self._attachments_of: dict[str, dict[str, Attachment]] = defaultdict(dict)
        for claim in claims:
            self.put_claim(claim)
        for volume in volumes:
            self.put_volume(volume)
        for attachment in attachments:
            self.put_attachment(attachment)

    def put_claim(self, claim: Claim) -> None:
        self._unlink_claim(claim.key)
        self.claims[claim.key] = claim
        if claim.volume_name:
            self._claims_naming[claim.volume_name].add(claim.key)

    def drop_claim(self, key: ClaimKey) -> None:
        self._unlink_claim(key)
        self.claims.pop(key, None)

    def _unlink_claim(self, key: ClaimKey) -> None:
        claim = self.claims.get(key)
        if claim is not None and claim.volume_name:
            self._claims_naming[claim.volume_name].discard(key)

    def put_volume(self, volume: Volume) -> None:
        self._unlink_volume(volume.name)
        self.volumes[volume.name] = volume
        self.of_class[volume.storage_class] += 1
        shelf = self._shelf(volume)
        if shelf is not None:
            shelf[volume.name] = volume

    def drop_volume(self, name: VolumeName) -> None:
        self._unlink_volume(name)
        self.volumes.pop(name, None)

    def _unlink_volume(self, name: VolumeName) -> None:
        volume = self.volumes.get(name)
        if volume is None:
            return
        self.of_class[volume.storage_class] -= 1
        shelf = self._shelf(volume)
        if shelf is not None:
            del shelf[name]

    def put_attachment(self, attachment: Attachment) -> None:
        self._unlink_attachment(attachment.name)
        self.attachments[attachment.name] = attachment
        self._attachments_of[attachment.attacher][attachment.name] = attachment

    def drop_attachment(self, name: str) -> None:
        self._unlink_attachment(name)
        self.attachments.pop(name, None)

    def _unlink_attachment(self, name: str) -> None:
        known = self.attachments.get(name)
        if known is not None:
            del self._attachments_of[known.attacher][name]

    def attachments_of(self, driver: str) -> Iterable[Attachment]:
        return self._attachments_of.get(driver, {}).values()

    def _shelf(self, volume: Volume) -> dict[VolumeName, Volume] | None:
        """Where delayed claims look for the volume; None when they do not (V30)."""
        if volume.claim_ref is not None:
            return self._reserved[volume.claim_ref.namespace, volume.claim_ref.name]
        if volume.phase == "Available" and not volume.deleting:
            return self._free[volume.storage_class]
        return None

    def free(self, storage_class: str) -> list[Volume]:
        """Available volumes of a class that are set aside for nobody, by name."""
        return _by_name(self._free.get(storage_class, {}))

    def reserved(self, claim: Claim) -> list[Volume]:
        """Volumes whose claimRef has the claim's name, by name."""
        return _by_name(self._reserved.get((claim.namespace, claim.name), {}))

    def volume_of(self, claim: Claim) -> Volume | None:
        """The volume that the claim names."""
        return self.volumes.get(claim.volume_name) if claim.volume_name else None

    def claims_naming(self, name: VolumeName) -> set[ClaimKey]:
        return self._claims_naming.get(name, set())


def _by_name(volumes: dict[VolumeName, Volume]) -> list[Volume]:
    return [volumes[name] for name in sorted(volumes)]
