"""The talk's table for this very cluster: accessibility, availability, durability, access mode.

A row per storage class, and one for each group of volumes that differs from its class. Recovery after
failures is in ``consequences``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from solver.model.names import VolumeName
from solver.model.quantity import whole
from solver.model.snapshot import Snapshot
from solver.model.storage import CSINodeDriver, StorageClass, Volume
from solver.planning.storage.consequences import Consequences, consequences
from solver.planning.storage.drivers import kind_of_driver
from solver.planning.storage.nature import Kind, Nature
from solver.planning.storage.overrides import StorageBook


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRow:
    storage_class: str
    """"" for volumes without one."""
    exists: bool
    """Whether a StorageClass object of that name does."""
    provisioner: str
    waits: bool | None
    """C3; None without a StorageClass object."""
    nature: Nature
    consequences: Consequences
    access_modes: tuple[str, ...]
    """What volumes of this row list, else what claims of the class ask for (C15); empty without either."""
    modes_seen_on: str
    """``volumes``, ``claims`` or ""."""
    volumes: tuple[VolumeName, ...]
    size_bytes: int
    of_class: bool
    """The row speaks for volumes still to be made; otherwise only for those listed."""


def storage_table(snapshot: Snapshot, book: StorageBook) -> tuple[StorageRow, ...]:
    """By class name; the row of the class before those of volumes that differ from it."""
    by_class: dict[str, list[Volume]] = defaultdict(list)
    for volume in snapshot.volumes:
        by_class[volume.storage_class].append(volume)
    names = sorted({*snapshot.class_by_name, *by_class})
    return tuple(row for name in names for row in _rows(name, by_class.get(name, []), snapshot, book))


def _rows(name: str, volumes: list[Volume], snapshot: Snapshot, book: StorageBook) -> Iterator[StorageRow]:
    storage_class = snapshot.class_by_name.get(name)
    groups: dict[tuple[object, ...], list[Volume]] = defaultdict(list)
    for volume in volumes:
        groups[_look(book.of_volume(volume))].append(volume)
    if storage_class is not None:
        nature = book.of_class(storage_class)
        same = groups.pop(_look(nature), [])
        if nature.zones is None and nature.nodes is None:  # its volumes live in places of their own
            for look in [look for look in groups if look[0] is nature.kind]:
                same += groups.pop(look)
        yield _row(name, storage_class, nature, same, snapshot, of_class=True)
    for members in groups.values():
        yield _row(name, storage_class, book.of_volume(members[0]), members, snapshot, of_class=False)


def _look(nature: Nature) -> tuple[object, ...]:
    return nature.kind, nature.zones, nature.nodes, nature.recovery


def _row(
    name: str,
    storage_class: StorageClass | None,
    nature: Nature,
    volumes: list[Volume],
    snapshot: Snapshot,
    *,
    of_class: bool,
) -> StorageRow:
    modes, seen_on = _modes((volume.access_modes for volume in volumes), "volumes")
    if not modes and of_class:
        asked = (claim.access_modes for claim in snapshot.claims if claim.storage_class == name)
        modes, seen_on = _modes(asked, "claims")
    drivers = sorted({v.driver or v.plugin or v.source for v in volumes} - {""})
    return StorageRow(
        storage_class=name,
        exists=storage_class is not None,
        provisioner=storage_class.provisioner if storage_class else ", ".join(drivers),
        waits=storage_class.waits if storage_class else None,
        nature=nature,
        consequences=consequences(nature, modes),
        access_modes=modes,
        modes_seen_on=seen_on,
        volumes=tuple(sorted(volume.name for volume in volumes)),
        size_bytes=sum(whole(volume.capacity_milli) for volume in volumes),
        of_class=of_class,
    )


def _modes(lists: Iterable[tuple[str, ...]], seen_on: str) -> tuple[tuple[str, ...], str]:
    modes = tuple(sorted({mode for modes in lists for mode in modes}))
    return modes, seen_on if modes else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRow:
    """A driver that the cluster has a CSIDriver for, or that nodes run."""

    driver: str
    kind: Kind | None
    """C7; None for drivers that are not in the table or not decided by their name."""
    attachable: bool | None
    """C9."""
    storage_capacity: bool | None
    topology_keys: tuple[str, ...]
    nodes: int
    """That run it."""
    all_nodes: int


def driver_table(snapshot: Snapshot) -> tuple[DriverRow, ...]:
    """By name."""
    on_nodes: dict[str, list[CSINodeDriver]] = defaultdict(list)
    for csi_node in snapshot.csi_nodes:
        for driver in csi_node.drivers:
            on_nodes[driver.name].append(driver)
    return tuple(
        DriverRow(
            driver=name,
            kind=kind_of_driver(name),
            attachable=known.attach_required if known else None,
            storage_capacity=known.storage_capacity if known else None,
            topology_keys=tuple(sorted({key for driver in on_nodes[name] for key in driver.topology_keys})),
            nodes=len(on_nodes[name]),
            all_nodes=len(snapshot.nodes),
        )
        for name in sorted({*snapshot.csi_driver_by_name, *on_nodes})
        for known in [snapshot.csi_driver_by_name.get(name)]
    )
