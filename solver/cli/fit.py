"""``solve fit``: will it fit, and where does each replica and volume go."""

from __future__ import annotations

import time
from dataclasses import replace

import click

from solver.cli.exits import ExitCode, exit_code_of
from solver.cli.flags import (
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    planning_flags,
    progress_flags,
    selection_flags,
)
from solver.cli.interrupt import stop_on_interrupt
from solver.cli.load import Loaded, load
from solver.cli.output import emit, forms, tell, warn
from solver.cli.progress import watching
from solver.cli.record import run_record
from solver.cli.scheduling import profiled, scheduler_flags
from solver.cli.selection import asked_about
from solver.cli.unmatched import unmatched
from solver.model.config import SolveConfig
from solver.model.progress import Watcher
from solver.planning.profiled import joint_view
from solver.report import csv, text
from solver.report.collect import fit_facts
from solver.report.facts import FitFacts
from solver.report.json import placement_result


@click.command(short_help="Will it fit, and where does each replica and volume go? (default)")
@input_flags
@selection_flags
@planning_flags
@scheduler_flags()
@click.option(
    "--strict",
    is_flag=True,
    help="Exit 5 when everything fits, but a soft rule is not met or a quota exceeded.",
)
@output_flags
@progress_flags
def fit(
    strict: bool,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    """Place every pending pod and every replica of -f and -k jointly, volumes included.

    Exit code 0: everything fits. 3: proved that not everything can. 4: not known within the limits. 5: it
    fits, but --strict finds a soft rule that is not met, or a quota that refuses pods.

    \b
    solve fit -f app.yaml --snapshot prod.json
    helm template shop ./chart | solve fit -f - --snapshot prod.json -o json
    """
    with watching(show.progress_mode, config) as watch:
        loaded = profiled(load(inputs, selection.namespace), inputs)
        facts = _answer(loaded, inputs, selection, config, watch, strict=strict)
    warn(show, facts.warnings)
    tell(show, _times(facts))
    tell(show, _search(facts), only_verbose=True)
    emit(show, placement_result(facts), forms(facts, text.render, text.names, csv.placements))
    return facts.run.exit_code


def _answer(
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    watch: Watcher,
    *,
    strict: bool,
) -> FitFacts:
    from solver.pipeline import place  # OR-Tools takes its time to import; only this verb needs it

    question, gated = asked_about(loaded.snapshot, selection)
    started = time.monotonic()
    view = joint_view(loaded.snapshot, question)
    with stop_on_interrupt() as stop:
        outcome = view.honest(place(view.snapshot, question, config, stop, watch=watch))
    run = run_record(
        loaded,
        inputs,
        selection,
        config,
        exit_code=exit_code_of(outcome),
        started=started,
        verify_seconds=outcome.search.checking_s,
    )
    facts = fit_facts(loaded.snapshot, question, outcome, run, (*gated, *view.skipped), strict=strict)
    if run.exit_code == ExitCode.YES and strict and (facts.unmet or facts.over_quota):
        facts = replace(facts, run=replace(run, exit_code=int(ExitCode.NOT_ALL)))
    return replace(facts, warnings=(*facts.warnings, *unmatched(loaded.snapshot, selection)))


def _times(facts: FitFacts) -> str:
    run = facts.run
    answered = f"answered in {run.wall_seconds:.1f} s, {run.verify_seconds:.1f} s of it for checking"
    return f"read in {run.read_seconds:.1f} s, {answered}"


def _search(facts: FitFacts) -> str:
    """How far each objective got, and how large the question was."""
    search = facts.outcome.search
    lines = [f"{stage.name}: {stage.value}, at best {stage.bound}" for stage in search.stages]
    lines.append(
        f"stopped by: {search.stopped_by.value}; components: {search.components};"
        f" variables: {search.variables};"
        f" classes of pods: {search.pod_classes}, of nodes: {search.node_classes}"
    )
    return "\n".join(lines)
