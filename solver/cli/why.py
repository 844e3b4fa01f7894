"""``solve why``: why not everything fits, and what would help."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import click

from solver.cli import complete
from solver.cli.exits import exit_code_of
from solver.cli.flags import (
    Format,
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    planning_flags,
    progress_flags,
    selection_flags,
)
from solver.cli.inputs import read_documents
from solver.cli.load import Loaded, load
from solver.cli.output import emit, tell_times, warn
from solver.cli.progress import answering
from solver.cli.record import run_record
from solver.cli.selection import asked_about, named_or_owned
from solver.cli.unmatched import unmatched
from solver.kube.catalogue import read_catalogue
from solver.model.catalogue import NodeType
from solver.model.config import SolveConfig
from solver.model.progress import Phase


@click.command(short_help="Why not? The smallest set of reasons, what is not to blame, and fixes.")
@click.argument(
    "names",
    nargs=-1,
    metavar="[pod/NAME | NS/NAME | WORKLOAD]...",
    shell_complete=complete.pods_and_workloads,
)
@input_flags
@selection_flags
@planning_flags
@output_flags
@progress_flags
@click.option(
    "--catalog",
    multiple=True,
    metavar="PATH",
    help="Node types and prices to buy from (solve catalog prints a sample). Repeatable.",
)
def why(
    names: tuple[str, ...],
    catalog: tuple[str, ...],
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    """Explain why a pod, a workload (sts/NAME, deploy/NAME) or everything asked about does not fit.

    Prints the smallest set of facts that cannot hold together, checked fact by fact, and fixes, cheapest
    first, each of them tried out on the input and solved again.

    Exit code 0: it fits, nothing to explain. 3: proved not to fit. 4: not known within the limits.

    \b
    solve why pod/es-data-2 -n logs --snapshot prod.json
    solve why -f app.yaml --set db.replicas=4 --snapshot prod.json
    """
    types = read_catalogue(read_documents(catalog)).types if catalog else ()
    return _answer(load(inputs, selection.namespace), names, inputs, selection, config, show, types)


def _answer(
    loaded: Loaded,
    names: Sequence[str],
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
    types: Sequence[NodeType],
) -> int:
    from solver.planning.why import why_among  # OR-Tools takes its time to import; only planning needs it
    from solver.report.why import document, fixes_csv, names_of, render

    question, gated = asked_about(loaded.snapshot, selection)
    keys = (
        named_or_owned(loaded.snapshot, loaded.inputs, names, selection.namespace) if names else question.pods
    )
    started = time.monotonic()
    with answering(show, config, Phase.MODEL) as (stop, watch):
        found = why_among(
            loaded.inputs, loaded.snapshot, keys, question.pods, config, stop, types=types, watch=watch
        )
    run = run_record(
        loaded,
        inputs,
        selection,
        config,
        exit_code=exit_code_of(replace(found.outcome, verdict=found.verdict)),
        started=started,
    )
    warnings = (*loaded.snapshot.warnings, *(() if names else unmatched(loaded.snapshot, selection)))
    warn(show, warnings)
    tell_times(show, run)
    skipped = (*loaded.snapshot.skipped, *gated)
    forms = {
        Format.TABLE: lambda: render(found, run, skipped),
        Format.WIDE: lambda: render(found, run, skipped, wide=True),
        Format.NAME: lambda: names_of(found),
        Format.CSV: lambda: fixes_csv(found),
    }
    emit(show, document(found, run, about=names, skipped=skipped, warnings=warnings), forms)
    return run.exit_code
