"""``solve storage`` as a PlacementResult: one entry of ``storage`` per row."""

from __future__ import annotations

from solver.model.outcome import Proof, Verdict
from solver.planning.storage import DriverRow, StorageRow
from solver.planning.storage.consequences import Consequence
from solver.report.envelope import Document, placement_envelope
from solver.report.storage.facts import StorageFacts


def document(facts: StorageFacts) -> Document:
    """The envelope's verdict is about what is known: Fits where nothing is unknown."""
    return placement_envelope(
        facts.run,
        verb="storage",
        verdict=Verdict.UNKNOWN if facts.unknown else Verdict.FITS,
        proof=Proof.NOT_PROVED if facts.unknown else Proof.PROVED,
        summary={
            "storageClasses": sum(row.of_class for row in facts.rows),
            "volumes": sum(len(row.volumes) for row in facts.rows),
            "unknown": facts.unknown,
        },
        skipped=facts.skipped,
        warnings=facts.warnings,
        sections={"storage": [*map(_row, facts.rows), *map(_driver, facts.drivers)]},
    )


def _row(row: StorageRow) -> Document:
    nature = row.nature
    return {
        "subject": "StorageClass" if row.of_class else "PersistentVolume",
        "class": row.storage_class,
        "provisioner": row.provisioner,
        "waitsForFirstConsumer": row.waits,
        "kind": nature.kind.value,
        "zones": None if nature.zones is None else sorted(nature.zones),
        "nodes": None if nature.nodes is None else sorted(nature.nodes),
        "attachRequired": nature.attachable,
        "accessModes": list(row.access_modes),
        "accessModesSeenOn": row.modes_seen_on or None,
        "volumes": list(row.volumes),
        "bytes": row.size_bytes,
        "nodeLoss": _consequence(row.consequences.node_loss),
        "zoneLoss": _consequence(row.consequences.zone_loss),
        "decidedBy": nature.decided_by,
        "remarks": list(nature.remarks),
    }


def _consequence(found: Consequence) -> Document:
    return {
        "deployment": None if found.deployment is None else found.deployment.value,
        "statefulSet": None if found.stateful_set is None else found.stateful_set.value,
        "data": found.data.name.title().replace("_", ""),
    }


def _driver(row: DriverRow) -> Document:
    return {
        "subject": "CSIDriver",
        "driver": row.driver,
        "kind": None if row.kind is None else row.kind.value,
        "attachRequired": row.attachable,
        "storageCapacity": row.storage_capacity,
        "topologyKeys": list(row.topology_keys),
        "nodes": row.nodes,
    }
