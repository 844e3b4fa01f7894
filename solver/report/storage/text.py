"""``solve storage`` for people: a row per storage class, and per group of volumes that differs from it."""

from __future__ import annotations

from solver.model.units import size
from solver.planning.storage import StorageRow
from solver.report.skipped import skipped_block
from solver.report.storage.facts import StorageFacts
from solver.report.storage.words import KIND, accessible_from, available_until, durable, modes, recovery
from solver.report.table import columns, comma_separated, paragraphs, shortened
from solver.report.units import count

ROWS = 40
"""Longest table in the short form."""


def render(facts: StorageFacts, *, wide: bool = False) -> str:
    limit = None if wide else ROWS
    blocks = [
        _head(facts),
        _table(facts, limit),
        _after_losses(facts, limit),
        _drivers(facts, limit),
        _remarks(facts, wide=wide),
        skipped_block(facts.skipped),
        [f"next: solve outage --each {'zone' if facts.has_zones else 'node'} {facts.run.arguments}".rstrip()],
    ]
    return paragraphs(blocks)


def names(facts: StorageFacts) -> str:
    """``storageclass/fast zonal``, a line each."""
    return "".join(f"{label(row)} {row.nature.kind.value}\n" for row in facts.rows)


def csv(facts: StorageFacts) -> str:
    head = ("class", "provisioner", "kind", "zones", "nodes", "modes", "volumes", "bytes", "decidedBy")
    rows = [
        (
            row.storage_class,
            row.provisioner,
            row.nature.kind.value,
            " ".join(sorted(row.nature.zones or ())),
            " ".join(sorted(row.nature.nodes or ())),
            " ".join(row.access_modes),
            len(row.volumes),
            row.size_bytes,
            row.nature.decided_by,
        )
        for row in facts.rows
    ]
    return comma_separated(head, rows)


def label(row: StorageRow) -> str:
    """``storageclass/fast``, or the volume that a row speaks for."""
    if row.of_class:
        return f"storageclass/{row.storage_class}"
    return f"pv/{row.volumes[0]}"


def _head(facts: StorageFacts) -> list[str]:
    classes = sum(row.of_class for row in facts.rows)
    volumes = sum(len(row.volumes) for row in facts.rows)
    lines = [f"STORAGE   {_classes(classes)}, {count(volumes, 'volume')}"]
    if facts.unknown:
        lines.append(
            f"          {count(facts.unknown, 'row')} unknown: annotations, --storage and --storage-file say"
            " what they are"
        )
    return lines


def _classes(number: int) -> str:
    return "1 storage class" if number == 1 else f"{number} storage classes"


def _table(facts: StorageFacts, limit: int | None) -> list[str]:
    if not facts.rows:
        return []
    head = [
        "CLASS",
        "TYPE",
        "ACCESSIBLE FROM",
        "AVAILABLE UNTIL",
        "DURABLE",
        "MODES",
        "VOLUMES",
        "DECIDED BY",
    ]
    return shortened(columns([head, *map(_row, facts.rows)]), limit and limit + 1, "rows")


def _row(row: StorageRow) -> list[str]:
    nature = row.nature
    volumes = f"{len(row.volumes)}, {size(row.size_bytes)}" if row.volumes else "0"
    return [
        _name(row),
        KIND[nature.kind],
        accessible_from(nature),
        available_until(nature),
        durable(nature),
        modes(row),
        volumes,
        nature.decided_by,
    ]


def _name(row: StorageRow) -> str:
    if row.of_class:
        return row.storage_class
    shown = row.volumes[0] if len(row.volumes) == 1 else f"{row.volumes[0]} … (×{len(row.volumes)})"
    return f"  {shown}" if row.exists else f"{row.storage_class or 'no class'}: {shown}"


def _after_losses(facts: StorageFacts, limit: int | None) -> list[str]:
    if not facts.rows:
        return []
    head = ["COMES BACK ELSEWHERE", "NODE LOSS, Deployment / StatefulSet", "DATA", "ZONE LOSS", "DATA"]
    rows = [
        [
            _name(row),
            recovery(row.consequences.node_loss),
            row.consequences.node_loss.data.value,
            recovery(row.consequences.zone_loss),
            row.consequences.zone_loss.data.value,
        ]
        for row in facts.rows
    ]
    return shortened(columns([head, *rows]), limit and limit + 1, "rows")


def _drivers(facts: StorageFacts, limit: int | None) -> list[str]:
    rows = [
        [
            row.driver,
            KIND[row.kind] if row.kind is not None else "unknown",
            {
                True: "attached to nodes",
                False: "never attached: no fencing by Kubernetes",
                None: "attached: unknown",
            }[row.attachable],
            ", ".join(row.topology_keys) or "no topology keys",
            f"on {row.nodes} of {count(row.all_nodes, 'node')}",
        ]
        for row in facts.drivers
    ]
    return ["DRIVERS", *shortened(columns(rows), limit, "drivers")] if rows else []


def _remarks(facts: StorageFacts, *, wide: bool) -> list[str]:
    found = [f"{_name(row).strip()}: {remark}" for row in facts.rows for remark in row.nature.remarks]
    lines = [f" {text}" for text in dict.fromkeys(found)]
    return ["NOTES", *shortened(lines, None if wide else ROWS, "notes")] if lines else []
