"""What users say of their storage, which wins over what is recognised (C10), and the book that joins both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.errors import Fault, InputError
from solver.model.names import OWN_PREFIX, DomainName
from solver.model.snapshot import Snapshot
from solver.model.storage import IN_TREE_DRIVERS, Claim, StorageClass, Volume
from solver.planning.storage.nature import UNKNOWN, Kind, Nature, Recovery
from solver.planning.storage.recognise import Recognition

KIND_NOTE, ZONES_NOTE, RECOVERY_NOTE = "storage", "data-zones", "recovery"
"""Annotations, after ``bulkhead.dev/``."""
_NOTES = (KIND_NOTE, ZONES_NOTE, RECOVERY_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What is not said stays as it is recognised."""

    kind: Kind | None = None
    zones: frozenset[DomainName] | None = None
    recovery: Recovery | None = None
    source: str
    """Where it is said: a file, a flag, an object's annotation."""

    def over(self, nature: Nature) -> Nature:
        moved = self.kind is not None and self.kind is not nature.kind
        if self.zones is not None:
            nature = replace(nature, zones=self.zones, nodes=None)
        elif moved:
            nature = replace(nature, zones=None if self.kind is Kind.UNKNOWN else nature.zones)
        return replace(
            nature,
            kind=self.kind or nature.kind,
            recovery=self.recovery or nature.recovery,
            decided_by=self.source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """By name; of volumes, storage classes and drivers, the first that says something wins."""

    volumes: frozendict[str, Override] = frozendict()
    classes: frozendict[str, Override] = frozendict()
    drivers: frozendict[str, Override] = frozendict()

    def over(self, other: Overrides) -> Overrides:
        """Both; where both speak of one name, this one."""
        return Overrides(
            volumes=other.volumes | self.volumes,
            classes=other.classes | self.classes,
            drivers=other.drivers | self.drivers,
        )

    def problems(self, snapshot: Snapshot) -> Iterator[Fault]:
        """Names that nothing in the snapshot has: a typing error would change nothing in silence."""
        drivers = {c.provisioner for c in snapshot.storage_classes} | {v.driver for v in snapshot.volumes}
        drivers |= set(snapshot.csi_driver_by_name)
        known = (
            ("PersistentVolume", self.volumes, set(snapshot.volume_by_name)),
            ("StorageClass", self.classes, set(snapshot.class_by_name)),
            ("CSIDriver", self.drivers, drivers | set(IN_TREE_DRIVERS)),
        )
        for kind, given, names in known:
            for name, override in given.items():
                if name not in names:
                    yield Fault(
                        kind=kind,
                        name=name,
                        path="",
                        found="nothing of this name in the cluster",
                        expected="a name that an override can be about",
                        source=override.source,
                    )


NO_OVERRIDES = Overrides()


class StorageBook:
    """Natures of a snapshot's volumes, claims and classes. Raises InputError for annotations nobody can read
    and overrides of things that are not there."""

    def __init__(self, snapshot: Snapshot, overrides: Overrides = NO_OVERRIDES) -> None:
        faults = list(overrides.problems(snapshot))
        self._overrides = overrides.over(_annotated(snapshot, faults))
        if faults:
            raise InputError(faults)
        self._snapshot = snapshot
        self._recognition = Recognition(snapshot)
        self._of_volume: dict[str, Nature] = {}

    def of_volume(self, volume: Volume) -> Nature:
        if volume.name not in self._of_volume:
            recognised = self._recognition.of_volume(volume)
            driver = volume.driver or IN_TREE_DRIVERS.get(volume.plugin, "")
            self._of_volume[volume.name] = self._overridden(
                recognised, volume.name, volume.storage_class, driver
            )
        return self._of_volume[volume.name]

    def of_class(self, storage_class: StorageClass) -> Nature:
        recognised = self._recognition.of_class(storage_class)
        return self._overridden(recognised, "", storage_class.name, storage_class.provisioner)

    def of_claim(self, claim: Claim) -> Nature:
        """Of its volume, else of its class; unknown when neither is there."""
        if claim.volume_name is not None:
            volume = self._snapshot.volume_by_name.get(claim.volume_name)
            return self.of_volume(volume) if volume is not None else UNKNOWN
        storage_class = self._snapshot.class_by_name.get(claim.storage_class)
        return self.of_class(storage_class) if storage_class is not None else UNKNOWN

    def _overridden(self, nature: Nature, volume: str, storage_class: str, driver: str) -> Nature:
        """The most specific last, so that it wins."""
        given = (
            self._overrides.drivers.get(driver),
            self._overrides.classes.get(storage_class),
            self._overrides.volumes.get(volume),
        )
        for override in given:
            if override is not None:
                nature = override.over(nature)
        return nature


def _annotated(snapshot: Snapshot, faults: list[Fault]) -> Overrides:
    return Overrides(
        volumes=_of_notes("PersistentVolume", ((v.name, v.notes) for v in snapshot.volumes), faults),
        classes=_of_notes("StorageClass", ((c.name, c.notes) for c in snapshot.storage_classes), faults),
        drivers=_of_notes("CSIDriver", ((d.name, d.notes) for d in snapshot.csi_drivers), faults),
    )


def _of_notes(
    kind: str, noted: Iterable[tuple[str, Mapping[str, str]]], faults: list[Fault]
) -> frozendict[str, Override]:
    found = {}
    for name, notes in noted:
        said = {note: notes[note] for note in _NOTES if note in notes}
        if said:
            try:
                found[name] = override_of(said, f"annotation of {kind}/{name}")
            except ValueError as error:
                note, expected = error.args
                path = f'metadata.annotations["{OWN_PREFIX}{note}"]'
                faults.append(
                    Fault(kind=kind, name=name, path=path, found=repr(said[note]), expected=expected)
                )
    return frozendict(found)


def override_of(said: Mapping[str, str], source: str) -> Override:
    """From texts under ``KIND_NOTE``, ``ZONES_NOTE`` (comma-separated) and ``RECOVERY_NOTE``.

    Raises ValueError(key, what was expected) for a text with no meaning.
    """
    kind, zones, recovery = said.get(KIND_NOTE), said.get(ZONES_NOTE), said.get(RECOVERY_NOTE)
    if kind is not None and kind not in tuple(Kind):
        raise ValueError(KIND_NOTE, f"one of {', '.join(Kind)}")
    if recovery is not None and recovery not in tuple(Recovery):
        raise ValueError(RECOVERY_NOTE, f"one of {', '.join(Recovery)}")
    names = [zone.strip() for zone in zones.split(",")] if zones is not None else []
    if zones is not None and not all(names):
        raise ValueError(ZONES_NOTE, "zone names with commas between them")
    return Override(
        kind=Kind(kind) if kind is not None else None,
        zones=frozenset(map(DomainName, names)) if zones is not None else None,
        recovery=Recovery(recovery) if recovery is not None else None,
        source=source,
    )
