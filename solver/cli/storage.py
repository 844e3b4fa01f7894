"""``solve storage``: what storage classes, volumes and drivers are like when something fails."""

from __future__ import annotations

import time

import click

from solver.cli.exits import ExitCode
from solver.cli.flags import InputFlags, OutputFlags, input_flags, output_flags
from solver.cli.load import load
from solver.cli.output import emit, forms, warn
from solver.cli.overrides import Said, overrides_of, storage_flags
from solver.cli.record import run_record
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.planning.storage import StorageBook, driver_table, storage_table
from solver.report.storage import document, text
from solver.report.storage.facts import StorageFacts


@click.command(
    short_help="Storage classes and volumes by accessibility, availability, durability, access mode."
)
@storage_flags
@input_flags
@output_flags
def storage(
    storage: tuple[Said, ...],
    storage_file: tuple[str, ...],
    inputs: InputFlags,
    show: OutputFlags,
) -> int:
    """What each storage class, volume and CSI driver of this cluster is: local disk, zonal or replicated
    cloud disk, file server, scale-out storage; and what the loss of a node or a zone means for it.

    What neither the objects nor the drivers' documentation say is unknown. Annotations
    (bulkhead.dev/storage, data-zones, recovery), --storage-file and --storage say it. Exit code 0.

    \b
    solve storage --snapshot prod.json
    solve storage --snapshot prod.json --storage sc/nfs=server,zones=a
    """
    loaded = load(inputs, None)
    started = time.monotonic()
    cluster = loaded.snapshot
    rows = storage_table(cluster, StorageBook(cluster, overrides_of(storage, storage_file)))
    facts = StorageFacts(
        run=run_record(
            loaded,
            inputs,
            None,
            SolveConfig(),
            exit_code=ExitCode.YES,
            started=started,
        ),
        rows=rows,
        drivers=driver_table(cluster),
        skipped=cluster.skipped,
        warnings=cluster.warnings,
        has_zones=any(ZONE in node.labels for node in cluster.nodes),
    )
    warn(show, facts.warnings)
    emit(show, document.document(facts), forms(facts, text.render, text.names, text.csv))
    return ExitCode.YES
